"""Share of a place's topics that were not trending in the slot before.

    change_rate(t) = 1 - |T(t) ∩ T(t-1)| / max(|T(t)|, |T(t-1)|)

0: the list stood still. 1: it was wholly replaced. NULL: the slot before was not captured.
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import captures, trends
from twilytics.relations import later, overlap
from twilytics.schema import Check, Slotwise, Table

TABLE = Table(
    name="gold.change_rate",
    description=__doc__,
    grain=("place", "slot"),
    columns=(
        columns.PLACE,
        columns.SLOT,
        columns.N_TOPICS,
        columns.count("n_new", "Topics that the slot before did not have: |T(t) ∖ T(t-1)|.", nullable=True),
        columns.count("n_gone", "Topics of the slot before that are gone: |T(t-1) ∖ T(t)|.", nullable=True),
        columns.share("change_rate", "Share of the topics that are new.", nullable=True),
    ),
    inputs=(trends.TABLE, captures.TABLE),
    reach=Slotwise(on=1),
    checks=(
        Check(
            "new_within_topics",
            "n_new IS NULL OR n_new <= n_topics",
            "New topics are counted among the list's topics.",
            breaks={"n_topics": 3, "n_new": 5},
        ),
        Check(
            "known_together",
            "(n_new IS NULL) = (change_rate IS NULL) AND (n_gone IS NULL) = (change_rate IS NULL)",
            "All three are known exactly where the slot before was captured.",
            breaks={"n_new": None, "n_gone": 1, "change_rate": 0.5},
        ),
    ),
)


def transform(trends: ir.Table, captures: ir.Table) -> ir.Table:
    yesterday = trends.select("place", "topic", slot=later(trends.slot))
    kept = trends.join(yesterday, ["place", "slot", "topic"]).group_by("place", "slot").agg(n_kept=lambda t: t.count())
    before = captures.select("place", slot=later(captures.slot), n_before="n_topics")
    slots = (
        captures.select("place", "slot", "n_topics")
        .left_join(before, ["place", "slot"])
        .drop("place_right", "slot_right")
        .left_join(kept, ["place", "slot"])
        .drop("place_right", "slot_right")
        .mutate(n_kept=lambda t: ibis.ifelse(t.n_before.isnull(), ibis.null("int64"), t.n_kept.fill_null(0)))
    )
    return slots.select(
        "place",
        "slot",
        "n_topics",
        n_new=slots.n_topics - slots.n_kept,
        n_gone=slots.n_before - slots.n_kept,
        change_rate=1 - overlap(slots.n_kept, slots.n_topics, slots.n_before),
    )
