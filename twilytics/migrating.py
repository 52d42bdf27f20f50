"""The published database, brought up to date: by the versions in `deployments/postgres/`, then by what is said again each time.

A version changes tables, forward only, each in a transaction. What follows from the code as it is, such as comments and
roles, is put right after them. The comment of the schema `gold` then says which definitions it is of.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from twilytics import postgres, roles
from twilytics.changing import changing, patiently
from twilytics.errors import ServiceError
from twilytics.ops import watch
from twilytics.published import all_tables, schema
from twilytics.render import postgres as render
from twilytics.replacing import value

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

#: Beside the package, in a checkout as well as where it is installed.
FOLDER = Path(__file__).parent.parent / "deployments" / "postgres"


@dataclass(frozen=True)
class Upgraded:
    """The version that the database was of (None: of none) and is of; ``left``: what its user may not do, in words."""

    before: str | None
    after: str
    left: tuple[str, ...] = ()


@cache
def newest() -> str:
    """The newest version's number."""
    return max(path.name for path in (FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


def is_current(cursor: "Cursor") -> bool:
    """Whether the database is as this program has it: one question, for which nothing is loaded."""
    cursor.execute("SELECT obj_description(to_regnamespace('gold'), 'pg_namespace')")
    return bool(value(cursor) == _mark())


@cache
def _mark() -> str:
    return render.schema_comment(all_tables(), newest(), roles.definition())


def ensure(dsn: str) -> None:
    """:func:`upgrade`, where the database is not up to date."""
    with closing(postgres.connect(dsn)) as connection, connection.cursor() as cursor:
        if is_current(cursor):
            return
    upgrade(dsn)


def upgrade(dsn: str, passwords: Mapping[str, str] | None = None) -> Upgraded:
    """Bring the database up to date, from nothing or from any version. Again is harmless.

    ``passwords`` holds by name of a role the one that it is to log in with. Raise :class:`ServiceError` where PostgreSQL
    does not do it: of each version either everything is done, or nothing.
    """
    with changing(dsn) as connection:
        before = patiently(connection, lambda: _version(connection))
        if before is not None and before > newest():
            raise ServiceError(f"the database is of version {before}, this program knows none after {newest()}: install a newer Twilytics")
        if before is not None:
            patiently(connection, lambda: _have_gold(connection))
        run_versions(connection)
        left = patiently(connection, lambda: _say_again(connection, passwords or {}))
    return Upgraded(before, newest(), left)


def run_versions(connection: "Connection") -> None:
    """Run those that the database is still without."""
    patiently(connection, lambda: _have_schema(connection))
    patiently(connection, lambda: _run(connection))


def _version(connection: "Connection") -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('ops.alembic_version') IS NOT NULL")
        if not value(cursor):
            return None
        cursor.execute("SELECT version_num FROM ops.alembic_version")
        version: str | None = value(cursor)
        return version


def _have_schema(connection: "Connection") -> None:
    """The one in which the version is noted."""
    with connection.cursor() as cursor:
        # Asked for before, since "IF NOT EXISTS" demands the right to make one all the same.
        cursor.execute("SELECT to_regnamespace('ops') IS NULL")
        if value(cursor):
            cursor.execute("CREATE SCHEMA ops")


def _have_gold(connection: "Connection") -> None:
    """Where somebody dropped the schema, as messages may advise, no version comes that makes its tables: they are made as declared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace('gold') IS NULL")
        if value(cursor):
            cursor.execute(render.schema(schema()))


def _run(connection: "Connection") -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import StaticPool

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    engine = create_engine("postgresql+psycopg2://", creator=lambda: connection, poolclass=StaticPool)
    try:
        with engine.connect() as opened:
            config.attributes["connection"] = opened
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise error.orig or error from error


def _say_again(connection: "Connection", passwords: Mapping[str, str]) -> tuple[str, ...]:
    """What follows from the code as it is. Return what the user may not do, in words."""
    with connection.cursor() as cursor:
        cursor.execute("".join(render.comments(table) for table in all_tables()))
        cursor.execute("SELECT to_regclass('gold.watched') IS NULL")
        if value(cursor):
            cursor.execute(watch.VIEW)
        left = roles.make(cursor)
        for role, password in passwords.items():
            roles.let_in(cursor, role, password)
        cursor.execute("COMMENT ON SCHEMA gold IS %s", (_mark(),))
        return left
