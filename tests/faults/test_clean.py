"""The real answers as they came: no rule stops their publication, and what is warned of is true, counted by other means."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.faults.conftest import found, landed
from tests.shared_data import shared
from twilytics.gold import captures, trends
from twilytics.observatory import Observatory
from twilytics.results import severities
from twilytics.settings import Settings
from twilytics.sources import archive

MINUTES = {"x-2020": 480, "weibo-2022": 60, "zhihu-2022": 60, "india-2025": 60}


@pytest.mark.parametrize("name", MINUTES)
def test_nothing_of_it_stops_a_publication_and_every_warning_is_true(name: str, tmp_path: Path):
    read = list(archive.read(shared(f"{name}.jsonl.gz"), datetime.now(UTC)))
    with Observatory(Settings(home=tmp_path, interval_minutes=MINUTES[name], _env_file=None)) as observatory:
        landed(observatory, read)
        told = found(observatory)
        assert {severities(table)[rule] for table, rule in told} <= {"warn", "note"}
        lists, counts = observatory.lake.read(trends.TABLE), observatory.lake.read(captures.TABLE)
    with duckdb.connect() as twin:
        twin.register("trends", lists)
        twin.register("captures", counts)
        twin.execute("SET TimeZone = 'UTC'")
        for rule, question in TWINS.items():
            ((n,),) = twin.execute(question.format(step=f"INTERVAL {MINUTES[name]} MINUTE")).fetchall()
            assert told.get(rule, 0) == n, rule


#: The warnings again, written otherwise: by looking from each row at those before it.
TWINS = {
    ("gold.captures", "full_list"): """
        SELECT count(*) FROM captures AS here WHERE n_topics < 0.6 * (
            SELECT CASE WHEN count(*) >= 24 THEN median(n_topics) END FROM captures AS past
            WHERE past.place = here.place AND past.slot < here.slot AND past.slot >= here.slot - INTERVAL 28 DAY
        )
    """,
    ("gold.trend_equality", "two_lists"): """
        WITH lists AS (SELECT place, slot, list(topic ORDER BY rank) AS topics FROM trends GROUP BY place, slot)
        SELECT count(*) FROM lists a JOIN lists b ON a.slot = b.slot AND a.place < b.place AND a.topics = b.topics AND len(a.topics) >= 10
    """,
    ("gold.trends", "list_moves"): """
        WITH lists AS (SELECT place, slot, list((title, volume) ORDER BY rank) AS list FROM trends GROUP BY place, slot),
        nth AS (SELECT *, row_number() OVER (PARTITION BY place ORDER BY slot) AS n FROM lists)
        SELECT count(*) FROM nth AS here WHERE (
            SELECT count(*) FROM nth AS past WHERE past.place = here.place AND past.n BETWEEN here.n - 5 AND here.n - 1
            AND past.list::VARCHAR = here.list::VARCHAR
        ) = 5
    """,
    ("gold.trends", "volumes_of_one_unit"): """
        SELECT count(*) FROM (
            SELECT now.place, now.slot, median(now.volume / before.volume) AS ratio, count(*) AS n
            FROM trends now JOIN trends before ON now.place = before.place AND now.topic = before.topic AND now.slot = before.slot + {step}
            WHERE now.volume > 0 AND before.volume > 0 GROUP BY ALL
        ) WHERE n >= 3 AND NOT ratio BETWEEN 0.02 AND 50
    """,
}
