"""A good DuckDB script: SQL over the two files, places and topics as enumerations, slots as numbers."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.peers import script
from benchmarks.peers.postgres import Copied

#: With 60 places a lag has 31 million rows in a year: DuckDB goes to disk before it takes a small machine's memory.
MEMORY = "4GB"

#: `turn` counts a place's captures, and skips a number where two lie more than 3 slots apart: no episode goes on there.
#: `depths` has the sums of p^d/d and p^d, d = 1..n, that equation 32 of rank-biased overlap is made of; p = 0.9.
PREPARE = """
    CREATE TYPE place AS ENUM (SELECT DISTINCT place FROM read_parquet(getvariable('captures')) ORDER BY place);
    CREATE TYPE topic AS ENUM (SELECT DISTINCT topic FROM read_parquet(getvariable('trends')));
    CREATE MACRO nth_of(slot) AS (epoch_us(slot) // (getvariable('seconds') * 1_000_000))::INTEGER;
    CREATE MACRO slot_of(nth) AS to_timestamp(nth * getvariable('seconds'));

    CREATE TABLE captured AS
    WITH beside AS (
        SELECT place::place AS place, nth_of(slot) AS nth, n_topics::INTEGER AS n_topics,
            lag(nth_of(slot)) OVER in_place AS before, lead(nth_of(slot)) OVER in_place AS after
        FROM read_parquet(getvariable('captures')) WINDOW in_place AS (PARTITION BY place ORDER BY slot)
    ), apart AS (
        SELECT *, coalesce(nth - before > 3, true) AS is_first, coalesce(after - nth > 3, true) AS is_last FROM beside
    )
    SELECT *, row_number() OVER in_place + count_if(is_first) OVER in_place AS turn
    FROM apart WINDOW in_place AS (PARTITION BY place ORDER BY nth);

    CREATE TABLE listed AS
    SELECT place::place AS place, nth_of(slot) AS nth, topic::topic AS topic, rank::INTEGER AS rank, title, volume
    FROM read_parquet(getvariable('trends'));

    CREATE TABLE arrived AS
    SELECT place, nth, topic, is_there IS NULL AS is_new
    FROM listed LEFT JOIN (SELECT place, nth + 1 AS nth, topic, true AS is_there FROM listed) USING (place, nth, topic);

    CREATE TABLE changed AS
    SELECT place, nth, n_topics, CASE WHEN n_before IS NOT NULL THEN n_new END AS n_new, n_before - n_topics + n_new AS n_gone,
        1 - (n_topics - n_new) / CASE WHEN n_topics > n_before THEN n_topics ELSE n_before END AS change_rate
    FROM captured
    JOIN (SELECT place, nth, count_if(is_new) AS n_new FROM arrived GROUP BY ALL) USING (place, nth)
    LEFT JOIN (SELECT place, nth + 1 AS nth, n_topics AS n_before FROM captured) USING (place, nth);

    CREATE TABLE depths AS
    SELECT n::INTEGER AS n, 0.9::DOUBLE ** n AS power, sum(power) OVER up - 1 AS powers,
        sum(CASE WHEN n > 0 THEN power / n ELSE 0 END) OVER up AS shares
    FROM range(0, 1001) depth(n) WINDOW up AS (ORDER BY n);
"""

CHANGE_RATE = "SELECT place, slot_of(nth) AS slot, n_topics, n_new, n_gone, change_rate FROM changed"

TREND_EQUALITY = """
    WITH pairs AS (
        SELECT a.place AS place_a, b.place AS place_b, nth, least(a.n_topics, b.n_topics) AS s, greatest(a.n_topics, b.n_topics) AS l
        FROM captured a JOIN captured b USING (nth) WHERE a.place < b.place
    ), together AS (
        SELECT a.place AS place_a, b.place AS place_b, nth, greatest(a.rank, b.rank) AS depth
        FROM listed a JOIN listed b USING (nth, topic) WHERE a.place < b.place
    ), shared AS (
        SELECT place_a, place_b, nth, count(*) AS x_l, count_if(depth <= s) AS x_s, sum(shares) AS shares_above
        FROM together JOIN pairs USING (place_a, place_b, nth) JOIN depths ON depths.n = depth - 1
        GROUP BY ALL
    ), compared AS (
        SELECT place_a, place_b, nth, s, l, coalesce(x_l, 0) AS x_l, coalesce(x_s, 0) AS x_s, coalesce(shares_above, 0) AS shares_above
        FROM pairs LEFT JOIN shared USING (place_a, place_b, nth)
    )
    SELECT place_a, place_b, slot_of(nth) AS slot, x_l AS n_shared, x_l / l AS trend_equality, x_l / (s + l - x_l) AS jaccard,
        1 / 9 * (x_l * longer.shares - shares_above
            + x_s * ((longer.powers - shorter.powers) / s - (longer.shares - shorter.shares)))
        + ((x_l - x_s) / l + x_s / s) * longer.power AS rbo
    FROM compared JOIN depths shorter ON shorter.n = s JOIN depths longer ON longer.n = l
"""

TRENDSETTER = """
    WITH shared AS (
        SELECT had.place AS leader, has.place AS follower, had.nth, count(*) AS n_shared, count_if(is_new) AS n_led
        FROM listed had JOIN (SELECT place, topic, is_new, nth - $lag AS nth FROM arrived) has USING (nth, topic)
        WHERE had.place <> has.place
        GROUP BY ALL
    ), pairs AS (
        SELECT led.place AS leader, later.place AS follower, nth, later.n_new, greatest(led.n_topics, n_followed) AS l
        FROM captured led
        JOIN (SELECT place, nth - $lag AS nth, n_topics AS n_followed, n_new FROM changed) later USING (nth)
        WHERE led.place <> later.place
    )
    SELECT leader, follower, slot_of(nth) AS slot, $lag AS lag, coalesce(n_shared, 0) / l AS trendsetter, n_new AS n_arrivals,
        coalesce(n_led, 0) / nullif(n_new, 0) AS arrival_share
    FROM pairs LEFT JOIN shared USING (leader, follower, nth)
"""

EPISODES = """
    WITH runs AS (
        SELECT listed.*, is_first, is_last, turn - row_number() OVER (PARTITION BY place, topic ORDER BY nth) AS run
        FROM listed JOIN captured USING (place, nth)
    )
    SELECT place, topic, slot_of(min(nth)) AS started_at, arg_max(title, nth) AS title, slot_of(max(nth)) AS last_seen_at,
        count(*) AS n_slots, (max(nth) - min(nth) + 1) * getvariable('seconds') / 3600 AS duration_hours,
        min(rank) AS best_rank, max(volume) AS max_volume, bool_or(is_first) AS censored_start, bool_or(is_last) AS censored_end
    FROM runs GROUP BY place, topic, run
"""


def compute(trends: Path, captures: Path, interval: int) -> Iterator[script.Piece]:
    with duckdb.connect(config={"memory_limit": MEMORY, "preserve_insertion_order": False}) as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute("SET VARIABLE trends = $path", {"path": str(trends)})
        database.execute("SET VARIABLE captures = $path", {"path": str(captures)})
        database.execute("SET VARIABLE seconds = $seconds::BIGINT", {"seconds": 60 * interval})
        database.execute(PREPARE)
        for table, query in (("change_rate", CHANGE_RATE), ("trend_equality", TREND_EQUALITY), ("episodes", EPISODES)):
            yield table, database.sql(query).to_arrow_table()
        for lag in range(1, 7):
            yield "trendsetter", database.sql(TRENDSETTER, params={"lag": lag}).to_arrow_table()


if __name__ == "__main__":
    script.main("duckdb_script", __doc__, compute, Copied)
