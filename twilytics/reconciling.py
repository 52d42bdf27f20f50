"""Whether PostgreSQL holds what the lake holds: rows counted and summed up day by day, in the database and here alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from twilytics.counting import database
from twilytics.render import postgres as render
from twilytics.render.expectations import quoted
from twilytics.replacing import REPLACEMENT, condition
from twilytics.schema import Column, Table, Type
from twilytics.slots import DAY, Slots

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

#: In place of NULL: no value reads so.
NOTHING = "\x01"
#: Doubles are compared to nine digits behind the point, as engines agree on them.
SCALE = "1e9"


class Rows(Protocol):
    """What is asked of the lake."""

    def read(self, table: Table, runs: Sequence[Slots] | None = None, columns: Sequence[str] | None = None) -> pa.Table: ...


@dataclass(frozen=True)
class Difference:
    """A day (all rows, where None) on which the two do not hold the same: another number of rows, or as many of other values."""

    table: str
    day: datetime | None
    n_lake: int
    n_postgres: int

    def __str__(self) -> str:
        when = f" of {self.day:%Y-%m-%d}" if self.day else ""
        if self.n_lake == self.n_postgres:
            return f"{self.table}{when}: {self.n_lake:,} rows in both, of other values"
        return f"{self.table}{when}: {self.n_lake:,} rows in the lake, {self.n_postgres:,} in PostgreSQL"

    @property
    def slots(self) -> Slots | None:
        return None if self.day is None else Slots(self.day, self.day + DAY)


def differences(cursor: "Cursor", table: Table, lake: Rows, days: Sequence[Slots] | None, *, is_summed: bool = True) -> list[Difference]:
    """On which of the whole ``days`` (all, where None) PostgreSQL's rows of a table are not the lake's.

    Without ``is_summed`` only their number is compared.
    """
    rows = lake.read(table, days, None if is_summed or table.time is None else [table.time])
    with database().cursor() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.register("rows", rows)
        here = _by_day(engine.execute(_query(table, "rows", is_summed, DUCKDB)).fetchall())
    where, bounds = condition(table, days)
    cursor.execute(_query(table, f"{render.name(table)} AS old", is_summed, POSTGRES, where), bounds)
    there = _by_day(cursor.fetchall())
    differing = [day for day in {**here, **there} if here.get(day) != there.get(day)]
    nothing = (0, 0)
    return [
        Difference(table.name, day, here.get(day, nothing)[0], there.get(day, nothing)[0])
        for day in sorted(differing, key=lambda day: day or datetime.min.replace(tzinfo=UTC))
    ]


def _by_day(found: Sequence[tuple[Any, ...]]) -> dict[datetime | None, tuple[int, int]]:
    return {day and day.astimezone(UTC): (n, int(total or 0)) for day, n, total in found if n}


@dataclass(frozen=True)
class Dialect:
    """How a column becomes the same text in both, by type where it is not itself, and how a row's text becomes a number."""

    texts: Mapping[Type, str]
    number: str

    def text(self, column: Column) -> str:
        return f"CAST({self.texts.get(column.type, '{}').format(quoted(column.name))} AS VARCHAR)"


def _query(table: Table, source: str, is_summed: bool, dialect: Dialect, where: str = "true") -> str:
    day = f"date_trunc('day', {quoted(table.time)})" if table.time else "NULL::timestamptz"
    row = " || ".join(f"coalesce({dialect.text(column)}, '{NOTHING}') || '{NOTHING}'" for column in table.columns)
    total = f"sum({dialect.number.format(row)})" if is_summed else "0"
    return f"SELECT {day} AS day, count(*), {total} FROM {source} WHERE {where} GROUP BY 1"  # noqa: S608  (of declarations)


#: Eight digits of a row's MD5 as a number, whose sums are exact in both.
DUCKDB = Dialect(
    {
        "timestamp": "epoch_us({})",
        "double": f"floor({{}} * {SCALE}::DOUBLE + 0.5)::BIGINT",
        "boolean": "{}::INTEGER",
        "string": f"replace({{}}, chr(0), '{REPLACEMENT}')",
    },
    "('0x' || left(md5({}), 8))::BIGINT",
)
POSTGRES = Dialect(
    {
        "timestamp": "(extract(epoch FROM {}) * 1000000)::bigint",
        "double": f"floor({{}} * {SCALE}::float8 + 0.5)::bigint",
        "boolean": "{}::int",
    },
    "('x' || left(md5({}), 8))::bit(32)::bigint",
)
