"""How long each panel's and each alert's question takes over a year of sixty places: benchmarks/panels.md.

    python -m benchmarks.panels --places 60 --days 365

PostgreSQL is filled with rows that are made up in it: lists of 50 whose ranks hold a topic for two to eleven hours, all tables that a
panel asks with as many rows as such a history has. Pairs are those of the same country (TWILYTICS_PAIRS=same-country), twelve places in
each of five. "cold" is the first time after a start of the server, whose own memory is empty then; "warm" the median of five more. What is
shown is what the dashboard shows first, ending with the newest slot; for the panels that switch to days, a year as well.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg2

from twilytics import migrating, roles, summing
from twilytics.alerts import ASKED
from twilytics.embedded import postgres
from twilytics.gold.measurements import MEASURES
from twilytics.panels import asked, dashboards
from twilytics.panels.panel import Dashboard
from twilytics.published import published_tables
from twilytics.slots import Slots

UNTIL = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
SPANS = {"now-24h": timedelta(days=1), "now-7d": timedelta(days=7), "now-30d": timedelta(days=30)}
YEAR = timedelta(days=365)
TIMES = 5
PAGE = Path(__file__).with_name("panels.md")
#: A rank holds a topic for 2 to 11 hours; the number of hour ``h`` gives the block, and with rank and country the topic.
TOPIC = "'topic ' || (h / (2 + r % 10) * 131 + r * 7919 + p % 5 * 13) % 400000"
#: Numbers in the place of measured ones: any, as long as they differ.
SHARE = "((h * 7919 + {0}) % 1000) / 1000.0"


def fill(hours: int, n_places: int) -> Iterator[str]:
    """The statements that make the history up, each a table."""
    end = f"'{UNTIL:%Y-%m-%d %H:%M}Z'::timestamptz"
    slot = f"({end} - ({hours} - 1 - h) * interval '1 hour')"
    place, other = "'place-' || lpad(p::text, 2, '0')", "'place-' || lpad(q::text, 2, '0')"
    of_places, of_hours = f"generate_series(0, {n_places - 1}) AS p", f"generate_series(0, {hours - 1}) AS h"
    ordered = f"{of_places}, generate_series(0, {n_places - 1}) AS q WHERE p % 5 = q % 5"
    yield f"INSERT INTO gold.places SELECT {place}, 'Place ' || p, 'C' || p % 5, 'town', NULL, 45 + p / 5.0, p / 3.0, p FROM {of_places}"
    yield f"INSERT INTO gold.captures SELECT {place}, {slot}, {slot} + interval '3 seconds', 'x-v2', 50, 0 FROM {of_places}, {of_hours}"
    state = "CASE WHEN (h * 31 + p) % 200 = 0 THEN 'failed' ELSE 'captured' END"
    reason = "CASE WHEN (h * 31 + p) % 200 = 0 THEN 'http_503' END"
    yield f"INSERT INTO gold.coverage SELECT {place}, {slot}, {state}, {reason} FROM {of_places}, {of_hours}"
    yield (
        f"INSERT INTO gold.trends SELECT {place}, {slot}, r, {TOPIC}, initcap({TOPIC}), (h * r) % 90000 "
        f"FROM {of_places}, {of_hours}, generate_series(1, 50) AS r"
    )
    block = "h / (2 + r % 10) * (2 + r % 10)"
    yield (
        f"INSERT INTO gold.episodes SELECT place, topic, min(slot), max(initcap(topic)), max(slot), count(*), count(*), "
        "min(r), max(h), false, false "
        f"FROM (SELECT {place} AS place, {TOPIC} AS topic, {slot} AS slot, r, h, {block} AS block FROM {of_places}, {of_hours}, "
        "generate_series(1, 50) AS r) AS listed GROUP BY place, topic, block, r ON CONFLICT DO NOTHING"
    )
    yield (
        "INSERT INTO gold.topics SELECT topic, max(title), min(started_at), min(place), max(last_seen_at), "
        "count(DISTINCT place), count(*), sum(n_slots), min(best_rank), max(max_volume), 1, 0 FROM gold.episodes GROUP BY topic"
    )
    yield f"INSERT INTO gold.change_rate SELECT {place}, {slot}, 50, 10, 10, {SHARE.format('p')} FROM {of_places}, {of_hours}"
    shares = ", ".join(SHARE.format(f"p + q * {n}") for n in (3, 5, 7))
    yield f"INSERT INTO gold.trend_equality SELECT {place}, {other}, {slot}, 9, {shares} FROM {of_hours}, {ordered} AND p < q"
    yield (
        f"INSERT INTO gold.trendsetter SELECT {place}, {other}, {slot}, lag, {SHARE.format('p + q + lag')}, 9, {SHARE.format('p * q')} "
        f"FROM {of_hours}, generate_series(1, 6) AS lag, {ordered} AND p <> q"
    )
    yield f"INSERT INTO gold.survival SELECT {place}, d, 1000 - d, 3, 1 - d / 1000.0 FROM {of_places}, generate_series(1, 168) AS d"
    windows = "(VALUES (24), (168), (720), (8760)) AS w (w)"
    top = f"{place}, w, n, 'topic ' || n, 'Topic ' || n, 50 - n, n, 9"
    yield f"INSERT INTO gold.top_topics SELECT {top} FROM {of_places}, {windows}, generate_series(1, 50) AS n"
    yield f"INSERT INTO gold.change_summary SELECT {place}, w, 9, 1, 0.5, 0, w, 0.9 FROM {of_places}, {windows}"
    yield (
        f"INSERT INTO gold.lead_lag SELECT {place}, {other}, d, 50, 20, 10, 20, 1, 0.1, 0.2, false "
        f"FROM (VALUES (7), (30)) AS d (d), {ordered} AND p < q"
    )
    aside = f"{place}, {slot}, 'entry', 'topic_empty', 1"
    yield f"INSERT INTO gold.set_aside SELECT {aside} FROM {of_places}, {of_hours} WHERE (h + p) % 50 = 0"
    # Of rules that held, a week is kept.
    yield (
        f"INSERT INTO gold.quality SELECT {slot}, 'gold.t' || n / 12, 'rule ' || n, (ARRAY['fail', 'warn', 'note'])[1 + n % 3], 'all', 99, "
        f"(n % 97 = 0)::int, CASE WHEN n % 97 = 0 THEN 'x' END, NULL "
        f"FROM {of_hours}, generate_series(0, 299) AS n WHERE h > {hours} - 168 OR n % 97 = 0"
    )
    yield f"INSERT INTO gold.batches SELECT h, {slot} + interval '9 seconds', 'all', 99, '{{}}' FROM {of_hours}"
    measures = ", ".join(f"('{measure}')" for measure in MEASURES)
    yield f"INSERT INTO gold.measurements SELECT {slot}, m, h FROM {of_hours}, (VALUES {measures}) AS m (m)"
    yield "INSERT INTO ops.watch SELECT topic, title, now() - interval '30 days' FROM gold.topics ORDER BY last_seen_at DESC LIMIT 20"


def made_up(dsn: str, hours: int, n_places: int) -> None:
    migrating.upgrade(dsn)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'; SET maintenance_work_mem = '256MB'; SET work_mem = '256MB'; SET synchronous_commit = off")
        for statement in fill(hours, n_places):
            begun = time.perf_counter()
            cursor.execute(statement)
            connection.commit()
            print(f"{statement.split()[2]}: {cursor.rowcount:,} rows in {time.perf_counter() - begun:.0f} s", flush=True)
        for table in published_tables():
            summing.renew(cursor, table, None)
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM (ANALYZE)")


def questions(ask) -> Iterator[tuple[str, str, str]]:
    """Dashboard, panel, and the SQL that Grafana would ask, for each panel and alert."""
    for dashboard in dashboards():
        shown = Slots(UNTIL - SPANS[dashboard.since], UNTIL)
        chosen = _chosen(dashboard, shown, ask)
        for panel in dashboard.panels:
            if panel.query:
                yield dashboard.title, panel.title, asked.asked(panel.query, shown, chosen)
                if "interval '62 days'" in panel.query:
                    yield dashboard.title, f"{panel.title}, a year", asked.asked(panel.query, replace(shown, since=UNTIL - YEAR), chosen)
    for alert, query in ASKED:
        yield "alert", alert.title, query


def _chosen(dashboard: Dashboard, shown: Slots, ask) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for variable in dashboard.variables:
        values = [str(row[-1]) for row in ask(asked.asked(variable.query, shown, found))]
        found[variable.name] = values if variable.is_multi else values[:1]
    return found


def timed(dsn: str) -> list[tuple[str, str, int, float, float]]:
    """A row a question: dashboard, panel, rows of the answer, milliseconds cold and warm."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.set_session(readonly=True, autocommit=True)
        cursor.execute(f"SET ROLE {roles.READER}")

        def ask(query: str) -> list[tuple[object, ...]]:
            cursor.execute(query)
            return cursor.fetchall()

        rows = []
        for dashboard, panel, query in questions(ask):
            taken = []
            for _ in range(1 + TIMES):
                begun = time.perf_counter()
                found = ask(query)
                taken.append(1000 * (time.perf_counter() - begun))
            rows.append((dashboard, panel, len(found), taken[0], statistics.median(taken[1:])))
            print(*rows[-1], flush=True)
        return rows


def page(rows: list[tuple[str, str, int, float, float]], n_places: int, days: int) -> str:
    memory = round(psutil.virtual_memory().total / (1 << 30))
    told = "\n".join(f"| {dashboard} | {panel} | {n:,} | {cold:.0f} | {warm:.0f} |" for dashboard, panel, n, cold, warm in rows)
    return (
        f"# Panels and alerts over {days} days of {n_places} places\n\n"
        f"Made by `python -m benchmarks.panels`; do not edit. {psutil.cpu_count()} cores, {memory} GiB of memory, the embedded PostgreSQL. "
        "Milliseconds, the rows fetched: first after a start of the server, and the median of five more.\n\n"
        f"| dashboard | panel | rows | cold | warm |\n|---|---|---:|---:|---:|\n{told}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=60)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--home", type=Path, help="a folder to keep the filled database in, and to find it again")
    given = parser.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="twilytics-panels-"))
    is_new = not (home / "postgres").exists()
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    if is_new:
        with postgres.running(home) as dsn:
            made_up(dsn, 24 * given.days, given.places)
    with postgres.running(home) as dsn:
        rows = timed(dsn)
    PAGE.write_text(page(rows, given.places, given.days), encoding="utf-8")


if __name__ == "__main__":
    main()
