"""Whether two tables hold the same rows, for tables that are too long to be compared row by row."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: How far two doubles may lie apart: by itself, or of the greater one.
TOLERANCE = 1e-9


def different(found: pa.Table, expected: pa.Table) -> list[tuple[Any, Any]]:
    """The rows in which two tables of the same columns differ, as `reference.different` tells them of rows."""
    if (found.num_rows, found.schema.names) != (expected.num_rows, expected.schema.names):
        return [(f"{table.num_rows} rows of {table.schema.names}" for table in (found, expected))]
    here, there = _ordered(found), _ordered(expected)
    alike = np.ones(len(here), dtype=bool)
    for name in here.schema.names:
        alike &= _alike(here[name], there[name])
    (differ,) = np.nonzero(~alike)
    return list(zip(here.take(differ).to_pylist(), there.take(differ).to_pylist(), strict=True))


def _ordered(table: pa.Table) -> pa.Table:
    """By all that is no double, then by the doubles."""
    doubles = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    exact = [name for name in table.schema.names if name not in doubles]
    table = table.combine_chunks()
    keys = {name: table[name] for name in exact} | {name: pc.round(table[name], 6) for name in doubles}
    return table.take(pc.sort_indices(pa.table(keys), sort_keys=[(name, "ascending") for name in keys]))


def _alike(here: pa.ChunkedArray, there: pa.ChunkedArray) -> np.ndarray:
    are_null = [column.is_null().to_numpy() for column in (here, there)]
    if pa.types.is_floating(here.type):
        a, b = here.to_numpy(), there.to_numpy()
        same = (a == b) | (np.abs(a - b) <= TOLERANCE * np.maximum(1, np.maximum(np.abs(a), np.abs(b))))
    else:
        same = pc.fill_null(pc.equal(here, there), False).to_numpy()
    return np.where(are_null[0] | are_null[1], are_null[0] & are_null[1], same)
