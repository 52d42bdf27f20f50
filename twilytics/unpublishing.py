"""What was erased, taken out of PostgreSQL whatever the checks say of the rest: rows that name it, what is watched, what was told."""

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2

from twilytics import database_upkeep, migrating, postgres, publication, watching
from twilytics.changing import LOCK
from twilytics.cycle import Progress, no_progress
from twilytics.errors import ServiceError
from twilytics.gold import quality
from twilytics.lake import Lake
from twilytics.published import schema
from twilytics.render import postgres as render
from twilytics.render.expectations import quoted
from twilytics.schema import Table
from twilytics.topics import topic_key

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

PATIENCE = "5min"


def unpublish(dsn: str, lake: Lake, is_erased: Callable[[str], bool], *, progress: Progress = no_progress) -> None:
    """Leave no byte in PostgreSQL's tables that tells of erased topics: ``is_erased`` is asked for a topic's key.

    Of the lake the results of the checks are published anew: they were blanked there. What follows from the rows that are gone is
    left to the next publication. Again is harmless. Raise :class:`ServiceError` where PostgreSQL does not do it.
    """
    migrating.ensure(dsn)
    named_in = [table for table in schema() if table.identifying("topic")]
    try:
        with closing(postgres.connect(dsn)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'; SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            for done, table in enumerate(named_in):
                progress(f"postgresql: {table.name}", done, len(named_in))
                for column in table.identifying("topic"):
                    _take_out(cursor, table, column, is_erased)
    except psycopg2.Error as error:
        raise ServiceError(
            f"PostgreSQL did not let go of what was erased ({postgres.first_line(error)}): give the same command again"
        ) from None
    publication.publish_log(dsn, lake, quality.TABLE, anew=True)
    watching.forget(dsn, is_erased)
    rewritten = {table.name for table in schema() if table.identifying("topic", "anything")}
    database_upkeep.vacuum(dsn, rewritten=rewritten, progress=progress)
    database_upkeep.forget_statistics(dsn)


def _take_out(cursor: "Cursor", table: Table, column: str, is_erased: Callable[[str], bool]) -> None:
    """Delete the rows whose ``column`` names an erased topic."""
    name, of_column = render.name(table), quoted(column)
    cursor.execute(f"SELECT DISTINCT {of_column} FROM {name} WHERE {of_column} IS NOT NULL")  # noqa: S608  (declared)
    erased = [value for (value,) in cursor if is_erased(topic_key(value))]
    if erased:
        cursor.execute(f"DELETE FROM {name} WHERE {of_column} = ANY(%s)", (erased,))  # noqa: S608  (declared)
