"""The places and slots that were captured, each with the answer's time and source."""

import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import trends
from twilytics.schema import Audit, Table
from twilytics.silver import entries, snapshots

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
    audits=(
        Audit(
            "topics_are_listed",
            "a capture has to have as many topics as its list, and every list its capture",
            """
            WITH lists AS (SELECT slot, place, count(*) AS n FROM gold_trends GROUP BY slot, place)
            SELECT slot, place, coalesce(n_topics, 0) || ' topics, ' || coalesce(n, 0) || ' listed' AS observed
            FROM gold_captures FULL JOIN lists USING (slot, place) WHERE n_topics IS DISTINCT FROM n
            """,
            "Shares are divided by the number of topics.",
            beside=(trends.TABLE,),
        ),
        Audit(
            "captured_in_its_slot",
            "a capture has to lie in its slot",
            """
            SELECT slot, place, captured_at AS observed FROM gold_captures
            WHERE captured_at < slot OR captured_at >= slot + getvariable('step')
            """,
            "A list in the wrong slot is compared with the wrong ones.",
        ),
        Audit(
            "full_list",
            "a list has to be about as long as the place's lists of four weeks",
            """
            WITH usual AS (
                SELECT *, median(n_topics) OVER before AS n_usual, count(*) OVER before AS n_before FROM gold_captures
                WINDOW before AS (PARTITION BY place ORDER BY slot RANGE BETWEEN INTERVAL 28 DAYS PRECEDING AND INTERVAL 1 SECOND PRECEDING)
            )
            SELECT slot, place, n_topics || ' topics, ' || n_usual || ' usually' AS observed FROM usual
            WHERE n_before >= 24 AND n_topics < 0.6 * n_usual
            """,
            "What is missing from a short list counts as gone. X answers 20 topics instead of 50 unless it is asked for more.",
            back_days=28,
            severity="warn",
        ),
        Audit(
            "clocks_agree",
            "no slot may have two answers where the one beside it has none",
            """
            WITH answered AS (
                SELECT slot, place, count(DISTINCT answer) AS n FROM silver_entries
                WHERE topic IS NOT NULL AND NOT is_promoted GROUP BY slot, place
            )
            SELECT later.slot, later.place,
                'nothing at ' || strftime(later.slot - getvariable('step'), '%H:%M') || ', two answers beside it' AS observed
            FROM answered later JOIN answered earlier
                ON earlier.place = later.place AND earlier.slot = later.slot - getvariable('step') - getvariable('step')
            ANTI JOIN answered missing ON missing.place = later.place AND missing.slot = later.slot - getvariable('step')
            WHERE later.n > 1 OR earlier.n > 1
            """,
            "Where a clock is off by a slot, one slot is answered for twice and its neighbour is lost.",
            beside=(entries.TABLE,),
            back_slots=2,
            severity="warn",
        ),
        Audit(
            "place_is_heard_of",
            "no place may be missing from three slots that others were captured in",
            """
            WITH slots AS (SELECT DISTINCT slot FROM gold_captures),
            known AS (SELECT place, slot AS last, lead(slot) OVER (PARTITION BY place ORDER BY slot) AS next FROM gold_captures),
            missed AS (
                SELECT place, last, slot, row_number() OVER (PARTITION BY place, last ORDER BY slot) AS nth
                FROM known JOIN slots ON slot > last AND slot < coalesce(next, 'infinity')
            )
            SELECT slot, place, last AS observed FROM missed WHERE nth = 3
            """,
            "A place that fell silent looks calm in every window; it may be gone from the settings, or from the source.",
            back_days=7,
            severity="warn",
        ),
    ),
)


def transform(snapshots: ir.Table, trends: ir.Table) -> ir.Table:
    lists = trends.group_by("place", "slot").agg(n_topics=trends.count())
    return snapshots.join(lists, ["place", "slot"]).select(*(column.name for column in TABLE.columns))
