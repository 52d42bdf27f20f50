"""The lake: Delta tables in a folder, read and replaced by runs of slots, durable when a call returns."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import TableNotFoundError
from filelock import FileLock, Timeout

from twilytics import durable
from twilytics.errors import ServiceError, SettingError
from twilytics.listing import Listing
from twilytics.render import arrow
from twilytics.schema import Table
from twilytics.slots import Slots
from twilytics.synced import Synced
from twilytics.tables import named

_log = logging.getLogger(__name__)
PATIENCE_SECONDS = 60
#: Replacing a slot rewrites the files that hold it: small files keep that cheap, however long the history.
FILE_BYTES = 1 << 18
#: What the log keeps is for the retention to say, and taking it away for maintenance to do, never for a cycle.
CONFIGURATION = {"delta.enableExpiredLogCleanup": "false"}


def moment(instant: datetime) -> str:
    """An instant as delta-rs compares it with a timestamp column."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Lake:
    """One writer at a time: whoever writes holds :meth:`locked`. Readers need nothing."""

    def __init__(self, root: str) -> None:
        if "://" in root:
            raise SettingError(f"TWILYTICS_LAKE: {root} is no folder, and object storage is not supported yet: name a folder")
        self.root = Path(root).expanduser().absolute()
        self._handles: dict[str, DeltaTable] = {}
        self._listings: dict[str, tuple[DeltaTable, int, Listing]] = {}
        #: Steps that do not look at each other's tables run side by side.
        self._one_at_a_time = RLock()
        self._is_locked = False
        #: Tables that were looked at since the lock was taken: nobody else has written them since.
        self._current: set[str] = set()
        self._synced = Synced(self.root)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers out, and begin with what is surely on the disk (:meth:`recover`).

        Raise :class:`ServiceError` where another stays for longer than a minute.
        """
        durable.make_folder(self.root)
        holder = self.root / "_lock_holder"
        try:
            with FileLock(self.root / "_lock", timeout=PATIENCE_SECONDS):
                holder.write_text(f"since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", encoding="utf-8")
                try:
                    for name in self.recover():
                        _log.warning("%s went back to what was surely on the disk; what is missing is made again", name)
                    self._is_locked = True
                    yield
                finally:
                    self._is_locked = False
                    self._current.clear()
                    holder.unlink(missing_ok=True)
        except Timeout:
            told = holder.read_text(encoding="utf-8") if holder.exists() else "for a while"
            raise ServiceError(f"another Twilytics has been writing to the lake {self.root} {told}: wait for it, or stop it") from None

    def folder(self, table: Table) -> Path:
        return self.root / table.layer / table.short_name

    def handle(self, table: Table) -> DeltaTable | None:
        """The table at its newest version; None where it does not exist yet."""
        with self._one_at_a_time:
            known = self._handles.get(table.name)
            if known is not None and table.name in self._current:
                return known
            try:
                if known is None:
                    known = self._handles[table.name] = DeltaTable(self.folder(table))
                else:
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
        return self._files(table, paths), _condition(table, runs)

    def _files(self, table: Table, paths: Sequence[str]) -> ds.Dataset:
        """Read here, not by delta-rs, whose reader goes through Python."""
        if not paths:
            return ds.dataset(arrow.schema(table).empty_table())
        local = pafs.SubTreeFileSystem(str(self.folder(table)), pafs.LocalFileSystem())
        with self._told(table):
            return ds.dataset(list(paths), schema=arrow.schema(table), format="parquet", filesystem=local)

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
            return self._files(table, listing.above(column, floor)).to_table(columns=list(columns), filter=ds.field(column) > floor)

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
            yield
        except FileNotFoundError as error:
            name, folder = Path(str(error.filename or error)).name, self.folder(table)
            way_back = (
                "bring it back from a backup" if table.layer == "bronze" else f"remove {folder}, and the next run makes it anew from bronze"
            )
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
            durable.make_folder(self.folder(table))
            handle = DeltaTable.create(
                self.folder(table),
                schema=arrow.schema(table),
                name=table.name,
                description=table.description,
                configuration=CONFIGURATION,
            )
            self._handles[table.name] = handle
        return handle

    def _write(self, table: Table, rows: pa.Table, file_bytes: int | None = None, **how: str | None) -> None:
        rows, handle = arrow.conform(table, rows), self.create(table)
        write_deltalake(
            handle, rows, target_file_size=file_bytes or FILE_BYTES, writer_properties=WriterProperties(compression="ZSTD"), **how
        )
        self.sync(table)

    def sync(self, table: Table) -> None:
        """Bring on the disk what was committed since the last sync, whoever committed it, and note that it is there."""
        self._current.discard(table.name)
        handle = self.handle(table)
        if handle is not None:
            self._synced.note(table.name, self.folder(table), handle.version())

    def recover(self) -> list[str]:
        """Take back the versions that are not surely on the disk. Return the names of the tables that went back."""
        went_back = self._synced.take_back()
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
