"""Older versions of the lake's tables: which there are, and the files that each is made of."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.dataset as ds
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from twilytics.errors import TwilyticsError
from twilytics.lake import Lake
from twilytics.listing import Listing
from twilytics.render import arrow
from twilytics.schema import Table

CHECKPOINT = ".checkpoint.parquet"


@dataclass(frozen=True)
class Version:
    """A version of a table; ``at`` is when it was written, by the clock of the disk."""

    number: int
    at: datetime
    n_rows: int


def version(lake: Lake, table: Table, number: int) -> tuple[Version, frozenset[Path]]:
    """The version and its files. Raise :class:`TwilyticsError` where the table has no such version (any more), with those that it has."""
    try:
        handle = DeltaTable(lake.folder(table), version=number)
    except (DeltaError, OverflowError):
        raise absent(lake, table, number) from None
    entry = lake.folder(table) / "_delta_log" / f"{number:020}.json"
    at = datetime.fromtimestamp(entry.stat().st_mtime if entry.exists() else 0, UTC)
    listing = Listing(handle)
    return Version(number, at, listing.n_rows()), _files(lake, table, listing)


def changed_files(lake: Lake, table: Table, since: int | None) -> tuple[frozenset[Path], frozenset[Path]] | None:
    """The files that only version ``since`` has, and those that only the newest has: all rows in which the two differ.

    None where there is no telling, as version or files are not there any more.
    """
    listing = lake.listing(table)
    try:
        then = None if since is None else _files(lake, table, Listing(DeltaTable(lake.folder(table), version=since)))
    except (DeltaError, OverflowError):
        return None
    if listing is None or then is None:
        return None
    now = _files(lake, table, listing)
    return (then - now, now - then) if all(path.exists() for path in then - now) else None


def rows(table: Table, files: Iterable[Path]) -> ds.Dataset:
    """The rows of these files, read when they are asked for."""
    schema, paths = arrow.schema(table), [str(path) for path in files]
    return ds.dataset(paths, schema=schema, format="parquet") if paths else ds.dataset(schema.empty_table())


def absent(lake: Lake, table: Table, number: int) -> TwilyticsError:
    """That a version cannot be read, and which can."""
    log = lake.folder(table) / "_delta_log"
    logged = sorted(int(path.stem) for path in log.glob("*.json") if path.stem.isdigit())
    checkpoints = [int(path.name[:20]) for path in log.glob(f"*{CHECKPOINT}") if path.name[:20].isdigit()]
    begun = [found for found in logged if 0 in logged or found >= min(checkpoints, default=0)]
    # Maintenance removes the oldest files first, so that the versions that have all of theirs are the newest ones.
    whole = begun[bisect_left(begun, True, key=lambda found: _is_whole(lake, table, found)) :]
    there = f"versions {whole[0]} to {whole[-1]}" if len(whole) > 1 else f"version {whole[0]}" if whole else "none"
    told = f"{table.name} has no version {number} that can be read, but {there}"
    if whole and 0 <= number < whole[0]:
        return TwilyticsError(f"{told}: maintenance removed the files of older ones (TWILYTICS_RETENTION_HOURS says when)")
    return TwilyticsError(told)


def _is_whole(lake: Lake, table: Table, number: int) -> bool:
    return all(path.exists() for path in _files(lake, table, Listing(DeltaTable(lake.folder(table), version=number))))


def _files(lake: Lake, table: Table, listing: Listing) -> frozenset[Path]:
    return frozenset(lake.folder(table) / path for path in listing.paths())
