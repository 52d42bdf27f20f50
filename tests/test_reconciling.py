"""PostgreSQL is compared with the lake: whatever was changed there behind our back is found, told, and published again."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest

from tests.lakes import Ask
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
    rows = observatory.lake.read(quality.TABLE).to_pylist()
    told = {row["table_name"]: row["observed"] for row in rows if row["rule"] == "reconciled" and row["n_failed"]}
    assert set(told) == {"gold.trends", "gold.trendsetter"}
    assert "0 in PostgreSQL" in told["gold.trendsetter"] or "rows in the lake" in told["gold.trendsetter"]


def test_a_day_that_no_publication_touches_is_found_by_maintenance_and_published_by_the_next_cycle(observatory: Observatory, ask: Ask):
    ask("DELETE FROM gold.trends WHERE slot < '2026-01-02' AND place = 'berlin'; SELECT 1")
    done = maintain(observatory)
    assert [str(one) for one in done.differing] == [differing(observatory)[0]]
    assert "gold.trends of 2026-01-01: " in str(done.differing[0])
    assert cycle(observatory).published is not None
    assert differing(observatory) == []
    assert maintain(observatory).differing == ()


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
