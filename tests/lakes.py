"""Lakes for tests of what is published: in memory, with two tables that tell their version, or stuck halfway."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pytest

from tests import valid
from tests.drawn import rows
from twilytics.gold import change_rate, trends
from twilytics.lake import Lake
from twilytics.render import arrow
from twilytics.schema import Table
from twilytics.slots import Slots

HOUR = timedelta(hours=1)
NOON = datetime(2020, 7, 18, 12, tzinfo=UTC)
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def ask(postgres_dsn: str) -> Iterator[Ask]:
    """Ask PostgreSQL as a reader who keeps a connection open would."""
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True

        def answer(question: str) -> list[tuple[Any, ...]]:
            cursor.execute(question)
            return cursor.fetchall()

        yield answer


def run(since: datetime = NOON, hours: int = 1) -> Slots:
    return Slots(since, since + hours * HOUR)


def put(lake: Lake, table: Table, drawing: str, slots: Slots | None = None) -> None:
    lake.replace(table, rows(table, drawing), None if slots is None else (slots,))


class InMemory:
    """A lake that has one table, or several."""

    def __init__(self, table: Table, given: Sequence[valid.Row] | pa.Table, *more: "InMemory") -> None:
        self.tables = {table.name: given if isinstance(given, pa.Table) else valid.rows(table, *given)}
        for other in more:
            self.tables |= other.tables

    def batches(self, table: Table, runs: Sequence[Slots] | None = None) -> Iterator[pa.RecordBatch]:  # noqa: ARG002
        if table.name in self.tables:
            yield from self.tables[table.name].to_batches(max_chunksize=100)

    def read(self, table: Table, runs: Sequence[Slots] | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        found = pa.Table.from_batches(InMemory.batches(self, table, runs), schema=arrow.schema(table))
        if runs is not None and table.time is not None:
            times = found[table.time].to_pylist()
            found = found.filter(pa.array([any(run.since <= time < run.until for run in runs) for time in times], pa.bool_()))
        return found.select(list(columns)) if columns else found

    def version(self, table: Table) -> int | None:
        return 0 if table.name in self.tables else None

    def identity(self) -> str:
        return "in memory"


def version(number: int) -> InMemory:
    """Two tables that tell in each row which version they are of."""
    hours = [NOON + hour * HOUR for hour in range(50)]
    listed = [
        valid.row(trends.TABLE) | {"slot": slot, "rank": rank, "topic": f"t{rank}", "volume": number}
        for slot in hours
        for rank in range(20)
    ]
    changed = [valid.row(change_rate.TABLE) | {"slot": slot, "n_topics": number} for slot in hours]
    return InMemory(trends.TABLE, listed, InMemory(change_rate.TABLE, changed))


class Stuck(InMemory):
    """Version 2, which never gets further than to one moment."""

    def __init__(self, moment: str, reached: str) -> None:
        self.tables, self.moment, self.reached = version(2).tables, moment, Path(reached)

    def batches(self, table: Table, runs: Sequence[Slots] | None = None) -> Iterator[pa.RecordBatch]:
        for number, batch in enumerate(super().batches(table, runs)):
            yield batch
            stuck_in = {"in the first table": (trends.TABLE.name, 5), "in a later table": (change_rate.TABLE.name, 0)}.get(self.moment)
            if (table.name, number) == stuck_in:
                self._stay()

    def version(self, table: Table) -> int | None:  # noqa: ARG002
        self._stay()
        return 0

    def _stay(self) -> None:
        self.reached.touch()
        time.sleep(60)
