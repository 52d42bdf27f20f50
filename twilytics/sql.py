"""A table's transform as an engine's SQL."""

from functools import lru_cache
from typing import Literal

import ibis

from twilytics.relations import INTERVAL
from twilytics.render.relation import relation
from twilytics.tables import definitions


@lru_cache(maxsize=128)
def sql(table_name: str, dialect: Literal["duckdb", "pyspark"], minutes: int) -> str:
    """One SELECT over the views that :func:`twilytics.render.relation.view_name` names; ``minutes`` is the interval.

    Writing for Spark needs Ibis's options for it, which loading ``ibis.pyspark`` brings, and PySpark with them.
    Raise TypeError where the transform makes other columns or types than the table declares.
    """
    if dialect == "pyspark":
        assert ibis.pyspark
    definition = definitions()[table_name]
    assert definition.transform is not None, f"{table_name} comes from outside"
    rows = definition.transform(*(relation(table) for table in definition.table.inputs))
    declared = relation(definition.table).schema()
    if rows.schema() != declared:
        raise TypeError(f"{table_name} declares {declared}, its transform makes {rows.schema()}")
    return str(ibis.to_sql(rows, dialect=dialect, params={INTERVAL: minutes}))
