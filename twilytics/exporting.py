"""Published tables → files, in bounded memory and of one state of the database, each with a page beside it that says what it is.

A file has its name only when it is whole: until then it ends in ``.part``. The page tells its rows and its SHA-256, so that
a copy that was cut later does not look whole either.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from twilytics import about, durable, postgres
from twilytics.errors import ServiceError, TwilyticsError
from twilytics.render import arrow
from twilytics.render import postgres as render
from twilytics.render.expectations import quoted
from twilytics.schema import Table
from twilytics.spreadsheets import Writer

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

Form = Literal["csv", "parquet", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
ROWS_AT_ONCE = 20_000
#: The columns that name a place; of a pair both have to be among those that were asked for.
PLACES = ("place", "place_a", "place_b", "leader", "follower")


@dataclass(frozen=True)
class Chosen:
    """Which rows: of slots from ``since`` to before ``until``, and of these places; all, where None or empty."""

    since: datetime | None = None
    until: datetime | None = None
    places: tuple[str, ...] = ()

    def condition(self, table: Table) -> tuple[str, list[Any]]:
        """The condition on a table's rows, as SQL with its values. Tables without a time, or places, are not narrowed by these."""
        parts, values = ["true"], list[Any]()
        for end, sign in ((self.since, ">="), (self.until, "<")):
            if end is not None and table.time is not None:
                parts.append(f"{quoted(table.time)} {sign} %s")
                values.append(end)
        for name in PLACES:
            if self.places and name in table.names:
                parts.append(f"{quoted(name)} = ANY(%s)")
                values.append(list(self.places))
        return " AND ".join(parts), values


@dataclass(frozen=True)
class Exported:
    """A file, and the page beside it."""

    table: str
    path: Path
    about: Path
    n_rows: int
    n_bytes: int
    sha256: str


def export(dsn: str, tables: Sequence[Table], folder: Path, form: Form, chosen: Chosen) -> Iterator[Exported]:
    """Write the tables, one after the other, all of the same publication. Files of these names are replaced.

    Raise :class:`TwilyticsError` where a file cannot be written, :class:`ServiceError` where the database fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with closing(postgres.connect(dsn)) as connection:
            connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
            with connection.cursor() as cursor:
                for table in tables:
                    where, values = chosen.condition(table)
                    query = f"SELECT {render.columns(table)} FROM {render.name(table)} WHERE {where} ORDER BY {_order(table)}"  # noqa: S608
                    with connection.cursor(name="export") as rows:
                        rows.itersize = ROWS_AT_ONCE
                        rows.execute(query, values)
                        path = folder / f"{table.short_name}.{form}"
                        with _whole(path) as part:
                            n_rows = WRITERS[form](part, table, _batches(rows, table))
                    written = Exported(table.name, path, path.with_suffix(".about.md"), n_rows, path.stat().st_size, _digest(path))
                    page = about.page(cursor, table, written, chosen)
                    durable.write(written.about, page.encode())
                    yield written
    except psycopg2.Error as error:
        raise ServiceError(f"PostgreSQL did not give what was to be exported: {str(error).strip().splitlines()[0]}") from error
    except OSError as error:
        raise TwilyticsError(f"{error.filename or folder} cannot be written: {error.strerror or error}") from error


def _order(table: Table) -> str:
    return ", ".join(quoted(name) for name in table.grain)


def _batches(cursor: "Cursor", table: Table) -> Iterator[pa.Table]:
    schema = arrow.schema(table)
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield pa.table([pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)], schema=schema)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A place to write to, that gets the file's name when all is written, and goes where it is not."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
        durable.sync([path, path.parent])
    finally:
        part.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _csv(path: Path, table: Table, batches: Iterator[pa.Table]) -> int:
    n_rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        written = Writer(file)
        written.rows([table.names])
        for batch in batches:
            written.rows([_plain(value) for value in row.values()] for row in batch.to_pylist())
            n_rows += batch.num_rows
    return n_rows


def _json(path: Path, _table: Table, batches: Iterator[pa.Table]) -> int:
    n_rows = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for batch in batches:
            for row in batch.to_pylist():
                told = {name: _plain(value) for name, value in row.items()}
                file.write(f"{',' if n_rows else ''}\n{json.dumps(told, ensure_ascii=False)}")
                n_rows += 1
        file.write("\n]\n")
    return n_rows


def _parquet(path: Path, table: Table, batches: Iterator[pa.Table]) -> int:
    n_rows = 0
    with pq.ParquetWriter(path, arrow.schema(table), compression="zstd") as writer:
        for batch in batches:
            writer.write_table(batch)
            n_rows += batch.num_rows
    return n_rows


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


WRITERS: dict[Form, Callable[[Path, Table, Iterator[pa.Table]], int]] = {"csv": _csv, "parquet": _parquet, "json": _json}
