"""What `twilytics doctor --cloud` says of PostgreSQL's and MongoDB's roles."""

from contextlib import closing

import psycopg2
import pytest
from pydantic import SecretStr

from twilytics import migrating, permissions, roles
from twilytics.observatory import Observatory
from twilytics.permissions import stores
from twilytics.settings import Settings


@pytest.fixture
def publisher_dsn(postgres_dsn: str) -> str:
    """A migrated database, as its publisher."""
    migrating.upgrade(postgres_dsn, {roles.PUBLISHER: "publishes"})
    host = postgres_dsn.rpartition("@")[2]
    return f"postgresql://{roles.PUBLISHER}:publishes@{host}"


def of_database(dsn: str, tmp_path) -> permissions.Granted:
    with Observatory(Settings(home=tmp_path, postgres_dsn=SecretStr(dsn), _env_file=None)) as observatory:
        return stores.database(observatory)


def test_a_publisher_may_publish_and_no_more(publisher_dsn: str, tmp_path):
    assert str(of_database(publisher_dsn, tmp_path)) == "may publish"


def test_a_publisher_that_lost_a_right_is_told(publisher_dsn: str, postgres_dsn: str, tmp_path):
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(f"REVOKE DELETE ON gold.trends FROM {roles.PUBLISHER}")
    assert str(of_database(publisher_dsn, tmp_path)).startswith("may not publish: run `twilytics migrate` as the owner")


def test_of_an_owner_it_is_told_what_publishing_does_not_need(publisher_dsn: str, postgres_dsn: str, tmp_path):
    assert "may also " in str(of_database(postgres_dsn, tmp_path))


def test_a_database_without_tables_is_told(postgres_dsn: str, tmp_path):
    assert str(of_database(postgres_dsn, tmp_path)) == "may not publish: run `twilytics migrate` as the owner, there is no table yet"


@pytest.mark.parametrize(
    ("has", "told"),
    [
        (("readWrite",), "may read and write"),
        (("read",), "may not write: give it the role readWrite on its database"),
        (("root",), "may read and write; may also do what the role root lets it, which is not needed: take it away"),
    ],
)
def test_of_a_user_of_mongodb_its_roles_are_told(tmp_path, monkeypatch, has: tuple[str, ...], told: str):
    from twilytics.mongo import AnswerStore

    monkeypatch.setattr(AnswerStore, "roles", lambda _: has)
    with Observatory(Settings(home=tmp_path, mongodb_uri=SecretStr("mongodb://127.0.0.1:9/x"), _env_file=None)) as observatory:
        assert str(stores.answers(observatory)) == told
