"""The real answers as they came: no rule stops their publication, and all that is told of them is true, counted by other means."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.faults import twins
from tests.faults.conftest import found, landed
from tests.shared_data import shared
from twilytics.gold import captures, change_rate, coverage, trends
from twilytics.observatory import Observatory
from twilytics.results import severities
from twilytics.settings import Settings
from twilytics.silver import entries
from twilytics.sources import archive

MINUTES = {"x-2020": 480, "weibo-2022": 60, "zhihu-2022": 60, "india-2025": 60}
#: How many times each rule is told to be broken, of all the answers of an archive.
TOLD = {
    "x-2020": {
        ("gold.captures", "full_list"): 493,  # one place answers 20 topics for eleven days; others down to 1
        (
            "gold.captures",
            "captured_at_its_time",
        ): 18,  # all nine places were asked 45 minutes later from 5 September on, hours later on the 18th
        ("gold.captures", "place_is_heard_of"): 1,  # New Delhi was asked for once
        ("gold.trend_equality", "two_lists"): 108,
        ("gold.change_rate", "weekly_profile"): 75,
        ("gold.coverage", "every_slot_is_asked_for"): 13,
    },
    "weibo-2022": {
        ("gold.captures", "clocks_agree"): 6,  # asked so late that the answer lies in the next hour
        ("gold.change_rate", "weekly_profile"): 4,
        ("gold.coverage", "every_slot_is_asked_for"): 866,  # a tenth of the hours
    },
    "zhihu-2022": {
        ("gold.captures", "full_list"): 1366,  # lists of 1 to 15 topics, of the 30 and then 6 that are usual
        ("gold.captures", "clocks_agree"): 2,
        ("gold.trends", "list_moves"): 655,  # stale caches
        ("gold.change_rate", "weekly_profile"): 13,
        ("gold.coverage", "every_slot_is_asked_for"): 401,
    },
    "india-2025": {("gold.trends", "decoded_once"): 245},
}


@pytest.mark.parametrize("name", MINUTES)
def test_nothing_of_it_stops_a_publication_and_every_warning_is_true(name: str, tmp_path: Path):
    read = list(archive.read(shared(f"{name}.jsonl.gz"), datetime.now(UTC)))
    with Observatory(Settings(home=tmp_path, interval_minutes=MINUTES[name], _env_file=None)) as observatory:
        landed(observatory, read)
        told = found(observatory)
        tables = {table.short_name: observatory.lake.read(table) for table in (entries.TABLE, *(one.TABLE for one in OF_GOLD))}
    assert {severities(table)[rule] for table, rule in told} <= {"warn", "note"}
    assert told == TOLD[name]
    with duckdb.connect() as database:
        for table, rows in tables.items():
            database.register(table, rows)
        database.execute("SET TimeZone = 'UTC'")
        step = timedelta(minutes=MINUTES[name])
        assert {rule: n for rule, count in twins.TWINS.items() if (n := count(database, step))} == told


OF_GOLD = (captures, change_rate, coverage, trends)
