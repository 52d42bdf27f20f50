"""A table's transform as an engine's SQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import ibis
from sqlglot import exp, parse_one
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from twilytics.relations import INTERVAL
from twilytics.render.relation import relation, view_name
from twilytics.tables import definitions

Dialect = Literal["duckdb", "pyspark"]
SQLGLOT = {"duckdb": "duckdb", "pyspark": "spark"}


@dataclass(frozen=True)
class Query:
    """One SELECT over the views that :func:`twilytics.render.relation.view_name` names, and by name of each input
    the columns that it needs of it, in the order of their declaration."""

    text: str
    columns: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=128)
def query(table_name: str, dialect: Dialect, minutes: int) -> Query:
    """The table's transform at an interval of so many ``minutes``.

    Writing for Spark needs Ibis's options for it, which loading ``ibis.pyspark`` brings, and PySpark with them.
    Raise TypeError where the transform makes other columns or types than the table declares.
    """
    if dialect == "pyspark":
        assert ibis.pyspark
    definition = definitions()[table_name]
    assert definition.transform is not None, f"{table_name} comes from outside"
    rows = definition.transform(*(relation(table) for table in definition.table.looks_at))
    declared = relation(definition.table).schema()
    if rows.schema() != declared:
        raise TypeError(f"{table_name} declares {declared}, its transform makes {rows.schema()}")
    return _narrowed(table_name, str(ibis.to_sql(rows, dialect=dialect, params={INTERVAL: minutes})), SQLGLOT[dialect])


def _narrowed(table_name: str, text: str, dialect: str) -> Query:
    """The query without the columns that nothing looks at: what is not named need not be read."""
    inputs = {view_name(table): table for table in definitions()[table_name].table.looks_at}
    schema: dict[str, object] = {view: {column.name: column.type for column in table.columns} for view, table in inputs.items()}
    narrowed = pushdown_projections(qualify(parse_one(text, dialect=dialect), schema=schema, dialect=dialect))
    used: dict[str, set[str]] = {view: set() for view in inputs}
    for scope in traverse_scope(narrowed):
        for name, source in scope.sources.items():
            if isinstance(source, exp.Table):
                used[source.name] |= {column.name for column in scope.columns if column.table == name}
    columns = {table.name: tuple(c.name for c in table.columns if c.name in used[view]) for view, table in inputs.items()}
    return Query(narrowed.sql(dialect), columns)
