"""The lake: Delta tables in a folder or a bucket, read and replaced by runs of slots, durable when a call returns."""

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError
from pydantic import SecretStr

from twilytics import storage
from twilytics.errors import ServiceError
from twilytics.listing import Listing
from twilytics.render import arrow
from twilytics.schema import Table
from twilytics.slots import Slots
from twilytics.tables import named

_log = logging.getLogger(__name__)
#: Who takes the lock again and again leaves it alone for so long: longer than waiters sleep between two looks at it.
GAP_SECONDS = 1.0
#: Replacing a slot rewrites the files that hold it: small files keep that cheap, however long the history.
FILE_BYTES = 1 << 18
#: What the log keeps is for the retention to say, and taking it away for maintenance to do, never for a cycle.
CONFIGURATION = {"delta.enableExpiredLogCleanup": "false"}
#: Delta takes two commits that name the same application for a conflict, whatever rows they touch: the second one fails.
WRITER = "twilytics"
#: What a commit is known by again, where the answer to it was lost.
MARK = "twilytics.commit"


def moment(instant: datetime) -> str:
    """An instant as delta-rs compares it with a timestamp column."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Lake:
    """One writer at a time: whoever writes holds :meth:`locked`. Readers need nothing."""

    def __init__(self, root: str, credentials: SecretStr | None = None) -> None:
        self.storage = storage.opened(root, credentials)
        self._handles: dict[str, DeltaTable] = {}
        self._listings: dict[str, tuple[DeltaTable, int, Listing]] = {}
        #: Steps that do not look at each other's tables run side by side.
        self._one_at_a_time = RLock()
        self._is_locked = False
        #: Tables that were looked at since the lock was taken: nobody else has written them since.
        self._current: set[str] = set()

    @property
    def root(self) -> str:
        """The folder or the URL, as people name it."""
        return self.storage.root

    @contextmanager
    def locked(self, lease: str | None = None) -> Iterator[None]:
        """Keep other writers out, and begin with what is surely there (:meth:`recover`); with a ``lease``, as those whom its holder let in.

        Raise :class:`ServiceError` where another stays for longer than five minutes.
        """
        with self.storage.locked(lease):
            try:
                for name in self.recover():
                    _log.warning("%s went back to what was surely on the disk; what is missing is made again", name)
                self._is_locked = True
                yield
            finally:
                self._is_locked = False
                self._current.clear()

    def look_again(self) -> None:
        """Somebody who was let in under this lock may have written."""
        self._current.clear()
        self.storage.look_again()

    @staticmethod
    def folder(table: Table) -> str:
        """Within the storage."""
        return f"{table.layer}/{table.short_name}"

    def uri(self, table: Table) -> str:
        """As engines name the table."""
        return self.storage.uri(self.folder(table))

    def at(self, table: Table, version: int | None = None) -> DeltaTable:
        """The table at that version, else at its newest. Raise ``TableNotFoundError`` or another ``DeltaError`` where there is none."""
        with self.storage.told():
            return DeltaTable(self.uri(table), version=version, storage_options=self._options())

    def _options(self) -> dict[str, str] | None:
        return None if self.storage.options is None else dict(self.storage.options)

    def handle(self, table: Table) -> DeltaTable | None:
        """The table at its newest version; None where it does not exist yet."""
        with self._one_at_a_time:
            known = self._handles.get(table.name)
            if known is not None and table.name in self._current:
                return known
            try:
                if known is None:
                    known = self._handles[table.name] = self.at(table)
                else:
                    with self.storage.told():
                        known.update_incremental()
            except TableNotFoundError:
                self._handles.pop(table.name, None)
                return None
            if self._is_locked:
                self._current.add(table.name)
            return known

    def identity(self) -> str | None:
        """What tells this lake from any other, as long as its captures are not begun anew; None where it has none yet."""
        handle = self.handle(named("gold.captures"))
        return str(handle.metadata().id) if handle else None

    def version(self, table: Table) -> int | None:
        handle = self.handle(table)
        return handle.version() if handle else None

    def listing(self, table: Table) -> Listing | None:
        """The table's files at its newest version; None where it does not exist yet."""
        handle = self.handle(table)
        if handle is None:
            return None
        known = self._listings.get(table.name)
        if known is None or known[0] is not handle or known[1] != handle.version():
            known = self._listings[table.name] = handle, handle.version(), Listing(handle)
        return known[2]

    def dataset(self, table: Table, runs: Sequence[Slots] | None = None) -> tuple[ds.Dataset, ds.Expression | None]:
        """The table's files that may hold the runs' rows, and the filter that leaves just these rows."""
        listing = self.listing(table)
        if listing is None or runs == ():
            return ds.dataset(arrow.schema(table).empty_table()), None
        paths = listing.paths() if runs is None or table.time is None else listing.within(table.time, runs)
        return self.files(table, paths), _condition(table, runs)

    def files(self, table: Table, paths: Sequence[str]) -> ds.Dataset:
        """Some of the table's files, by their names. Read here, not by delta-rs, whose reader goes through Python."""
        if not paths:
            return ds.dataset(arrow.schema(table).empty_table())
        listing = self.listing(table)
        there = self.storage.filesystem(self.folder(table), listing.sizes if listing else {})
        with self._told(table):
            return ds.dataset(list(paths), schema=arrow.schema(table), format="parquet", filesystem=there)

    def n_rows(self, table: Table) -> int:
        """How many rows the table has, from the files' statistics alone."""
        listing = self.listing(table)
        return listing.n_rows() if listing else 0

    def newest(self, table: Table, column: str) -> Any:
        """The greatest value of a column, from the files' statistics alone; None where the table holds nothing."""
        listing = self.listing(table)
        return listing.newest(column) if listing else None

    def read_above(self, table: Table, column: str, floor: int, columns: Sequence[str]) -> pa.Table:
        """The given columns of the rows whose ``column`` is greater than ``floor``."""
        listing = self.listing(table)
        if listing is None:
            return arrow.schema(table).empty_table().select(list(columns))
        with self._told(table):
            return self.files(table, listing.above(column, floor)).to_table(columns=list(columns), filter=ds.field(column) > floor)

    def read_keys(self, table: Table, key: str, keys: pa.Array, columns: Sequence[str], runs: Sequence[Slots] | None = None) -> pa.Table:
        """The given columns of the runs' rows whose ``key`` is one of ``keys``; in no order."""
        files, condition = self.dataset(table, runs)
        is_one = ds.field(key).isin(keys)
        with self._told(table):
            return files.to_table(columns=list(columns), filter=is_one if condition is None else is_one & condition)

    def read(self, table: Table, runs: Sequence[Slots] | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of the runs, all rows where None; in no order."""
        files, condition = self.dataset(table, runs)
        with self._told(table):
            return files.to_table(columns=list(columns) if columns is not None else None, filter=condition)

    def batches(self, table: Table, runs: Sequence[Slots] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of the runs in bounded memory, in no order; all rows where None."""
        files, condition = self.dataset(table, runs)
        with self._told(table):
            yield from files.to_batches(filter=condition)

    @contextmanager
    def _told(self, table: Table) -> Iterator[None]:
        """What is gone from behind the log, told with the way back."""
        try:
            with self.storage.told():
                yield
        except FileNotFoundError as error:
            name = Path(str(error.filename or error)).name
            anew = f"remove {self.uri(table)}, and the next run makes it anew from bronze"
            way_back = "bring it back from a backup" if table.layer == "bronze" else anew
            raise ServiceError(f"{table.name}: a file that its log names is gone ({name[:120]}): {way_back}") from error

    def append(self, table: Table, rows: pa.Table) -> None:
        self._write(table, rows, mode="append")

    def replace(self, table: Table, rows: pa.Table, runs: Sequence[Slots] | None, file_bytes: int | None = None) -> None:
        """Put the rows in place of all that the table has in the runs (everywhere, where None): again is harmless.

        ``file_bytes`` is about where a file ends and the next begins.
        """
        if runs is None:
            self._write(table, rows, mode="overwrite")
        elif self.handle(table) is None:
            self._write(table, rows, mode="append")
        elif runs and (rows.num_rows or self.has_any(table, runs)):
            self._write(table, rows, file_bytes, mode="overwrite", predicate=within(table, runs))

    def has_any(self, table: Table, runs: Sequence[Slots]) -> bool:
        """Whether the table may have rows in the runs, from the files' statistics alone."""
        listing = self.listing(table)
        return listing is not None and (table.time is None or bool(listing.within(table.time, runs)))

    def create(self, table: Table) -> DeltaTable:
        """The table, made empty where it does not exist yet."""
        handle = self.handle(table)
        if handle is None:
            self.storage.check()
            self.storage.prepare(self.folder(table))
            with self.storage.told():
                handle = DeltaTable.create(
                    self.uri(table),
                    schema=arrow.schema(table),
                    mode="ignore",
                    name=table.name,
                    description=table.description,
                    configuration=CONFIGURATION,
                    storage_options=self._options(),
                )
            self._handles[table.name] = handle
        return handle

    def _write(self, table: Table, rows: pa.Table, file_bytes: int | None = None, **how: str | None) -> None:
        rows, handle = arrow.conform(table, rows), self.create(table)
        before, mark = handle.version(), secrets.token_hex(8)
        known_by = CommitProperties(custom_metadata={MARK: mark}, app_transactions=[Transaction(WRITER, before + 1)])
        self.storage.check()
        try:
            with self.storage.told():
                write_deltalake(
                    handle,
                    rows,
                    target_file_size=file_bytes or FILE_BYTES,
                    writer_properties=WriterProperties(compression="ZSTD"),
                    commit_properties=known_by,
                    **how,
                )
        except (DeltaError, ServiceError) as error:
            self._handles.pop(table.name, None)
            self._current.discard(table.name)
            # A lost answer to a commit is no failed commit: the log tells.
            if not self._has_commit(table, before, mark):
                raise self._refused(table, before, error) from error
        self.sync(table)

    def _has_commit(self, table: Table, after: int, mark: str) -> bool:
        number = after + 1
        while (entry := self.storage.read(f"{self.folder(table)}/_delta_log/{number:020}.json")) is not None:
            if mark.encode() in entry:
                return True
            number += 1
        return False

    def _refused(self, table: Table, before: int, error: Exception) -> Exception:
        version = self.version(table)
        if version is None or version <= before:
            return error
        return ServiceError(f"{table.name}: another Twilytics wrote to it at the same moment, so nothing was written here: run again")

    def sync(self, table: Table) -> None:
        """Bring on the disk what was committed since the last sync, whoever committed it, and note that it is there."""
        self._current.discard(table.name)
        handle = self.handle(table)
        if handle is not None:
            self.storage.settle(table.name, self.folder(table), handle.version())

    def recover(self) -> list[str]:
        """Take back the versions that are not surely there. Return the names of the tables that went back."""
        went_back = self.storage.take_back()
        for name in went_back:
            self._handles.pop(name, None)
        return went_back


def within(table: Table, runs: Sequence[Slots], kind: str = "") -> str:
    """The condition that a row lies in one of the runs, as SQL. ``kind`` is what an engine wants before an instant; delta-rs, nothing."""
    ranges = [f"({table.time} >= {kind}'{moment(run.since)}' AND {table.time} < {kind}'{moment(run.until)}')" for run in runs]
    return " OR ".join(ranges) or "false"


def _condition(table: Table, runs: Sequence[Slots] | None) -> ds.Expression | None:
    if not runs or table.time is None:
        return None
    time, condition = ds.field(table.time), None
    zoned = arrow.TYPES["timestamp"]
    for run in runs:
        inside = (time >= pa.scalar(run.since, zoned)) & (time < pa.scalar(run.until, zoned))
        condition = inside if condition is None else condition | inside
    return condition
