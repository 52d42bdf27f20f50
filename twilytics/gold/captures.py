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
            SELECT slot, place, n_topics || ' topics, ' || format('{:g}', n_usual) || ' usually' AS observed FROM usual
            WHERE n_before >= 24 AND n_topics < 0.6 * n_usual
            """,
            "What is missing from a short list counts as gone. X answers 20 topics instead of 50 unless it is asked for more.",
            back_days=28,
            severity="warn",
        ),
        Audit(
            "clocks_agree",
            "no slot may have two answers where one within a day of it has none, or where both came at about the same time",
            """
            WITH answers AS (
                SELECT slot, place, min(captured_at) AS captured_at, bool_or(topic IS NOT NULL AND NOT is_promoted) AS is_list
                FROM silver_entries GROUP BY slot, place, answer
            ), answered AS (
                SELECT slot, place, count(*) FILTER (is_list) AS n,
                    max(captured_at) FILTER (is_list) - min(captured_at) FILTER (is_list) AS apart
                FROM answers GROUP BY slot, place
            ), in_order AS (
                SELECT *, lag(n) OVER by_slot AS n_before, lead(slot) OVER by_slot AS next
                FROM answered WINDOW by_slot AS (PARTITION BY place ORDER BY slot)
            ), holes AS (
                SELECT place, slot + getvariable('step') AS first, next - getvariable('step') AS last, next FROM in_order
                WHERE next > slot + getvariable('step') AND next <= slot + INTERVAL 1 DAY
            ), doubled AS (
                SELECT twice.slot, twice.place, apart, n_before, first, holes.next
                FROM in_order twice LEFT JOIN holes ON holes.place = twice.place
                    AND holes.last >= twice.slot - INTERVAL 1 DAY AND holes.first <= twice.slot + INTERVAL 1 DAY
                WHERE n = 2
                QUALIFY row_number() OVER (PARTITION BY twice.place, twice.slot ORDER BY abs(epoch(first) - epoch(twice.slot)), first) = 1
            )
            SELECT greatest(slot, next) AS slot, place, 'two answers at ' || strftime(slot, '%H:%M')
                || coalesce(', none at ' || strftime(first, '%H:%M'), ', ' || round(epoch(apart) / 60)::INT || ' minutes apart') AS observed
            FROM doubled WHERE first IS NOT NULL OR (n_before = 1 AND apart < getvariable('step') / 2)
            """,
            "A clock that is off by a slot has one slot answered for twice where the error begins or ends, and loses another; an answer "
            "that came a slot late does as well. One that goes ahead and stays so leaves only an empty slot, as a capture that was missed "
            "does: see every_slot_is_asked_for. Of one that was off from the first answer on, a place's own answers cannot tell.",
            beside=(entries.TABLE,),
            back_days=2,
            severity="warn",
        ),
        Audit(
            "captured_at_its_time",
            "a capture has to lie about as far into its slot as the place's captures of four weeks",
            """
            WITH timed AS (SELECT slot, place, epoch(captured_at - slot) AS seconds FROM gold_captures),
            usual AS (
                SELECT *, median(seconds) OVER past AS usually, count(*) OVER past AS n_past, abs(seconds - usually) AS off FROM timed
                WINDOW past AS (PARTITION BY place ORDER BY slot RANGE BETWEEN INTERVAL 28 DAYS PRECEDING AND INTERVAL 1 SECOND PRECEDING)
            ), judged AS (
                SELECT *, n_past >= 24 AND least(off, epoch(getvariable('step')) - off) >= 45 * 60 AS is_off FROM usual
            ), begun AS (
                SELECT *, bool_or(is_off) OVER lately AS was_off FROM judged
                WINDOW lately AS (PARTITION BY place ORDER BY slot RANGE BETWEEN INTERVAL 2 DAYS PRECEDING AND INTERVAL 1 SECOND PRECEDING)
            )
            SELECT slot, place,
                round(seconds / 60)::INT || ' minutes after its slot begins, usually ' || round(usually / 60)::INT AS observed
            FROM begun WHERE is_off AND NOT coalesce(was_off, false)
            """,
            "A clock that is off by less than a slot, as by an hour where slots are longer, moves no answer to another slot, and yet all "
            "that happened to another hour. Told is the first of two days. Hourly slots have no room for it: see clocks_agree.",
            back_days=30,
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
