"""What the publisher and the reader may do in a database that was migrated, and what they may not."""

import logging
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import psycopg2.extras
import pytest
from psycopg2 import errors
from psycopg2.extensions import make_dsn, parse_dsn

from tests.lakes import run, version
from tests.services import database
from twilytics import migrating, postgres, publication, roles
from twilytics.database_upkeep import vacuum
from twilytics.errors import ServiceError
from twilytics.published import schema

PASSWORDS = {roles.READER: "reads it", roles.PUBLISHER: "fills it"}


def statement(dsn: str, text: str) -> list[tuple]:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []


def of(role: str, dsn: str) -> str:
    return make_dsn(**{**parse_dsn(dsn), "user": role, "password": PASSWORDS[role]})


@pytest.fixture(scope="module")
def owner(postgres_server: str) -> Iterator[str]:
    """A database that was published, and watches a topic."""
    with database(postgres_server) as dsn:
        migrating.upgrade(dsn, PASSWORDS)
        publication.publish(dsn, version(1), 1)
        statement(dsn, "INSERT INTO ops.watch VALUES ('hsv', '#HSV', now()); INSERT INTO ops.alerts VALUES ('a', 'b', 'c', now(), NULL)")
        yield dsn


@pytest.fixture
def reader(owner: str) -> str:
    return of(roles.READER, owner)


@pytest.fixture
def publisher(owner: str) -> str:
    return of(roles.PUBLISHER, owner)


def test_the_reader_sees_what_is_published_by_day_and_watched(reader: str):
    assert statement(reader, "SELECT count(*) FROM trends") == [(1000,)]
    assert statement(reader, "SELECT count(*) FROM change_rate_by_day") == [(3,)]
    assert statement(reader, "SELECT topic, title FROM gold.watched") == [("hsv", "#HSV")]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO gold.batches VALUES (9, now(), '', 0, '{}')",
        "DELETE FROM gold.trends",
        "TRUNCATE gold.trends",
        "UPDATE gold.watched SET title = ''",
        "INSERT INTO gold.watched VALUES ('a', 'a', now())",
        "DELETE FROM gold.change_rate_by_day",
        "CREATE TABLE gold.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE FUNCTION gold.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
        "SELECT * FROM ops.watch",
        "SELECT * FROM ops.alerts",
        "SELECT * FROM ops.alembic_version",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        f"SET ROLE {roles.PUBLISHER}",
        "SET temp_file_limit = -1",
    ],
)
def test_a_reader_cannot_do_more_even_where_it_turns_off_that_it_only_reads(reader: str, text: str):
    with closing(psycopg2.connect(reader)) as connection, connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off; COMMIT; BEGIN READ WRITE")
        with pytest.raises(errors.InsufficientPrivilege):
            cursor.execute(text)


def test_a_reader_writes_nothing_in_its_first_transaction_either(reader: str):
    with pytest.raises(errors.ReadOnlySqlTransaction):
        statement(reader, "DELETE FROM gold.trends")


def test_a_reader_cannot_sleep(owner: str, reader: str):
    assert statement(reader, "SHOW statement_timeout") == [("1min",)]
    assert statement(reader, "SHOW idle_in_transaction_session_timeout") == [("1min",)]
    statement(owner, f"ALTER ROLE {roles.READER} SET statement_timeout = '50ms'")
    try:
        started = time.monotonic()
        with pytest.raises(errors.QueryCanceled):
            statement(reader, "SELECT pg_sleep(3600)")
        assert time.monotonic() - started < 5
    finally:
        migrating.upgrade(owner)
    assert statement(reader, "SHOW statement_timeout") == [("1min",)]


def test_a_reader_that_lengthens_its_own_timeout_is_ended_by_the_next_publication(
    owner: str, reader: str, publisher: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(roles, "LONGEST", "300 milliseconds")
    caplog.set_level(logging.WARNING)
    with closing(psycopg2.connect(reader, async_=True)) as sleeper, closing(psycopg2.connect(reader)) as other, other.cursor() as cursor:
        psycopg2.extras.wait_select(sleeper)
        sleeper.cursor().execute("SET statement_timeout = 0; SELECT pg_sleep(3600)")
        cursor.execute("SELECT 1")
        time.sleep(0.5)
        publication.publish(publisher, version(1), 1, {"gold.trends": [run(hours=50)]})
        with pytest.raises(psycopg2.OperationalError, match="terminating connection due to administrator command"):
            psycopg2.extras.wait_select(sleeper)
        cursor.execute("SELECT count(*) FROM gold.trends")
        assert cursor.fetchone() == (1000,)
    assert "1 sessions of twilytics_reader were ended" in caplog.text


def test_the_publisher_publishes_and_keeps_up_a_database_that_it_does_not_own(postgres_server: str, caplog: pytest.LogCaptureFixture):
    with database(postgres_server) as owner:
        migrating.upgrade(owner, PASSWORDS)
        publisher = of(roles.PUBLISHER, owner)
        whole = publication.publish(publisher, version(1), 1)
        assert (whole.n_written["gold.trends"], whole.mended) == (1000, ())
        part = publication.publish(publisher, version(2), 2, {"gold.trends": [run(hours=50)]})
        assert part.n_written["gold.trends"] == 1000
        anew = publication.publish(publisher, version(3), 3)
        assert anew.n_written["gold.change_rate"] == 50
        assert publication.last_batch(publisher).number == 3
        # Ours has the right to maintain given to it; what it does without, the next test tells.
        vacuumed = vacuum(publisher, rewritten={"gold.trends"})
        assert {table.name for table in schema()} == set(vacuumed)
        assert statement(owner, "SELECT sum(n_slots) FROM gold.change_rate_by_day") == [(50,)]
        assert statement(owner, "SELECT indexdef FROM pg_indexes WHERE indexname = 'trends_pkey'")
    assert caplog.text == ""


def test_what_the_publisher_may_not_maintain_is_told_and_what_was_erased_is_not_left_in_silence(
    postgres_server: str, caplog: pytest.LogCaptureFixture
):
    with database(postgres_server) as owner:
        migrating.upgrade(owner, PASSWORDS)
        publication.publish(owner, version(1), 1)
        # As in versions of PostgreSQL in which that right cannot be given away.
        statement(owner, f"REVOKE MAINTAIN ON ALL TABLES IN SCHEMA gold FROM {roles.PUBLISHER}")
        publisher = of(roles.PUBLISHER, owner)
        assert vacuum(publisher) == ()
        assert "may not maintain gold." in caplog.text
        assert "let the database's owner run `twilytics maintain`" in caplog.text
        with pytest.raises(ServiceError, match=r"what was erased may still lie in their files: give the same command again as the data"):
            vacuum(publisher, rewritten={"gold.trends"})


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE gold.trends",
        "DROP VIEW gold.watched",
        "DROP SCHEMA gold CASCADE",
        "ALTER TABLE gold.trends ADD COLUMN a int",
        "ALTER TABLE gold.trends DROP CONSTRAINT trends_pkey",
        "CREATE TABLE gold.mine (a int)",
        "CREATE INDEX ON gold.trends (title)",
        "COMMENT ON SCHEMA gold IS ''",
        "UPDATE ops.alembic_version SET version_num = '0001'",
        "ALTER ROLE twilytics_reader PASSWORD 'mine'",
        "CREATE ROLE friend",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_a_publisher_changes_rows_and_nothing_else(publisher: str, text: str):
    with pytest.raises(errors.InsufficientPrivilege):
        statement(publisher, text)


def test_a_publisher_edits_what_is_watched(owner: str, publisher: str):
    statement(publisher, "INSERT INTO ops.watch VALUES ('werder', 'Werder', now())")
    assert statement(owner, "SELECT count(*) FROM gold.watched") == [(2,)]
    statement(publisher, "DELETE FROM ops.watch WHERE topic = 'werder'")


def test_a_publisher_who_meets_a_database_that_is_not_up_to_date_is_told_who_can_mend_it(postgres_server: str):
    with database(postgres_server) as owner:
        for before in (
            "SELECT 1",
            "COMMENT ON SCHEMA gold IS 'older'",
            "DELETE FROM ops.alembic_version; COMMENT ON SCHEMA gold IS 'oldest'",
        ):
            statement(owner, before)
            with pytest.raises(ServiceError, match=r"the database is not up to date, .*: run `twilytics migrate` as the owner$"):
                publication.publish(of(roles.PUBLISHER, owner), version(1), 1)
            migrating.upgrade(owner, PASSWORDS)


def test_the_reader_of_a_publisher_has_the_password_that_home_keeps(owner: str, publisher: str, tmp_path: Path):
    with pytest.raises(ServiceError, match=r"or keep the role's password in .*postgres-reader"):
        postgres.reader_dsn(publisher, tmp_path)
    postgres.keep_reader_password(tmp_path, PASSWORDS[roles.READER])
    assert postgres.query(postgres.reader_dsn(publisher, tmp_path), "SELECT count(*) FROM trends")[1] == [(1000,)]


def test_an_owner_who_may_make_no_roles_migrates_and_publishes_and_is_told_what_is_left(owner: str, postgres_server: str):
    with closing(psycopg2.connect(postgres_server)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        with database(postgres_server) as dsn:
            name = parse_dsn(dsn)["dbname"]
            cursor.execute(f"CREATE ROLE modest LOGIN PASSWORD 'modest'; ALTER DATABASE {name} OWNER TO modest")
            cursor.execute(f"ALTER ROLE {roles.READER} RENAME TO another_reader; ALTER ROLE {roles.PUBLISHER} RENAME TO another_publisher")
            try:
                modest = make_dsn(**{**parse_dsn(dsn), "user": "modest", "password": "modest"})
                done = migrating.upgrade(modest)
                assert done.left == ("make the role twilytics_reader", "make the role twilytics_publisher")
                assert publication.publish(modest, version(1), 1).n_written["gold.trends"] == 1000
            finally:
                cursor.execute(
                    f"ALTER ROLE another_reader RENAME TO {roles.READER}; ALTER ROLE another_publisher RENAME TO {roles.PUBLISHER}"
                )
                statement(dsn, "REASSIGN OWNED BY modest TO twilytics; DROP OWNED BY modest")
                cursor.execute(f"ALTER DATABASE {name} OWNER TO twilytics; DROP ROLE modest")
