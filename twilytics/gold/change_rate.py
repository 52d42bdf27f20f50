"""Share of a place's topics that were not trending in the slot before.

    change_rate(t) = 1 - |T(t) ∩ T(t-1)| / max(|T(t)|, |T(t-1)|)

0: the list stood still. 1: it was wholly replaced. NULL: the slot before was not captured.
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import captures, trends
from twilytics.gold.weekly import MARGIN, WEEKS, WEEKS_KNOWN
from twilytics.relations import later, overlap
from twilytics.schema import Audit, Check, Slotwise, Table

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
    audits=(
        Audit(
            "new_and_kept",
            "new and kept topics have to be the list's, gone and kept ones those of the list before",
            """
            WITH sizes AS (SELECT slot, place, count(*) AS n FROM gold_trends GROUP BY slot, place),
            kept AS (
                SELECT a.slot, a.place, count(*) AS n
                FROM gold_trends a JOIN gold_trends b ON a.place = b.place AND a.topic = b.topic AND b.slot = a.slot - getvariable('step')
                GROUP BY a.slot, a.place
            )
            SELECT changed.slot, changed.place, n_new || ' new, ' || n_gone || ' gone, ' || coalesce(kept.n, 0) || ' kept' AS observed
            FROM gold_change_rate changed LEFT JOIN kept USING (slot, place)
            LEFT JOIN sizes before ON before.place = changed.place AND before.slot = changed.slot - getvariable('step')
            WHERE (n_new IS NULL) <> (before.n IS NULL)
                OR n_new + coalesce(kept.n, 0) <> n_topics OR n_gone + coalesce(kept.n, 0) <> before.n
            """,
            "Nothing comes or goes that is not counted.",
            beside=(trends.TABLE,),
            back_slots=1,
        ),
        Audit(
            "lists_in_their_places",
            "no two lists may each be more like the other place's last list than like their own place's",
            """
            WITH sizes AS (SELECT slot, place, count(*) AS n FROM gold_trends GROUP BY slot, place),
            changed AS (SELECT DISTINCT slot, place, n_topics FROM gold_change_rate WHERE change_rate >= 0.6 AND n_topics >= 10),
            alike AS (
                SELECT changed.slot, changed.place, before.place AS other, count(*) / least(n_topics, n) AS share
                FROM changed JOIN gold_trends now USING (slot, place)
                JOIN gold_trends before ON before.topic = now.topic AND before.slot = now.slot - getvariable('step')
                JOIN sizes ON sizes.place = before.place AND sizes.slot = before.slot AND n >= 10
                GROUP BY changed.slot, changed.place, other, n_topics, n
            ),
            own AS (SELECT slot, place, share FROM alike WHERE other = place)
            SELECT a.slot, a.place, a.other,
                'as the other: ' || round(a.share, 2) || ', as itself: ' || round(coalesce(here.share, 0), 2) AS observed
            FROM alike a JOIN alike b ON b.slot = a.slot AND b.place = a.other AND b.other = a.place
            LEFT JOIN own here ON here.slot = a.slot AND here.place = a.place
            LEFT JOIN own there ON there.slot = a.slot AND there.place = a.other
            WHERE a.place <> a.other AND a.share >= coalesce(here.share, 0) + 0.06 AND b.share >= coalesce(there.share, 0) + 0.06
            """,
            "Lists that were swapped, or asked for by another place's id, make every comparison of places wrong. In half a year of real "
            "lists of nine places this never happened by itself.",
            beside=(trends.TABLE,),
            back_slots=1,
            severity="warn",
        ),
        Audit(
            "weekly_profile",
            "a change rate has to lie near those of the same hour of the week before",
            f"""
            WITH profile AS (
                SELECT slot, place, change_rate, min(change_rate) OVER past AS low, max(change_rate) OVER past AS high,
                    count(change_rate) OVER past AS n_past
                FROM gold_change_rate
                WINDOW past AS (
                    PARTITION BY place, extract(epoch FROM slot)::BIGINT % 604800 ORDER BY slot
                    RANGE BETWEEN INTERVAL {7 * WEEKS} DAYS PRECEDING AND INTERVAL 1 DAY PRECEDING
                )
            )
            SELECT slot, place, round(change_rate, 3) || ', from ' || round(low, 3) || ' to ' || round(high, 3) || ' before' AS observed
            FROM profile WHERE n_past >= {WEEKS_KNOWN} AND (change_rate > high + {MARGIN} OR change_rate < low - {MARGIN})
            """,  # noqa: S608  (constants)
            "Something happened there, or the source has changed what it lists.",
            back_days=7 * WEEKS,
            severity="note",
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
