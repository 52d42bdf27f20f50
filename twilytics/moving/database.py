"""The published database, table by table as it is: what was published, the batches that it came in, and what only it has.

The gold tables could be published anew from the lake. They are copied, because a publication would also show what
the lake has and the checks have not let through; so the target tells what the source told. `gold.batches` comes last: until it
is there, the next cycle takes the target for one that nothing was published to. Each table comes in a transaction of its own,
with which an interrupted move goes on. The note of the move is the comment of the schema `ops`. Both sides have to be of this
program's version: the source, too, is brought up to date first, as any cycle would.
"""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extensions import parse_dsn

from twilytics import migrating, postgres
from twilytics.changing import LOCK
from twilytics.errors import ServiceError
from twilytics.gold import batches
from twilytics.moving.part import Held, Note, Progress, Sum, as_option, heed, note_of, option, same
from twilytics.moving.piping import pipe
from twilytics.observatory import Observatory
from twilytics.published import all_tables
from twilytics.render import postgres as render
from twilytics.replacing import value
from twilytics.schema import Table

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

#: So that both servers write a value as the same text.
SESSION = "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1; SET bytea_output = 'hex'; SET statement_timeout = 0"
PATIENCE = "5min"


class Database:
    """See :class:`twilytics.moving.part.Part`."""

    setting = "postgres_dsn"

    def __init__(self, source: Observatory, target: Observatory) -> None:
        self._observatory, self._moved = source, target
        told = source.settings.postgres_dsn
        self.source = _plain(told.get_secret_value()) if told else f"the embedded database of {source.settings.home}"
        self.target = _plain(target.dsn)

    @contextmanager
    def opened(self) -> Iterator[None]:
        with as_option(self.setting), _told():
            self._there: Connection = _connected(self._moved.dsn)
        with closing(self._there):
            if self._there.server_version < postgres.OLDEST_VERSION:
                number = self._there.server_version // 10000
                raise ServiceError(f"{option(self.setting)}: PostgreSQL is of version {number}, and has to be of 13 or later")
            migrating.ensure(self._observatory.dsn)
            self._here: Connection = _connected(self._observatory.dsn)
            with closing(self._here):
                self._here.set_session(isolation_level="REPEATABLE READ", readonly=True)
                if self._is_same():
                    raise same(self.setting, self.target)
                yield

    def is_empty(self) -> bool:
        with self._to() as cursor:
            return not any(_is_there(cursor, table) and not _is_empty(cursor, table) for table in all_tables())

    def note(self) -> Note | None:
        with self._to() as cursor:
            cursor.execute("SELECT obj_description(to_regnamespace('ops'), 'pg_namespace')")
            return note_of(value(cursor))

    def save(self, note: Note) -> None:
        with as_option(self.setting):
            migrating.ensure(self._moved.dsn)
        with self._to() as cursor:
            cursor.execute("COMMENT ON SCHEMA ops IS %s", (note.text(),))

    def copy(self, progress: Progress) -> None:
        tables = sorted(all_tables(), key=lambda table: table is batches.TABLE)
        with self._of() as source:
            for done, table in enumerate(tables):
                heed()
                progress("tables of PostgreSQL", done, len(tables))
                with self._to() as target:
                    if _sum(source, table) != _sum(target, table):
                        _carry(source, target, table)
        progress("tables of PostgreSQL", len(tables), len(tables))

    def here(self) -> Held:
        with self._of() as cursor:
            return {table.name: _sum(cursor, table) for table in all_tables()}

    def there(self) -> Held:
        with self._to() as cursor:
            return {table.name: _sum(cursor, table) if _is_there(cursor, table) else Sum(0, "") for table in all_tables()}

    def _is_same(self) -> bool:
        """Whether a lock that is taken in the one is seen in the other."""
        key = secrets.randbits(62)
        with self._to() as there, self._of() as here:
            there.execute("SELECT pg_advisory_xact_lock(%s)", (key,))
            here.execute("SELECT pg_try_advisory_xact_lock(%s)", (key,))
            return not value(here)

    @contextmanager
    def _of(self) -> Iterator["Cursor"]:
        """The source as it is now, and the same until the end."""
        with _told(), self._here, self._here.cursor() as cursor:
            yield cursor

    @contextmanager
    def _to(self) -> Iterator["Cursor"]:
        """A transaction in the target."""
        with as_option(self.setting), _told(), self._there, self._there.cursor() as cursor:
            yield cursor


def _connected(dsn: str) -> "Connection":
    connection = postgres.connect(dsn)
    connection.set_client_encoding("UTF8")
    with connection, connection.cursor() as cursor:
        cursor.execute(SESSION)
    return connection


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        raise ServiceError(
            f"PostgreSQL failed ({postgres.first_line(error)}): is it up, and is the user of TWILYTICS_POSTGRES_DSN its owner? "
            "The same `twilytics move` goes on from here"
        ) from error


def _carry(source: "Cursor", target: "Cursor", table: Table) -> None:
    """Put the source's rows in place of all that the target has."""
    target.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
    target.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    target.execute(render.without_keys(table))
    pipe(source, target, table)
    target.execute(render.with_keys(table))
    target.execute(f"ANALYZE {render.name(table)}")


def _sum(cursor: "Cursor", table: Table) -> Sum:
    """Fifteen digits of each row's MD5, added up: in whatever order they come."""
    row = f"('x' || left(md5(ROW({render.columns(table)})::text), 15))::bit(60)::bigint"
    cursor.execute(f"SELECT count(*), coalesce(sum({row}), 0)::text FROM {render.name(table)}")  # noqa: S608  (declared)
    n, total = cursor.fetchone() or (0, "0")
    return Sum(n, total)


def _is_there(cursor: "Cursor", table: Table) -> bool:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (table.name,))
    return bool(value(cursor))


def _is_empty(cursor: "Cursor", table: Table) -> bool:
    cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {render.name(table)})")  # noqa: S608  (declared)
    return bool(value(cursor))


def _plain(dsn: str) -> str:
    """Without user, password and options."""
    try:
        told = parse_dsn(dsn)
    except psycopg2.ProgrammingError:
        return "the database"
    return f"postgresql://{told.get('host', 'localhost')}:{told.get('port', 5432)}/{told.get('dbname', '')}"
