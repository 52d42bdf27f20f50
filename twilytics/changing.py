"""A change of the published database while others read it: one at a time, and for readers no longer than a moment."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar

import psycopg2
from psycopg2 import errors

from twilytics import postgres
from twilytics.errors import ServiceError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

T = TypeVar("T")
#: One publisher or change at a time: the key of PostgreSQL's advisory lock ("gold").
LOCK = 0x676F6C64
PATIENCE_SECONDS = 300
#: Who reads a table queues behind a change that waits for those before: it waits no longer than this, and lets them pass then.
MOMENT = "500ms"
PAUSE_SECONDS = 2.0


@contextmanager
def changing(dsn: str) -> Iterator["Connection"]:
    """A connection for changes, beside which no publication and no other change goes.

    Raise :class:`ServiceError` where one fails, saying why and who can mend it.
    """
    with closing(postgres.connect(dsn)) as connection:
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = 0; SET timezone = 'UTC'; SET lock_timeout = '{PATIENCE_SECONDS}s'")
                cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
                cursor.execute(f"SET lock_timeout = '{MOMENT}'; SET client_min_messages = error")
            connection.autocommit = False
            yield connection
        except errors.LockNotAvailable as error:
            raise ServiceError(
                f"the database was in use for {PATIENCE_SECONDS // 60} minutes, by a publication or a reader's long query: "
                "try again when it is done"
            ) from error
        except errors.InsufficientPrivilege as error:
            raise ServiceError(
                "the database is not up to date, and the user of TWILYTICS_POSTGRES_DSN may not change that "
                f"({postgres.first_line(error)}): run `twilytics migrate` as the owner"
            ) from error
        except (errors.UndefinedColumn, errors.UndefinedTable, errors.WrongObjectType) as error:
            raise foreign(error) from error
        except psycopg2.Error as error:
            raise ServiceError(f"the database was not brought up to date: {postgres.first_line(error)}") from error


def foreign(error: psycopg2.Error) -> ServiceError:
    """What to say where the tables are not those that the versions make."""
    return ServiceError(
        f"PostgreSQL has a schema gold that this version did not make ({postgres.first_line(error)}): "
        "after `DROP SCHEMA gold CASCADE` the next `twilytics run` publishes everything anew"
    )


def patiently(connection: "Connection", work: Callable[[], T]) -> T:
    """Do it in a transaction, and again where somebody who reads is in the way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with connection:
                return work()
        except errors.LockNotAvailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
