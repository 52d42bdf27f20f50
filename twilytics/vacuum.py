"""Removing what no version of a table within the retention needs: its dead files, and the log from before.

Not delta-rs' own vacuum: that one goes by what tombstones are left in checkpoints and commits two versions each time.
This one commits nothing, so that no crash can leave half of it, and keeps what the log says is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from twilytics import durable
from twilytics.lake import CONFIGURATION, Lake
from twilytics.schema import Table
from twilytics.slots import EVER
from twilytics.synced import actions

CHECKPOINT = ".checkpoint.parquet"
DIGITS = 20


@dataclass(frozen=True)
class Removed:
    """Files of rows with their bytes, and entries of the log."""

    n_files: int = 0
    n_bytes: int = 0
    n_entries: int = 0


def forget_versions(lake: Lake, table: Table) -> Removed:
    """Remove whatever only older versions of the table need, of the log too, which tells least and greatest values of what they held.

    Only under the lake's lock. Whoever reads an older version meanwhile fails.
    """
    handle = lake.handle(table)
    if handle is None:
        return Removed()
    # A version of its own, that changes nothing: until it is noted as synced, a crash takes it back with its checkpoint.
    handle.alter.set_table_properties(CONFIGURATION)
    handle.create_checkpoint()
    lake.sync(table)
    return vacuum(lake, table, EVER.until)


def vacuum(lake: Lake, table: Table, before: datetime) -> Removed:
    """Remove what only versions need that were replaced before that instant. Only under the lake's lock.

    Every version that was the newest at that instant or later stays readable. As in Delta itself, the time of a version
    is that of its log entry's file; a lake that was just copied therefore keeps everything for one retention more.
    """
    folder = lake.folder(table)
    if lake.handle(table) is None:
        return Removed()
    # What is needed is asked before anything goes; both go oldest first, so that what is left after a kill is a whole end.
    dead, entries = list(_dead_files(lake, table, before.timestamp())), _entries_before(folder, before.timestamp())
    n_bytes = sum(path.stat().st_size for path in dead)
    for path in dead:
        path.unlink()
        path.with_name(f".{path.name}.crc").unlink(missing_ok=True)  # Hadoop's
    for path in entries:
        path.unlink()
    durable.sync([folder, folder / "_delta_log"] if dead or entries else [])
    return Removed(len(dead), n_bytes, len(entries))


def _dead_files(lake: Lake, table: Table, before: float) -> Iterator[Path]:
    """Files that the newest version does not have, that none took out since, and that are no newer than that themselves."""
    folder, listing = lake.folder(table), lake.listing(table)
    needed = set(listing.paths() if listing else [])
    for entry in (folder / "_delta_log").glob("*.json"):
        if entry.stat().st_mtime > before:
            needed |= {unquote(action["remove"]["path"]) for action in actions(entry) if "remove" in action}
    found = {path: path.stat().st_mtime for path in folder.glob("*.parquet") if path.name not in needed}
    return (path for path in sorted(found, key=lambda path: found[path]) if found[path] <= before)


def _entries_before(folder: Path, before: float) -> list[Path]:
    """The log from before the newest checkpoint that the version of that instant can be read from; none without such a one."""
    log = sorted(path for path in (folder / "_delta_log").iterdir() if _version(path) is not None)
    newest = max((_version(path) or 0 for path in log if path.suffix == ".json" and path.stat().st_mtime <= before), default=-1)
    checkpoints = [number for path in log if path.name[DIGITS:] == CHECKPOINT and (number := _version(path) or 0) <= newest]
    first = max(checkpoints, default=0)
    return [path for path in sorted(log, key=lambda path: _version(path) or 0) if (_version(path) or 0) < first]


def _version(path: Path) -> int | None:
    digits = path.name.lstrip(".")[:DIGITS]  # Hadoop's checksums begin with a dot
    return int(digits) if len(digits) == DIGITS and digits.isdigit() else None
