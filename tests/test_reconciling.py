"""PostgreSQL is compared with the lake: whatever was changed there behind our back is found, told, and published again."""

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest

from tests.lakes import Ask
from tests.published import History, publishing
from tests.shared_data import shared
from twilytics import reconciling
from twilytics.cycle import cycle
from twilytics.errors import ServiceError
from twilytics.gold import quality, trends
from twilytics.landing import replay
from twilytics.maintenance import maintain
from twilytics.observatory import Observatory
from twilytics.published import published_tables
from twilytics.settings import Settings
from twilytics.slots import Slots
from twilytics.sources import simulated

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = Slots(SINCE + DAY, SINCE + 2 * DAY)


@pytest.fixture
def observatory(tmp_path: Path, mongodb_uri: str, postgres_dsn: str) -> Iterator[Observatory]:
    """Two days of two places, published."""
    with Observatory(Settings(home=tmp_path / "home", mongodb_uri=mongodb_uri, postgres_dsn=postgres_dsn, _env_file=None)) as opened:
        more(opened, tmp_path, 0, 36)
        yield opened


def more(observatory: Observatory, folder: Path, since: int, hours: int):
    simulated.write(folder / f"{since}.jsonl.gz", ["berlin", "hamburg"], SINCE + since * HOUR, hours)
    replay(observatory, [folder / f"{since}.jsonl.gz"])
    return cycle(observatory).published


def differing(observatory: Observatory, days: list[Slots] | None = None) -> list[str]:
    with closing(psycopg2.connect(observatory.dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        tables = published_tables()
        return [str(one) for table in tables for one in reconciling.differences(cursor, table, observatory.lake, days)]


def broken(observatory: Observatory) -> dict[str, str]:
    """What the lake keeps of differences that were found, by table."""
    rows = observatory.lake.read(quality.TABLE).to_pylist()
    return {row["table_name"]: row["observed"] for row in rows if row["rule"] == "reconciled" and row["n_failed"]}


@pytest.fixture(scope="module")
def weeks(mongodb_server: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Three weeks of real answers, published."""
    archive = tmp_path_factory.mktemp("weeks") / "x-2020.jsonl"
    with gzip.open(shared("x-2020.jsonl.gz"), "rt", encoding="utf-8") as lines:
        archive.write_text("".join(one for one in lines if "2020-09-01" <= json.loads(one)["captured_at"] < "2020-09-22"), encoding="utf-8")
    shown = Slots(datetime(2020, 9, 1, tzinfo=UTC), datetime(2020, 9, 22, tzinfo=UTC))
    with publishing(mongodb_server, postgres_server, shown, archive, interval_minutes=480) as history:
        yield history


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM gold.trends WHERE slot >= '2020-09-08' AND slot < '2020-09-09'", "rows in the lake, 0 in PostgreSQL"),
        (
            "UPDATE gold.trends SET volume = 1 WHERE slot = '2020-09-08 08:00Z' AND place = 'india' AND rank = 3",
            "rows in both, of other values",
        ),
    ],
    ids=["a publication that lost a day", "a row that was edited by hand"],
)
def test_a_fault_in_real_published_rows_is_told_and_mended(weeks: History, change: str, told: str):
    observatory = weeks.observatory
    with closing(psycopg2.connect(observatory.dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute(change)
        assert cursor.rowcount > 0
    (difference,) = maintain(observatory).differing
    assert str(difference).startswith("gold.trends of 2020-09-08: ")
    assert str(difference).endswith(told)
    failed = "SELECT table_name, rule, observed FROM gold.quality WHERE run = (SELECT max(run) FROM gold.quality) AND n_failed > 0"
    assert [row for row in weeks.ask(failed) if row["rule"] == "reconciled"] == [
        {"table_name": "gold.trends", "rule": "reconciled", "observed": str(difference)}
    ]
    cycle(observatory)
    assert differing(observatory) == []
    assert [row for row in weeks.ask(failed) if row["rule"] == "reconciled"] == []


def test_what_was_published_is_what_the_lake_holds(observatory: Observatory):
    assert differing(observatory) == differing(observatory, [TODAY]) == []


def test_where_no_day_was_touched_nothing_is_compared(observatory: Observatory, ask: Ask):
    ask("DELETE FROM gold.trends; SELECT 1")
    assert differing(observatory, []) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE gold.trends SET volume = volume + 1 WHERE rank = 3 AND slot = '2026-01-02 05:00Z' AND place = 'berlin'", "gold.trends"),
        ("UPDATE gold.trends SET title = title || ' ' WHERE rank = 1 AND slot = '2026-01-02 05:00Z' AND place = 'berlin'", "gold.trends"),
        (
            "UPDATE gold.change_rate SET change_rate = change_rate + 1e-8 WHERE slot = '2026-01-02 05:00Z' AND place = 'berlin'",
            "gold.change_rate",
        ),
        ("UPDATE gold.captures SET captured_at = captured_at + interval '1 microsecond' WHERE slot = '2026-01-02 05:00Z'", "gold.captures"),
        ("UPDATE gold.coverage SET reason = '' WHERE slot = '2026-01-02 05:00Z'", "gold.coverage"),
    ],
)
def test_a_value_that_somebody_edited_is_found_by_its_day(observatory: Observatory, ask: Ask, change: str, told: str):
    ask(f"{change}; SELECT 1")
    assert [one.partition(":")[0] for one in differing(observatory)] == [f"{told} of 2026-01-02"]
    assert "in both, of other values" in differing(observatory)[0]


def test_a_day_that_is_lost_is_mended_by_the_next_publication_that_touches_it(observatory: Observatory, ask: Ask, tmp_path: Path):
    ask(
        "DELETE FROM gold.trendsetter WHERE slot >= '2026-01-02';"
        "UPDATE gold.trends SET rank = rank + 100 WHERE slot = '2026-01-02 05:00Z'; SELECT 1"
    )
    published = more(observatory, tmp_path, 36, 1)
    assert {one.table for one in published.mended} == {"gold.trends", "gold.trendsetter"}
    assert differing(observatory) == []
    (trends_differ, trendsetter_differs) = sorted(published.mended, key=str)
    assert str(trends_differ) == f"gold.trends of 2026-01-02: {trends_differ.n_lake:,} rows in both, of other values"
    # The six slots before the new one were published anew before the two were compared.
    n_lake, n_postgres = trendsetter_differs.n_lake, trendsetter_differs.n_postgres
    assert (n_lake, n_postgres) == (2 * sum(min(6, 12 - hour) for hour in range(13)), 2 * sum(range(1, 7)))
    assert str(trendsetter_differs) == f"gold.trendsetter of 2026-01-02: {n_lake} rows in the lake, {n_postgres} in PostgreSQL"
    assert broken(observatory) == {one.table: str(one) for one in published.mended}
    told = ask("SELECT table_name, observed FROM gold.quality WHERE rule = 'reconciled' AND n_failed > 0")
    assert dict(told) == broken(observatory)


def test_a_day_that_no_publication_touches_is_found_by_maintenance_and_published_by_the_next_cycle(observatory: Observatory, ask: Ask):
    n_rules = observatory.lake.n_rows(quality.TABLE)
    ask("DELETE FROM gold.trends WHERE slot < '2026-01-02' AND place = 'berlin'; SELECT 1")
    done = maintain(observatory)
    assert [str(one) for one in done.differing] == [differing(observatory)[0]]
    assert "gold.trends of 2026-01-01: " in str(done.differing[0])
    # It is told at once, with the newest run, of which nothing else is lost.
    assert broken(observatory) == {"gold.trends": str(done.differing[0])}
    told = ask("SELECT table_name, observed, severity FROM gold.quality WHERE rule = 'reconciled' AND n_failed > 0")
    assert told == [("gold.trends", str(done.differing[0]), "warn")]
    assert ask("SELECT count(DISTINCT run), count(*) FROM gold.quality") == [(1, n_rules)]
    assert cycle(observatory).published is not None
    assert differing(observatory) == []
    assert maintain(observatory).differing == ()
    rows = sorted(observatory.lake.read(quality.TABLE).to_pylist(), key=lambda row: row["run"])
    assert [row["n_failed"] for row in rows if (row["table_name"], row["rule"]) == ("gold.trends", "reconciled")] == [1, 0]


def test_a_database_that_was_emptied_stops_no_maintenance_and_is_filled_by_the_next_cycle(observatory: Observatory, ask: Ask):
    ask("DROP SCHEMA gold CASCADE; SELECT 1")
    assert maintain(observatory, now=datetime.now(UTC) + timedelta(days=30)).differing == ()
    assert cycle(observatory).published is not None
    assert differing(observatory) == []


def test_maintenance_says_what_postgresql_does_not_let_it_do(observatory: Observatory, ask: Ask):
    ask("ALTER TABLE gold.trends DROP COLUMN title; SELECT 1")
    with pytest.raises(ServiceError, match=r"PostgreSQL was not maintained \(column .*title.* does not exist\): nothing is lost"):
        maintain(observatory)


def test_a_database_that_does_not_keep_what_it_is_given_is_no_publication(observatory: Observatory, ask: Ask, tmp_path: Path):
    before = ask("SELECT max(batch) FROM gold.batches")
    ask(
        "CREATE FUNCTION gold.spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := 'x'; RETURN NEW; END $$;"
        "CREATE TRIGGER spoil BEFORE INSERT ON gold.trends FOR EACH ROW EXECUTE FUNCTION gold.spoil(); SELECT 1"
    )
    with pytest.raises(ServiceError, match=r"PostgreSQL does not keep what it is given: gold\.trends of 2026-01-02"):
        more(observatory, tmp_path, 36, 1)
    assert ask("SELECT max(batch) FROM gold.batches") == before
    assert ask("SELECT count(*) FROM gold.trends WHERE title = 'x'") == [(0,)]


def test_the_rows_of_a_table_without_a_time_are_compared_as_a_whole(observatory: Observatory, ask: Ask):
    ask("UPDATE gold.places SET name = 'Bärlin' WHERE place = 'berlin'; SELECT 1")
    assert differing(observatory) == ["gold.places: 2 rows in both, of other values"]
    assert trends.TABLE.time == "slot"
