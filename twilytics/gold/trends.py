"""The ranked topics of a place in a slot: T(p, t), the snapshot.

Promoted entries are left out; a topic listed twice keeps its best position; ranks count 1..n without gaps after that.
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.schema import Table
from twilytics.silver import entries, snapshots

TABLE = Table(
    name="gold.trends",
    description=__doc__,
    grain=("place", "slot", "rank"),
    columns=(columns.PLACE, columns.SLOT, columns.RANK, columns.TOPIC, columns.TITLE, columns.VOLUME),
    inputs=(entries.TABLE, snapshots.TABLE),
    uniques=(("place", "slot", "topic"),),
)


def transform(entries: ir.Table, snapshots: ir.Table) -> ir.Table:
    listed = entries.filter(entries.topic.notnull() & ~entries.is_promoted).semi_join(snapshots, "answer")
    by_position = ibis.window(group_by=["place", "slot", "topic"], order_by="position")
    once = listed.mutate(nth=ibis.row_number().over(by_position)).filter(lambda t: t.nth == 0)
    ranked = once.mutate(rank=(ibis.row_number().over(group_by=["place", "slot"], order_by="position") + 1).cast("int64"))
    return ranked.select(*(column.name for column in TABLE.columns))
