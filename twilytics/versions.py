"""Older versions of the lake's tables: which there are, and the files that each is made of."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from deltalake.exceptions import DeltaError

from twilytics.errors import TwilyticsError
from twilytics.lake import Lake
from twilytics.listing import Listing
from twilytics.schema import Table

CHECKPOINT = ".checkpoint.parquet"


@dataclass(frozen=True)
class Version:
    """A version of a table; ``at`` is when it was written, by the clock of the disk."""

    number: int
    at: datetime
    n_rows: int


def version(lake: Lake, table: Table, number: int) -> tuple[Version, frozenset[str]]:
    """The version and its files. Raise :class:`TwilyticsError` where the table has no such version (any more), with those that it has."""
    try:
        handle = lake.at(table, number)
    except (DeltaError, OverflowError):
        raise absent(lake, table, number) from None
    at = datetime.fromtimestamp(lake.storage.modified(f"{lake.folder(table)}/_delta_log/{number:020}.json") or 0, UTC)
    listing = Listing(handle)
    return Version(number, at, listing.n_rows()), frozenset(listing.paths())


def changed_files(lake: Lake, table: Table, since: int | None) -> tuple[frozenset[str], frozenset[str]] | None:
    """The files that only version ``since`` has, and those that only the newest has: all rows in which the two differ.

    None where there is no telling, as version or files are not there any more.
    """
    listing = lake.listing(table)
    try:
        then = None if since is None else frozenset(Listing(lake.at(table, since)).paths())
    except (DeltaError, OverflowError):
        return None
    if listing is None or then is None:
        return None
    now = frozenset(listing.paths())
    return (then - now, now - then) if are_there(lake, table, then - now) else None


def absent(lake: Lake, table: Table, number: int) -> TwilyticsError:
    """That a version cannot be read, and which can."""
    log = [file.name for file in lake.storage.files(f"{lake.folder(table)}/_delta_log")]
    logged = sorted(int(name[:-5]) for name in log if name.endswith(".json") and name[:-5].isdigit())
    checkpoints = [int(name[:20]) for name in log if name.endswith(CHECKPOINT) and name[:20].isdigit()]
    begun = [found for found in logged if 0 in logged or found >= min(checkpoints, default=0)]
    # Maintenance removes the oldest files first, so that the versions that have all of theirs are the newest ones.
    whole = begun[bisect_left(begun, True, key=lambda found: _is_whole(lake, table, found)) :]
    there = f"versions {whole[0]} to {whole[-1]}" if len(whole) > 1 else f"version {whole[0]}" if whole else "none"
    told = f"{table.name} has no version {number} that can be read, but {there}"
    if whole and 0 <= number < whole[0]:
        return TwilyticsError(f"{told}: maintenance removed the files of older ones (TWILYTICS_RETENTION_HOURS says when)")
    return TwilyticsError(told)


def _is_whole(lake: Lake, table: Table, number: int) -> bool:
    return are_there(lake, table, Listing(lake.at(table, number)).paths())


def are_there(lake: Lake, table: Table, names: Iterable[str]) -> bool:
    """Whether all of these files of the table still are."""
    return all(lake.storage.modified(f"{lake.folder(table)}/{name}") is not None for name in names)
