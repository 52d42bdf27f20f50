"""A table as Spark schema, in Spark's DDL."""

from twilytics.schema import Table, Type

TYPES: dict[Type, str] = {
    "string": "string",
    "bigint": "bigint",
    "double": "double",
    "boolean": "boolean",
    "timestamp": "timestamp",
    "binary": "binary",
}


def ddl(table: Table) -> str:
    return ", ".join(f"`{column.name}` {TYPES[column.type]}" for column in table.columns)
