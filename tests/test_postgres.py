from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from tests.services import database, open_home
from twilytics import postgres
from twilytics.embedded import postgres as embedded
from twilytics.errors import ServiceError
from twilytics.postgres import QueryError


def owner(dsn: str, statement: str) -> None:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture(scope="module")
def published(postgres_server: str) -> Iterator[str]:
    """A database, as its owner, with one table that is published and two that are not."""
    with database(postgres_server) as dsn:
        owner(
            dsn,
            """
            CREATE SCHEMA gold; CREATE TABLE gold.trends AS SELECT 'hsv' AS topic, 1 AS rank;
            CREATE SCHEMA hidden; CREATE TABLE hidden.accounts AS SELECT 1 AS a; CREATE TABLE public.notes AS SELECT 1 AS a
            """,
        )
        yield dsn


@pytest.fixture
def reader(published: str, tmp_path: Path) -> str:
    return postgres.reader_dsn(published, tmp_path)


def test_the_reader_sees_names_and_rows(reader: str) -> None:
    assert postgres.query(reader, "SELECT topic, rank FROM trends") == (("topic", "rank"), [("hsv", 1)])
    assert postgres.query(reader, "SELECT '50 %s' AS a WHERE false") == (("a",), [])


def test_a_table_that_is_published_later_can_be_read_too(reader: str, published: str) -> None:
    owner(published, "CREATE TABLE gold.later AS SELECT 2 AS a")
    assert postgres.query(reader, "SELECT a FROM gold.later")[1] == [(2,)]


def test_the_reader_can_be_made_before_anything_is_published(postgres_dsn: str, tmp_path: Path) -> None:
    dsn = postgres.reader_dsn(postgres_dsn, tmp_path)
    owner(postgres_dsn, "CREATE TABLE gold.first AS SELECT 1 AS a")
    assert postgres.query(dsn, "SELECT a FROM first")[1] == [(1,)]


ESCAPE = "COMMIT; BEGIN READ WRITE; "


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM gold.trends",
        "UPDATE gold.trends SET rank = 2",
        "INSERT INTO gold.trends VALUES ('x', 1)",
        "TRUNCATE gold.trends",
        "DROP TABLE gold.trends",
        "DROP SCHEMA gold CASCADE",
        "CREATE TABLE mine (a int)",
        "CREATE TABLE gold.mine (a int)",
        "CREATE ROLE friend SUPERUSER",
        "ALTER ROLE twilytics_reader SUPERUSER",
        "GRANT twilytics TO twilytics_reader",
        "COPY gold.trends FROM PROGRAM 'echo x'",
        "CREATE EXTENSION dblink",
        "WITH gone AS (DELETE FROM gold.trends RETURNING *) SELECT * FROM gone",
        "SELECT 1; DELETE FROM gold.trends",
        "RESET ROLE; DELETE FROM gold.trends",
        "SET default_transaction_read_only = off; DELETE FROM gold.trends",
        "ALTER TABLE gold.trends DISABLE TRIGGER ALL",
        "LOCK TABLE gold.trends IN ACCESS EXCLUSIVE MODE",
    ],
)
@pytest.mark.parametrize("before", ["", ESCAPE], ids=["plain", "escaped"])
def test_the_role_itself_refuses_to_write(before: str, statement: str, reader: str, published: str) -> None:
    """Also where the statement has left the transaction that only reads: then there is nothing but the role."""
    with pytest.raises(QueryError):
        postgres.query(reader, before + statement)
    with closing(psycopg2.connect(published)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT topic, rank FROM gold.trends")
        assert cursor.fetchall() == [("hsv", 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE twilytics",
        "SET SESSION AUTHORIZATION twilytics",
        "RESET SESSION AUTHORIZATION; SELECT * FROM hidden.accounts",
        "SELECT * FROM hidden.accounts",
        "SELECT * FROM public.notes",
        "SELECT * FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_ls_dir('.')",
        "COPY (SELECT 1) TO '/tmp/out'",
    ],
)
def test_the_reader_gets_at_nothing_but_the_published_tables(statement: str, reader: str) -> None:
    with pytest.raises(QueryError, match=r"permission denied|must be|only roles|may read the tables of schema gold"):
        postgres.query(reader, statement)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "DELETE FROM trends",
            "cannot execute DELETE in a read-only transaction: queries may read the tables of schema gold, nothing else",
        ),
        ("SELECT * FROM hidden.accounts", "permission denied for schema hidden: queries may read the tables of schema gold, nothing else"),
        ("SELEC 1", 'the database refused the query: syntax error at or near "SELEC"'),
        (
            "SELECT * FROM nothing",
            'relation "nothing" does not exist; `twilytics status` lists the tables, expectations/README.md their columns',
        ),
        ("SELECT '\ud800'", "the query holds a character that no query can hold, such as NUL"),
        ("", "the database refused the query: can't execute an empty query"),
    ],
)
def test_what_the_database_refuses_is_told_in_one_line(statement: str, told: str, reader: str) -> None:
    with pytest.raises(QueryError) as refused:
        postgres.query(reader, statement)
    assert str(refused.value) == told


def test_a_query_that_takes_too_long_is_ended(reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert postgres.query(reader, "SHOW statement_timeout")[1] == [("1min",)]
    with pytest.raises(QueryError, match="the query took longer than 60s"):
        postgres.query(reader, "SET statement_timeout = 20; SELECT pg_sleep(10)")


def test_the_password_is_kept_for_the_owner_of_home_only(reader: str, published: str, tmp_path: Path) -> None:
    secret = tmp_path / "secrets/postgres-reader"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert parse_dsn(reader)["password"] == secret.read_text()
    assert postgres.reader_dsn(published, tmp_path) == reader


def test_a_reader_that_changed_itself_is_made_right_again(reader: str, published: str, tmp_path: Path) -> None:
    postgres.query(reader, ESCAPE + "ALTER ROLE twilytics_reader PASSWORD 'mine'; COMMIT")
    with pytest.raises(ServiceError, match="password authentication failed"):
        postgres.query(reader, "SELECT 1")
    assert postgres.query(postgres.reader_dsn(published, tmp_path), "SELECT 1")[1] == [(1,)]


def test_a_role_of_that_name_with_more_rights_is_not_taken_for_a_reader(reader: str, published: str, tmp_path: Path) -> None:
    owner(published, "ALTER ROLE twilytics_reader CREATEDB")
    try:
        with pytest.raises(ServiceError, match="twilytics_reader has more rights than a reader's"):
            postgres.reader_dsn(published, tmp_path)
    finally:
        owner(published, "ALTER ROLE twilytics_reader NOCREATEDB")


@pytest.fixture
def fresh_dsn() -> Iterator[str]:
    """A server on which nobody has made a role yet: roles are the server's, and other tests' databases go on needing theirs."""
    with open_home() as folder, embedded.running(folder) as dsn:
        yield dsn


@pytest.fixture
def modest_dsn(fresh_dsn: str) -> str:
    """A user who owns the database, as at a provider's, but is no superuser."""
    name = parse_dsn(fresh_dsn)["dbname"]
    owner(fresh_dsn, f"CREATE ROLE modest LOGIN PASSWORD 'modest'; ALTER DATABASE {name} OWNER TO modest")
    return fresh_dsn.replace(parse_dsn(fresh_dsn)["password"], "modest").replace("twilytics:", "modest:")


def test_an_owner_who_may_not_make_roles_is_told_what_to_ask_for(modest_dsn: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"may not make the role twilytics_reader .* let an administrator give it CREATEROLE"):
        postgres.reader_dsn(modest_dsn, tmp_path)


def test_an_owner_who_may_make_roles_needs_to_be_no_superuser(modest_dsn: str, fresh_dsn: str, tmp_path: Path) -> None:
    owner(fresh_dsn, "ALTER ROLE modest CREATEROLE")
    dsn = postgres.reader_dsn(modest_dsn, tmp_path)
    assert postgres.reader_dsn(modest_dsn, tmp_path) == dsn
    owner(modest_dsn, "CREATE TABLE gold.trends AS SELECT 1 AS a")
    assert postgres.query(dsn, "SELECT a FROM trends")[1] == [(1,)]
    with pytest.raises(QueryError):
        postgres.query(dsn, ESCAPE + "DELETE FROM trends")


@pytest.mark.parametrize("dsn", ["postgresql://me:geheim@127.0.0.1:9/x", "host=127.0.0.1 port=9 user=me password=geheim dbname=x"])
def test_a_server_that_does_not_answer_is_told_in_one_line_without_the_password(dsn: str) -> None:
    with pytest.raises(ServiceError, match=r"^PostgreSQL does not let us in .*Connection refused.*TWILYTICS_POSTGRES_DSN") as told:
        postgres.connect(dsn)
    assert "geheim" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "dsn",
    [
        "geheim",
        "postgresql://me:geheim@host:x:y/z",
        "password='geheim",
        "postgresql://me:geheim/x",
        "postgresql://me:a@geheim@host/x",
        "postgresql://me:a%geheim@host/x",
    ],
)
def test_a_dsn_that_cannot_be_used_is_told_without_showing_it(dsn: str) -> None:
    with pytest.raises(ServiceError, match=r"TWILYTICS_POSTGRES_DSN can't be used") as told:
        postgres.connect(dsn)
    assert "geheim" not in str(told.value)
    assert told.value.__context__ is None
