"""A table as Arrow schema, and the strict comparison of rows with it."""

import pyarrow as pa

from twilytics.schema import Table, Type

TYPES: dict[Type, pa.DataType] = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "binary": pa.binary(),
}


def schema(table: Table) -> pa.Schema:
    """Nullability is left to the checks: a NULL where none may be has to reach the gate to be told."""
    return pa.schema([pa.field(column.name, TYPES[column.type]) for column in table.columns])


def conform(table: Table, rows: pa.Table) -> pa.Table:
    """The rows as declared: names and types must be the declaration's. Raise TypeError for any other.

    Only representations of one type are unified: large and view strings, the zone's spelling, and the widths of integers,
    which DuckDB chooses by itself (literals of 32 bits, sums of 128).
    """
    expected = schema(table)
    if rows.schema.names != expected.names:
        raise TypeError(f"{table.name} declares {expected.names}, got {rows.schema.names}")
    for field, found in zip(expected, rows.schema, strict=True):
        if _kind(found.type) != _kind(field.type):
            raise TypeError(f"{table.name}.{field.name} is declared {field.type}, got {found.type}")
    return rows.cast(expected)


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return str(pa.string())
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return str(pa.binary())
    if pa.types.is_timestamp(kind) and kind.tz in ("UTC", "Etc/UTC", "+00:00"):
        return str(pa.timestamp("us", tz="UTC"))
    if kind in (pa.int32(), pa.decimal128(38, 0)):
        return str(pa.int64())
    return str(kind)
