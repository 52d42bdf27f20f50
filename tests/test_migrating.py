"""The database is brought up to date from nothing, from what was there before there were versions, and beside readers."""

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests import valid
from tests.lakes import Ask, version
from tests.services import database
from twilytics import changing, migrating, publication
from twilytics.cycle import cycle
from twilytics.errors import ServiceError
from twilytics.gate import unpublished
from twilytics.gold import trends
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.slots import EVER
from twilytics.sources import simulated

#: All that anybody could tell of a database's tables, roles and rights.
EVERYTHING = """
    SELECT 'column', table_schema || '.' || table_name, column_name || ' ' || data_type || ' ' || is_nullable
    FROM information_schema.columns WHERE table_schema IN ('gold', 'ops')
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname IN ('gold', 'ops')
    UNION ALL SELECT 'right', relname, relacl::text FROM pg_class WHERE relnamespace IN ('gold'::regnamespace, 'ops'::regnamespace)
    UNION ALL SELECT 'file', relname, relfilenode::text FROM pg_class WHERE relnamespace IN ('gold'::regnamespace, 'ops'::regnamespace)
    UNION ALL SELECT 'comment', objoid::regclass::text || objsubid, description FROM pg_description
        WHERE classoid = 'pg_class'::regclass AND objoid::regclass::text ~ '^(gold|ops)'
    UNION ALL SELECT 'role', rolname, row(rolcanlogin, rolconnlimit, rolconfig)::text FROM pg_roles WHERE rolname ~ '^twilytics_'
    UNION ALL SELECT 'version', version_num, '' FROM ops.alembic_version
    ORDER BY 1, 2, 3
"""


def run(dsn: str, statement: str) -> None:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_nothing_becomes_the_newest_version_and_again_changes_nothing(postgres_dsn: str, ask: Ask):
    first = migrating.upgrade(postgres_dsn)
    assert (first.before, first.after, first.left) == (None, migrating.newest(), ())
    before = ask(EVERYTHING)
    assert {row[1] for row in before} >= {"gold.trends", "gold.watched", "gold.change_rate_by_day", "ops.watch", "ops.alerts"}
    again = migrating.upgrade(postgres_dsn)
    assert (again.before, again.after) == (migrating.newest(), migrating.newest())
    assert ask(EVERYTHING) == before


def test_what_is_up_to_date_is_told_by_one_question(postgres_dsn: str):
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection.cursor() as cursor:
        assert not migrating.is_current(cursor)
        migrating.ensure(postgres_dsn)
        assert migrating.is_current(cursor)
        cursor.execute("COMMENT ON SCHEMA gold IS 'of another version'")
        connection.commit()
        assert not migrating.is_current(cursor)
        migrating.ensure(postgres_dsn)
        assert migrating.is_current(cursor)


def test_a_database_from_before_there_were_versions_keeps_its_rows(postgres_dsn: str, ask: Ask):
    publication.publish(postgres_dsn, version(1), 1)
    # As a publication of that time left it.
    run(
        postgres_dsn,
        """
        DROP SCHEMA ops CASCADE;
        DROP TABLE gold.set_aside, gold.measurements, gold.change_rate_by_day, gold.trendsetter_by_day;
        CREATE MATERIALIZED VIEW gold.change_rate_by_day AS SELECT place, slot AS day FROM gold.change_rate;
        COMMENT ON SCHEMA gold IS 'The published tables of Twilytics. Definition 0123456789abcdef.';
        UPDATE gold.batches SET lake_versions = (lake_versions::jsonb - 'gold.set_aside')::text
        """,
    )
    files = ask("SELECT relname, relfilenode FROM pg_class WHERE relname IN ('trends', 'change_rate', 'batches') ORDER BY 1")
    assert migrating.upgrade(postgres_dsn).before is None
    assert ask("SELECT count(*), sum(volume), (SELECT count(*) FROM gold.change_rate) FROM gold.trends") == [(1000, 1000, 50)]
    assert ask("SELECT relname, relfilenode FROM pg_class WHERE relname IN ('trends', 'change_rate', 'batches') ORDER BY 1") == files
    assert ask("SELECT count(*) FROM gold.change_rate_by_day") == [(0,)]
    publication.publish(postgres_dsn, version(1), 2, {"gold.change_rate": None})
    assert ask("SELECT count(*) FROM gold.change_rate_by_day") == [(3,)]
    # What it had no table for is published whole.
    assert "gold.set_aside" not in publication.last_batch(postgres_dsn).tables
    assert "gold.trends" in publication.last_batch(postgres_dsn).tables


def test_a_schema_that_was_dropped_is_made_again_and_what_is_watched_stays(postgres_dsn: str, ask: Ask):
    migrating.upgrade(postgres_dsn)
    run(postgres_dsn, "INSERT INTO ops.watch VALUES ('hsv', 'HSV', now()); DROP SCHEMA gold CASCADE")
    publication.publish(postgres_dsn, version(1), 1)
    assert ask("SELECT count(*), (SELECT title FROM gold.watched) FROM gold.trends") == [(1000, "HSV")]


def test_two_upgrades_at_once_take_turns(postgres_dsn: str, ask: Ask):
    with ThreadPoolExecutor() as both:
        done = list(both.map(migrating.upgrade, [postgres_dsn, postgres_dsn]))
    assert sorted(str(one.before) for one in done) == [migrating.newest(), "None"]
    assert ask("SELECT version_num FROM ops.alembic_version") == [(migrating.newest(),)]


def test_a_database_of_a_newer_program_is_left_as_it_is(postgres_dsn: str, ask: Ask):
    migrating.upgrade(postgres_dsn)
    run(postgres_dsn, "UPDATE ops.alembic_version SET version_num = '9999'; COMMENT ON SCHEMA gold IS 'newer'")
    with pytest.raises(ServiceError, match=r"the database is of version 9999, this program knows none after \d+: install a newer"):
        publication.publish(postgres_dsn, version(1), 1)
    assert ask("SELECT obj_description('gold'::regnamespace), (SELECT count(*) FROM gold.trends)") == [("newer", 0)]


@contextmanager
def reading_long(dsn: str) -> Iterator[None]:
    """Somebody who reads a table for as long as this lasts."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM gold.trends")
        yield


@pytest.fixture
def with_one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_dsn: str) -> str:
    """A database that was published, for which there is a version by now that adds a column."""
    publication.publish(postgres_dsn, version(1), 1)
    body = 'from alembic import op\n\ndef upgrade():\n    op.execute("ALTER TABLE gold.trends ADD COLUMN region text")\n'
    before = migrating.newest()
    monkeypatch.setattr(migrating, "FOLDER", Path(shutil.copytree(migrating.FOLDER, tmp_path / "postgres")))
    (tmp_path / "postgres/versions/9999_region.py").write_text(f'revision, down_revision = "9999", "{before}"\n{body}')
    return postgres_dsn


REGIONS = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'trends' AND column_name = 'region'"


def test_other_readers_wait_a_moment_at_most_while_a_version_adds_a_column_beside_a_long_query(
    with_one_more: str, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(changing, "PAUSE_SECONDS", 0.3)
    upgrade = threading.Thread(target=migrating.upgrade, args=[with_one_more])
    waited = []
    with reading_long(with_one_more):
        upgrade.start()
        deadline = time.monotonic() + 2.5
        while time.monotonic() < deadline:
            started = time.monotonic()
            ask("SELECT count(*) FROM gold.trends")
            waited.append(time.monotonic() - started)
            time.sleep(0.01)
        assert upgrade.is_alive()
        assert ask(REGIONS) == [(0,)]
    upgrade.join()
    assert ask(REGIONS) == [(1,)]
    assert ask("SELECT version_num, (SELECT count(*) FROM gold.trends) FROM ops.alembic_version") == [("9999", 1000)]
    # It stood in the way, more than once, and let go each time.
    assert sum(seconds > 0.2 for seconds in waited) > 1
    assert max(waited) < 2  # of the 2.5 seconds that the long query stood there


def test_a_version_that_readers_never_let_pass_gives_up_and_says_so(with_one_more: str, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(changing, "MOMENT", "50ms")
    monkeypatch.setattr(changing, "PATIENCE_SECONDS", 0)
    told = "by a publication or a reader's long query: try again when it is done"
    with reading_long(with_one_more), pytest.raises(ServiceError, match=told):
        migrating.upgrade(with_one_more)
    assert ask(REGIONS) == [(0,)]


@pytest.fixture
def observatory(tmp_path: Path, mongodb_uri: str, postgres_dsn: str) -> Iterator[Observatory]:
    with Observatory(Settings(home=tmp_path / "home", mongodb_uri=mongodb_uri, postgres_dsn=postgres_dsn, _env_file=None)) as opened:
        simulated.write(tmp_path / "answers.jsonl.gz", ["berlin", "hamburg"], valid.value(trends.TABLE.column("slot")), 3)
        replay(opened, [tmp_path / "answers.jsonl.gz"])
        cycle(opened)
        yield opened


def test_a_table_that_a_version_emptied_is_published_whole_by_the_next_cycle(observatory: Observatory, ask: Ask):
    before = ask("SELECT * FROM gold.trends ORDER BY place, slot, rank")
    assert len(before) > 100
    assert unpublished(observatory) == {}
    ask(
        "TRUNCATE gold.trends; UPDATE gold.batches SET lake_versions = (lake_versions::jsonb - 'gold.trends')::text"
        " WHERE batch = (SELECT max(batch) FROM gold.batches); SELECT 1"
    )
    assert unpublished(observatory) == {"gold.trends": (EVER,)}
    published = cycle(observatory).published
    assert list(published.n_written) == ["gold.trends"]
    assert ask("SELECT * FROM gold.trends ORDER BY place, slot, rank") == before
    assert unpublished(observatory) == {}


def test_an_emptied_table_stays_on_the_list_until_it_is_published_whole(postgres_dsn: str, ask: Ask):
    publication.publish(postgres_dsn, version(1), 1)
    ask("UPDATE gold.batches SET lake_versions = (lake_versions::jsonb - 'gold.trends')::text; SELECT 1")
    publication.publish(postgres_dsn, version(2), 2, {"gold.change_rate": [EVER]})
    assert "gold.trends" not in publication.last_batch(postgres_dsn).tables
    publication.publish(postgres_dsn, version(2), 3, {"gold.trends": None})
    assert publication.last_batch(postgres_dsn).tables >= {"gold.trends", "gold.change_rate"}


def test_asking_for_the_newest_batch_changes_no_database(postgres_server: str):
    with database(postgres_server) as dsn, closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        assert publication.last_batch(dsn) is None
        cursor.execute("SELECT to_regnamespace('gold')")
        assert cursor.fetchone() == (None,)
