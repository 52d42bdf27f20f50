"""The published database, embedded or any PostgreSQL from 13 on: connections, and a role that can only read."""

from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever its name
from psycopg2.extensions import make_dsn, parse_dsn

from twilytics import roles
from twilytics.embedded import passwords
from twilytics.errors import ServiceError, TwilyticsError
from twilytics.roles import READER, READER_SETTINGS

SCHEMA = "gold"
OLDEST_VERSION = 130000
CONNECT_SECONDS = 10
#: The name of the reader's password in HOME/secrets.
READER_SECRET = "postgres-reader"  # noqa: S105


class QueryError(TwilyticsError):
    """The database refused a query."""


def connect(dsn: str) -> Connection:
    """A connection. Raise :class:`ServiceError`, never showing a password, when there is none to be had."""
    parsed = _parsed(dsn)
    if parsed is None:
        raise ServiceError("TWILYTICS_POSTGRES_DSN can't be used: it has to read like postgresql://user:password@host:5432/twilytics")
    try:
        connection: Connection = psycopg2.connect(**{"connect_timeout": CONNECT_SECONDS, "application_name": "twilytics", **parsed})
        return connection
    except psycopg2.OperationalError as error:
        raise ServiceError(f"PostgreSQL does not let us in ({first_line(error)}): is it up, and is TWILYTICS_POSTGRES_DSN right?") from None


def _parsed(dsn: str) -> dict[str, Any] | None:
    """None where it cannot be used. What libpq says of that is not kept, not even as the error's context: it repeats the password.

    So does what it says of a host or port that is none, where the password was written as it is, or ``@host`` left out.
    """
    try:
        parsed: dict[str, Any] = parse_dsn(dsn)
    except psycopg2.ProgrammingError:
        return None
    ports = str(parsed.get("port", "")).replace(",", "")
    return parsed if (not ports or ports.isdigit()) and "@" not in parsed.get("host", "")[1:] else None


def reader_dsn(owner_dsn: str, home: Path) -> str:
    """The DSN of the role that may read schema `gold`, and nothing else.

    The role, its rights and its password (kept in HOME/secrets) are made, or made right again, as the owner, each time:
    a role may change its own password and settings. Whoever may not do that uses the password that is kept. Raise
    :class:`ServiceError` where that one does not let the reader in either.
    """
    try:
        with closing(connect(owner_dsn)) as connection, connection, connection.cursor() as cursor:
            if connection.server_version < OLDEST_VERSION:
                raise ServiceError(
                    f"PostgreSQL is of version {connection.server_version // 10000}: TWILYTICS_POSTGRES_DSN needs 13 or later"
                )
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (roles.LOCK,))
            password = passwords.kept(home, READER_SECRET)
            reader = str(make_dsn(**{**parse_dsn(owner_dsn), "user": READER, "password": password}))
            roles.check_harmless(cursor, READER)
            # Asked for before, since "IF NOT EXISTS" demands the right to make one all the same.
            cursor.execute("SELECT to_regnamespace(%s) IS NULL", (SCHEMA,))
            if cursor.fetchone() == (True,):
                cursor.execute(f"CREATE SCHEMA {SCHEMA}")
            roles.let_in(cursor, READER, password)
            for statement in roles.reader_rights():
                cursor.execute(statement)
    except errors.InsufficientPrivilege as error:
        if not _is_let_in(reader):
            raise ServiceError(
                f"the user of TWILYTICS_POSTGRES_DSN may not make the role {READER} or its rights ({first_line(error)}): "
                "let an administrator give it CREATEROLE, and CREATE on the database, "
                f"or keep the role's password in {passwords.path(home, READER_SECRET)}"
            ) from None
    except psycopg2.Error as error:
        raise ServiceError(f"PostgreSQL did not make the role {READER}: {first_line(error)}") from None
    return reader


def keep_reader_password(home: Path, password: str) -> None:
    """Have :func:`reader_dsn` use this one."""
    passwords.keep(home, READER_SECRET, password)


def _is_let_in(dsn: str) -> bool:
    try:
        connect(dsn).close()
    except ServiceError:
        return False
    return True


def query(dsn: str, statement: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Run a statement as the DSN's role, in a transaction that only reads; return the columns' names and the rows.

    What the role may not do, the database refuses: nothing here looks at the text. Raise :class:`QueryError`.
    """
    with closing(connect(dsn)) as connection:
        connection.set_session(readonly=True)
        try:
            with connection.cursor() as cursor:
                # After its first query a transaction can no longer be turned into one that writes.
                cursor.execute("SELECT 1")
                cursor.execute(statement)
                if cursor.description is None:
                    return (), []
                return tuple(column.name for column in cursor.description), cursor.fetchall()
        except errors.QueryCanceled:
            raise QueryError(f"the query took longer than {READER_SETTINGS['statement_timeout']}: ask for fewer slots or places") from None
        except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction) as error:
            raise QueryError(f"{first_line(error)}: queries may read the tables of schema {SCHEMA}, nothing else") from None
        except (errors.UndefinedTable, errors.UndefinedColumn) as error:
            raise QueryError(f"{first_line(error)}; `twilytics status` lists the tables, expectations/README.md their columns") from None
        except psycopg2.Error as error:
            raise QueryError(f"the database refused the query: {first_line(error)}") from None
        except (ValueError, UnicodeEncodeError):
            raise QueryError("the query holds a character that no query can hold, such as NUL") from None


def first_line(error: psycopg2.Error) -> str:
    """What the server said, in one line, without the statement that it repeats below."""
    message = error.diag.message_primary or str(error).strip()
    return message.splitlines()[0].removeprefix("ERROR:").strip() if message else type(error).__name__
