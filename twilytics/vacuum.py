"""Removing what no version of a table within the retention needs: its dead files, and the log from before.

Not delta-rs' own vacuum: that one goes by what tombstones are left in checkpoints and commits two versions each time.
This one commits nothing, so that no crash can leave half of it, and keeps what the log says is needed.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from twilytics.lake import CONFIGURATION, Lake
from twilytics.schema import Table
from twilytics.slots import EVER
from twilytics.storage import File
from twilytics.storage.synced import actions

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
    lake.storage.check()
    with lake.storage.told():
        handle.alter.set_table_properties(CONFIGURATION)
        handle.create_checkpoint()
    lake.sync(table)
    return vacuum(lake, table, EVER.until)


def vacuum(lake: Lake, table: Table, before: datetime) -> Removed:
    """Remove what only versions need that were replaced before that instant. Only under the lake's lock.

    Every version that was the newest at that instant or later stays readable. As in Delta itself, the time of a version
    is that of its log entry's file; a lake that was just copied therefore keeps everything for one retention more.
    """
    if lake.handle(table) is None:
        return Removed()
    folder, log = lake.folder(table), f"{lake.folder(table)}/_delta_log"
    files, entries = lake.storage.files(folder), lake.storage.files(log)
    # What is needed is asked before anything goes; both go oldest first, so that what is left after a kill is a whole end.
    dead, older = _dead(lake, table, files, entries, before.timestamp()), _entries_before(entries, before.timestamp())
    there = {file.name for file in files}
    checksums = (f".{file.name}.crc" for file in dead)  # Hadoop's
    lake.storage.check()
    lake.storage.remove(folder, [file.name for file in dead] + [name for name in checksums if name in there])
    lake.storage.remove(log, [file.name for file in older])
    return Removed(len(dead), sum(file.n_bytes for file in dead), len(older))


def _dead(lake: Lake, table: Table, files: list[File], entries: list[File], before: float) -> list[File]:
    """Files that the newest version does not have, that none took out since, and that are no newer than that themselves."""
    listing = lake.listing(table)
    needed = set(listing.paths() if listing else [])
    for entry in entries:
        if entry.name.endswith(".json") and entry.modified > before:
            told = actions(lake.storage.read(f"{lake.folder(table)}/_delta_log/{entry.name}") or b"")
            needed |= {unquote(action["remove"]["path"]) for action in told if "remove" in action}
    found = [file for file in files if file.name.endswith(".parquet") and file.name not in needed and file.modified <= before]
    return sorted(found, key=lambda file: file.modified)


def _entries_before(entries: list[File], before: float) -> list[File]:
    """The log from before the newest checkpoint that the version of that instant can be read from; none without such a one."""
    log = {file: number for file in entries if (number := _version(file.name)) is not None}
    newest = max((number for file, number in log.items() if file.name.endswith(".json") and file.modified <= before), default=-1)
    checkpoints = [number for file, number in log.items() if file.name[DIGITS:] == CHECKPOINT and number <= newest]
    first = max(checkpoints, default=0)
    return sorted((file for file, number in log.items() if number < first), key=lambda file: log[file])


def _version(name: str) -> int | None:
    digits = name.lstrip(".")[:DIGITS]  # Hadoop's checksums begin with a dot
    return int(digits) if len(digits) == DIGITS and digits.isdigit() else None
