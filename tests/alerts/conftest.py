"""A published database whose rows a test writes itself, at times counted back from now, and the alerts asked as the reader."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql

from tests import valid
from twilytics import migrating, postgres
from twilytics.alerts import BY_KEY
from twilytics.tables import named

#: When the test began that asks: one instant within a test, and not that of a suite that began long before.
_begun = [datetime.now(UTC)]


def ago(hours: float) -> datetime:
    return _begun[0] - timedelta(hours=hours)


@dataclass(frozen=True)
class Gold:
    dsn: str
    reader: str
    connection: Any

    def put(self, table: str, *rows: dict[str, Any]) -> None:
        """Rows of the table, by the columns that matter."""
        with self.connection.cursor() as cursor:
            for row in ({**valid.row(named(table)), **given} for given in rows):
                names = sql.SQL(", ").join(map(sql.Identifier, row))
                places = sql.SQL(", ").join([sql.Placeholder()] * len(row))
                cursor.execute(
                    sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(*table.split(".")), names, places), [*row.values()]
                )

    def do(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def found(self, alert: str) -> dict[str, tuple[float, str]]:
        """What the alert tells now: by subject its value and words."""
        names, rows = postgres.query(self.reader, BY_KEY[alert].query)
        assert names == ("subject", "value", "says")
        assert all((type(subject), type(value), type(says)) == (str, float, str) and value >= 0 for subject, value, says in rows)
        assert len({subject for subject, _, _ in rows}) == len(rows)
        return {subject: (value, says) for subject, value, says in rows}


@pytest.fixture
def gold(postgres_dsn: str, home: Path) -> Iterator[Gold]:
    _begun[0] = datetime.now(UTC)
    migrating.upgrade(postgres_dsn)
    with closing(psycopg2.connect(postgres_dsn)) as connection:
        connection.autocommit = True
        yield Gold(postgres_dsn, postgres.reader_dsn(postgres_dsn, home), connection)
