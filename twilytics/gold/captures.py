"""The places and slots that were captured, each with the answer's time and source."""

import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import trends
from twilytics.schema import Table
from twilytics.silver import snapshots

TABLE = Table(
    name="gold.captures",
    description=__doc__,
    grain=("place", "slot"),
    columns=(
        columns.PLACE,
        columns.SLOT,
        columns.CAPTURED_AT,
        columns.SOURCE,
        columns.N_TOPICS,
        snapshots.TABLE.column("n_rejected"),
    ),
    inputs=(snapshots.TABLE, trends.TABLE),
)


def transform(snapshots: ir.Table, trends: ir.Table) -> ir.Table:
    lists = trends.group_by("place", "slot").agg(n_topics=trends.count())
    return snapshots.join(lists, ["place", "slot"]).select(*(column.name for column in TABLE.columns))
