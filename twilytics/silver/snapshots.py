"""Which answer is the snapshot of a place in a slot: the earliest capture that has a readable topic.

Two answers of the same instant are told apart by their identity, so that the choice does not depend on the order
of arrival. The answers that were not chosen stay in bronze and in `silver.entries`.
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.schema import Audit, Table
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
    audits=(
        Audit(
            "chosen_superseded_or_set_aside",
            "every answer has to be chosen, superseded by an earlier one, or set aside",
            """
            WITH told AS (
                SELECT slot, place, answer, captured_at, bool_or(topic IS NOT NULL AND NOT is_promoted) AS is_readable,
                    bool_or(coalesce(scope IN ('answer', 'call'), false)) AS is_aside
                FROM silver_entries GROUP BY ALL
            )
            SELECT told.slot, told.place, left(told.answer, 12) AS answer,
                if(is_readable, 'readable, and not the one that was chosen or later', 'neither readable nor set aside') AS observed
            FROM told LEFT JOIN silver_snapshots chosen USING (slot, place)
            WHERE (NOT is_readable AND NOT is_aside) OR (is_readable AND
                (chosen.answer IS NULL OR (chosen.captured_at, chosen.answer) > (told.captured_at, told.answer)))
            """,
            "Answers in bronze are captures, superseded ones, and what is in quarantine; there is no fourth kind.",
            beside=(entries.TABLE,),
        ),
    ),
)


def transform(entries: ir.Table) -> ir.Table:
    answers = entries.group_by("place", "slot", "answer", "captured_at", "source").agg(
        n_readable=lambda t: (t.topic.notnull() & ~t.is_promoted).sum(),
        n_rejected=lambda t: (t.scope.fill_null("") == "entry").sum(),
    )
    by_arrival = ibis.window(group_by=["place", "slot"], order_by=["captured_at", "answer"])
    candidates = answers.filter(answers.n_readable > 0).mutate(nth=ibis.row_number().over(by_arrival))
    return candidates.filter(candidates.nth == 0).select(*(column.name for column in TABLE.columns))
