"""The lake: Delta tables in a folder, read and replaced by runs of slots, durable when a call returns.

delta-rs does not fsync what it commits, so after a power cut the newest log entry may be torn and its table would not
open any more. Each write here is therefore synced, and then noted in ``_synced.json``; what a crash left behind
above the noted version is taken back by :meth:`Lake.recover`, and made again from what it was made of.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import TableNotFoundError
from filelock import FileLock, Timeout

from twilytics import durable
from twilytics.errors import ServiceError, SettingError
from twilytics.render import arrow
from twilytics.schema import Table
from twilytics.slots import Slots
from twilytics.tables import named

_log = logging.getLogger(__name__)
PATIENCE_SECONDS = 60
#: Replacing a slot rewrites the files that hold it: small files keep that cheap, however long the history.
FILE_BYTES = 1 << 20
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
        self._is_locked = False
        #: Tables that were looked at since the lock was taken: nobody else has written them since.
        self._current: set[str] = set()
        self._synced_file = self.root / "_synced.json"

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

    def dataset(self, table: Table, runs: Sequence[Slots] | None = None) -> tuple[ds.Dataset, ds.Expression | None]:
        """The table's files that may hold the runs' rows, and the filter that leaves just these rows."""
        condition, predicate = _condition(table, runs), _predicate(table, runs)
        handle = self.handle(table)
        if handle is None or runs == ():
            return ds.dataset(arrow.schema(table).empty_table()), None
        return self._files(table, handle, predicate), condition

    def _files(self, table: Table, handle: DeltaTable, predicate: str | None) -> ds.Dataset:
        """The files that may hold rows of which the predicate is true. Read here, not by delta-rs, whose reader goes through Python."""
        local = pafs.SubTreeFileSystem(str(self.folder(table)), pafs.LocalFileSystem())
        return handle.to_pyarrow_dataset(filesystem=local, file_pruning_predicate=predicate, schema=arrow.schema(table))

    def newest(self, table: Table, column: str) -> Any:
        """The greatest value of a column, from the files' statistics alone; None where the table holds nothing."""
        handle = self.handle(table)
        if handle is None:
            return None
        values = pa.table(handle.get_add_actions(flatten=True)).column(f"max.{column}")
        return pc.max(values).as_py()

    def read_above(self, table: Table, column: str, floor: int, columns: Sequence[str]) -> pa.Table:
        """The given columns of the rows whose ``column`` is greater than ``floor``."""
        handle = self.handle(table)
        if handle is None:
            return arrow.schema(table).empty_table().select(list(columns))
        files = self._files(table, handle, f"{column} > {floor}")
        return files.to_table(columns=list(columns), filter=ds.field(column) > floor)

    def read(self, table: Table, runs: Sequence[Slots] | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of the runs, all rows where None; in no order."""
        files, condition = self.dataset(table, runs)
        return files.to_table(columns=list(columns) if columns is not None else None, filter=condition)

    def batches(self, table: Table, run: Slots | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a run in bounded memory, in no order; all rows where None."""
        files, condition = self.dataset(table, None if run is None else (run,))
        yield from files.to_batches(filter=condition)

    def append(self, table: Table, rows: pa.Table) -> None:
        self._write(table, rows, mode="append")

    def replace(self, table: Table, rows: pa.Table, run: Slots | None, file_bytes: int | None = None) -> None:
        """Put the rows in place of all that the table has in the run (everywhere, where None): again is harmless.

        ``file_bytes`` is about where a file ends and the next begins.
        """
        if run is None:
            self._write(table, rows, mode="overwrite")
        elif self.handle(table) is None:
            self._write(table, rows, mode="append")
        else:
            self._write(table, rows, file_bytes, mode="overwrite", predicate=_predicate(table, (run,)))

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
        if handle is None:
            return
        folder, version, synced = self.folder(table), handle.version(), self._synced()
        log = folder / "_delta_log"
        fresh = range(synced.get(table.name, -1) + 1, version + 1)
        entries = [path for number in fresh if (path := log / f"{number:020}.json").exists()]
        added = [folder / action["add"]["path"] for entry in entries for action in actions(entry) if "add" in action]
        marks = [path for path in log.iterdir() if path.name == "_last_checkpoint" or ".checkpoint" in path.name]
        recent = [path for path in marks if path.name == "_last_checkpoint" or int(path.name[:20]) in fresh]
        durable.sync([*(path for path in added if path.exists()), *entries, *recent, log, folder])
        durable.write(self._synced_file, json.dumps({**synced, table.name: version}, indent=1, sort_keys=True).encode())

    def recover(self) -> list[str]:
        """Take back the versions that were never noted as synced. Return the names of the tables that went back.

        Only under the lock. A lake without any note (copied from elsewhere) is taken as it is.
        """
        if not self._synced_file.exists():
            return []
        synced, went_back = self._synced(), []
        for log in sorted(self.root.glob("*/*/_delta_log")):
            name = f"{log.parent.parent.name}.{log.parent.name}"
            kept = synced.get(name, -1)
            # Hadoop keeps a checksum `.NAME.crc` beside each file, which would not fit a later file of that name.
            newer = [path for path in log.iterdir() if (digits := path.name.lstrip(".")[:20]).isdigit() and int(digits) > kept]
            if newer:
                pointer = log / "_last_checkpoint"
                for path in (*newer, *([pointer] if pointer.exists() else [])):
                    path.unlink()
                durable.sync([log])
                self._handles.pop(name, None)
                went_back.append(name)
        return went_back

    def _synced(self) -> dict[str, int]:
        return dict(json.loads(self._synced_file.read_bytes())) if self._synced_file.exists() else {}


def actions(entry: Path) -> list[dict[str, dict[str, str]]]:
    """What an entry of a table's log says."""
    return [json.loads(line) for line in entry.read_bytes().splitlines() if line.strip()]


def _predicate(table: Table, runs: Sequence[Slots] | None) -> str | None:
    if not runs or table.time is None:
        return None
    ranges = [f"({table.time} >= '{moment(run.since)}' AND {table.time} < '{moment(run.until)}')" for run in runs]
    return " OR ".join(ranges)


def _condition(table: Table, runs: Sequence[Slots] | None) -> ds.Expression | None:
    if not runs or table.time is None:
        return None
    time, condition = ds.field(table.time), None
    zoned = arrow.TYPES["timestamp"]
    for run in runs:
        inside = (time >= pa.scalar(run.since, zoned)) & (time < pa.scalar(run.until, zoned))
        condition = inside if condition is None else condition | inside
    return condition
