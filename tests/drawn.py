"""Tables drawn in a test, executed: parsed strictly by a table's declaration.

A drawing holds only the columns that matter; the others get a filler that no assertion may rely on. NULL is spelled out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from twilytics.render import arrow
from twilytics.schema import Column, Table

FILLERS: dict[str, Any] = {
    "string": "filler",
    "double": 0.5,
    "boolean": False,
    "timestamp": datetime(2020, 7, 18, tzinfo=UTC),
    "binary": b"",
}


def rows(table: Table, drawing: str) -> pa.Table:
    """The drawn rows with all of the table's columns."""
    names, drawn = _parsed(table, drawing)
    filled = [{**{c.name: _filler(c) for c in table.columns if c.name not in names}, **row} for row in drawn]
    return pa.Table.from_pylist(filled, schema=arrow.schema(table))


def same(table: Table, found: pa.Table, drawing: str) -> None:
    """Assert that the found rows are the drawn ones, in any order, in the drawn columns; doubles to 1e-6 as drawn."""
    names, drawn = _parsed(table, drawing)
    told = found.select(names).to_pylist()
    key = [name for name in names if table.column(name).type != "double"]
    assert [
        {name: pytest.approx(value, abs=1e-6) if isinstance(value, float) else value for name, value in row.items()}
        for row in _sorted(drawn, key)
    ] == _sorted(told, key)


def _sorted(found: Sequence[dict[str, Any]], key: Sequence[str]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: [(row[name] is not None, row[name]) for name in key])


def _parsed(table: Table, drawing: str) -> tuple[list[str], list[dict[str, Any]]]:
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in drawing.strip().splitlines()]
    columns = [table.column(name) for name in head]
    if any(len(line) != len(head) for line in lines):
        raise ValueError(f"a line of the drawing has not {len(head)} cells:\n{drawing}")
    return head, [{column.name: _value(column, cell) for column, cell in zip(columns, line, strict=True)} for line in lines]


def _value(column: Column, cell: str) -> Any:
    if cell == "NULL":
        return None
    match column.type:
        case "bigint":
            return int(cell)
        case "double":
            above, _, below = cell.partition("/")
            return float(above) / float(below or 1)
        case "boolean":
            return {"true": True, "false": False}[cell]
        case "timestamp":
            return datetime.fromisoformat(cell).replace(tzinfo=UTC)
        case "binary":
            return cell.encode()
    return cell


def _filler(column: Column) -> Any:
    if column.nullable:
        return None
    return int(column.minimum or 1) if column.type == "bigint" else FILLERS[column.type]
