"""What became of each place and slot that was to be captured: captured, captured late, failed or skipped, and why.

late: the answer was landed more than one slot after its own, as from an archive. failed: the source was asked and gave no
readable list. skipped: it was not asked, as the month's budget did not allow it. A slot that nobody meant to capture, as
nothing ran, has no row.
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.bronze import answers
from twilytics.relations import INTERVAL
from twilytics.schema import Audit, Check, Column, Table
from twilytics.silver import entries, snapshots
from twilytics.sources.reasons import SKIPPED

CAPTURED = ("captured", "late")
STATES = (*CAPTURED, "failed", "skipped")

TABLE = Table(
    name="gold.coverage",
    description=__doc__,
    grain=("place", "slot"),
    columns=(
        columns.PLACE,
        columns.SLOT,
        Column("state", "string", "captured, late, failed or skipped."),
        Column("reason", "string", "Why there is no capture, as of the last try; NULL where there is one.", nullable=True),
    ),
    inputs=(entries.TABLE, snapshots.TABLE, answers.TABLE),
    checks=(
        Check(
            "known_state",
            f"state IN ({', '.join(repr(state) for state in STATES)})",
            "Readers count by these words.",
            breaks={"state": "lost"},
        ),
        Check(
            "reason_where_missing",
            "(reason IS NULL) = (state IN ('captured', 'late'))",
            "What is missing has to say why.",
            breaks={"state": "failed", "reason": None},
        ),
    ),
    audits=(
        Audit(
            "captured_is_covered",
            "what is covered has to be what was captured",
            """
            WITH covered AS (SELECT slot, place, state FROM gold_coverage WHERE state IN ('captured', 'late'))
            SELECT slot, place, coalesce(state, 'not covered') || ', ' || if(answer IS NULL, 'not captured', 'captured') AS observed
            FROM covered FULL JOIN silver_snapshots USING (slot, place) WHERE state IS NULL OR answer IS NULL
            """,
            "The calendar of what is missing is read instead of the captures.",
            beside=(snapshots.TABLE,),
        ),
        Audit(
            "capture_is_fresh",
            "no place may be asked for in vain three times in a row",
            f"""
            WITH counted AS (
                SELECT *, count(*) FILTER (state IN {CAPTURED}) OVER (PARTITION BY place ORDER BY slot) AS n_captured FROM gold_coverage
            ), missed AS (
                SELECT *, row_number() OVER (PARTITION BY place, n_captured ORDER BY slot) AS nth FROM counted
                WHERE n_captured > 0 AND state NOT IN {CAPTURED}
            )
            SELECT slot, place, state || ', ' || reason AS observed FROM missed WHERE nth = 3
            """,  # noqa: S608  (constants)
            "What is shown is three slots old then, of one place or of all of them. Where nothing runs no rule runs either: the alert "
            "data_stale goes by the clock.",
            back_days=7,
            severity="warn",
        ),
        Audit(
            "every_slot_is_asked_for",
            "every slot between two that are no more than a day apart has to be captured, or to say why it is not",
            """
            SELECT next AS slot, place, 'nothing since ' || strftime(slot, '%Y-%m-%d %H:%M') AS observed
            FROM (SELECT slot, place, lead(slot) OVER (PARTITION BY place ORDER BY slot) AS next FROM gold_coverage)
            WHERE next > slot + getvariable('step') AND next <= slot + INTERVAL 1 DAY
            """,
            "Nothing ran then, or a clock was put ahead: the two look alike.",
            back_days=1,
            severity="note",
        ),
    ),
)


def transform(entries: ir.Table, snapshots: ir.Table, answers: ir.Table) -> ir.Table:
    landed = snapshots.join(answers.select("answer", "landed_at"), "answer")
    is_late = landed.landed_at.epoch_seconds() >= landed.slot.epoch_seconds() + 2 * 60 * INTERVAL
    captured = landed.select("place", "slot", state=ibis.ifelse(is_late, "late", "captured"), reason=ibis.null("string"))
    # Of several tries the last one tells; of two at the same instant, the greater reason, so that the order of arrival does not.
    by_time = ibis.window(group_by=["place", "slot"], order_by=[ibis.desc("captured_at"), ibis.desc("reason"), "answer"])
    tries = entries.filter(entries.scope.isin(("answer", "call"))).anti_join(snapshots, ["place", "slot"])
    last = tries.mutate(nth=ibis.row_number().over(by_time)).filter(lambda t: t.nth == 0)
    missed = last.select("place", "slot", state=ibis.ifelse(last.reason.isin(SKIPPED), "skipped", "failed"), reason="reason")
    return ibis.union(captured, missed)
