"""Which answer is the snapshot of a place in a slot: the earliest capture that has a readable topic.

Two answers of the same instant are told apart by their identity, so that the choice does not depend on the order
of arrival. The answers that were not chosen stay in bronze and in `silver.entries`.
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.schema import Table
from twilytics.silver import entries

TABLE = Table(
    name="silver.snapshots",
    description=__doc__,
    grain=("place", "slot"),
    columns=(
        columns.PLACE,
        columns.SLOT,
        columns.ANSWER,
        columns.CAPTURED_AT,
        columns.SOURCE,
        columns.count("n_rejected", "Entries of the answer that could not be read."),
    ),
    inputs=(entries.TABLE,),
    uniques=(("answer",),),
)


def transform(entries: ir.Table) -> ir.Table:
    answers = entries.group_by("place", "slot", "answer", "captured_at", "source").agg(
        n_readable=lambda t: (t.topic.notnull() & ~t.is_promoted).sum(),
        n_rejected=lambda t: (t.scope.fill_null("") == "entry").sum(),
    )
    by_arrival = ibis.window(group_by=["place", "slot"], order_by=["captured_at", "answer"])
    candidates = answers.filter(answers.n_readable > 0).mutate(nth=ibis.row_number().over(by_arrival))
    return candidates.filter(candidates.nth == 0).select(*(column.name for column in TABLE.columns))
