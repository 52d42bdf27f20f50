"""Whether PostgreSQL holds what the lake holds: rows counted and summed up day by day, in the database and here alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from twilytics.counting import database
from twilytics.render import postgres as render
from twilytics.render.expectations import quoted
from twilytics.schema import Column, Table
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
    where, bounds = "true", list[datetime]()
    if days is not None and table.time is not None:
        where = " OR ".join([f"({quoted(table.time)} >= %s AND {quoted(table.time)} < %s)"] * len(days)) or "false"
        bounds = [end for run in days for end in (run.since, run.until)]
    cursor.execute(_query(table, render.name(table), is_summed, POSTGRES, where), bounds)
    there = _by_day(cursor.fetchall())
    differing = [day for day in {**here, **there} if here.get(day) != there.get(day)]
    nothing = (0, 0)
    return [
        Difference(table.name, day, here.get(day, nothing)[0], there.get(day, nothing)[0])
        for day in sorted(differing, key=lambda day: day or datetime.min.replace(tzinfo=UTC))
    ]


def _by_day(found: Sequence[tuple[Any, ...]]) -> dict[datetime | None, tuple[int, int]]:
    return {day and day.astimezone(UTC): (n, int(total or 0)) for day, n, total in found if n}


def _query(table: Table, source: str, is_summed: bool, dialect: "Dialect", where: str = "true") -> str:
    day = f"date_trunc('day', {quoted(table.time)})" if table.time else "NULL::timestamptz"
    row = " || ".join(f"coalesce({dialect.text(column)}, '{NOTHING}') || '{NOTHING}'" for column in table.columns)
    total = f"sum({dialect.hashed.format(row)})" if is_summed else "0"
    return f"SELECT {day} AS day, count(*), {total} FROM {source} WHERE {where} GROUP BY 1"  # noqa: S608  (of declarations)


def _in_duckdb(column: Column) -> str:
    name = quoted(column.name)
    match column.type:
        case "timestamp":
            return f"epoch_us({name})::VARCHAR"
        case "double":
            return f"floor({name} * {SCALE}::DOUBLE + 0.5)::BIGINT::VARCHAR"
        case "boolean":
            return f"{name}::INTEGER::VARCHAR"
        case "string":
            return f"replace({name}, chr(0), '\N{REPLACEMENT CHARACTER}')"
    return f"{name}::VARCHAR"


def _in_postgres(column: Column) -> str:
    name = quoted(column.name)
    match column.type:
        case "timestamp":
            return f"(extract(epoch FROM {name}) * 1000000)::bigint::text"
        case "double":
            return f"floor({name} * {SCALE}::float8 + 0.5)::bigint::text"
        case "boolean":
            return f"{name}::int::text"
        case "string":
            return name
    return f"{name}::text"


@dataclass(frozen=True)
class Dialect:
    """How a column becomes the same text in both, and a row's text a number: eight digits of its MD5, whose sums are exact."""

    text: Callable[[Column], str]
    hashed: str


DUCKDB = Dialect(_in_duckdb, "('0x' || left(md5({}), 8))::BIGINT")
POSTGRES = Dialect(_in_postgres, "('x' || left(md5({}), 8))::bit(32)::bigint")
