"""Which columns a column's values come from, as sqlglot tells from the compiled query. A function of Arrow tables tells nothing."""

from collections.abc import Iterator, Mapping
from functools import cache

from sqlglot import exp, parse_one
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from twilytics.render.relation import view_name
from twilytics.sql import query
from twilytics.tables import definitions


@cache
def columns(table_name: str, minutes: int) -> Mapping[str, tuple[str, ...]] | None:
    """By column the columns of inputs that its values are computed from, none where it counts or numbers rows.

    None where the transform is a function of Arrow tables, or the rows come from outside.
    """
    definition = definitions()[table_name]
    if not definition.is_relational:
        return None
    inputs = {view_name(table): table for table in definition.table.looks_at}
    schema: dict[str, object] = {view: {column.name: column.type for column in table.columns} for view, table in inputs.items()}
    compiled = qualify(parse_one(query(table_name, "duckdb", minutes).text, dialect="duckdb"), schema=schema, dialect="duckdb")
    scope = build_scope(compiled)
    nodes = lineage(None, compiled, schema=schema, dialect="duckdb", scope=scope, trim_selects=False, copy=False)
    return {name: tuple(sorted({f"{inputs[view].name}.{column}" for view, column in _ends(node)})) for name, node in nodes.items()}


def _ends(node: Node) -> Iterator[tuple[str, str]]:
    """View and column, where the way back comes out of the query."""
    for end in node.walk():
        if not end.downstream and isinstance(end.expression, exp.Table):
            yield end.expression.name, end.name.rpartition(".")[2].strip('"')
