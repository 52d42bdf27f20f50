"""A table as unbound Ibis relation: what a transform is given."""

import ibis
import ibis.expr.types as ir

from twilytics.schema import Table, Type

TYPES: dict[Type, str] = {
    "string": "string",
    "bigint": "int64",
    "double": "float64",
    "boolean": "boolean",
    "timestamp": "timestamp('UTC', 6)",
    "binary": "binary",
}


def view_name(table: Table) -> str:
    """The name under which an engine has to offer the table's rows."""
    return table.name.replace(".", "_")


def relation(table: Table) -> ir.Table:
    return ibis.table({column.name: TYPES[column.type] for column in table.columns}, name=view_name(table))
