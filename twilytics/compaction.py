"""Small neighbouring files of a table → fewer, ordered by time, none larger than what replacing one slot may rewrite.

delta-rs' own ``optimize.compact`` joins files in the order of the log: a late slot ends up beside the newest one, in
a file that spans all the time between them, and every cycle after that reads and rewrites it. So files are joined by
their time here, by replacing a run of slots with its own rows.
"""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pyarrow as pa

from twilytics import lake as lakes
from twilytics.lake import Lake
from twilytics.listing import AFTER, Listing
from twilytics.schema import Table
from twilytics.slots import Slots

#: The writer guesses a file's size before compression: asked for what the files had, it would part again what was joined.
IN_ONE_FILE = 1 << 30
#: Of files that all reach into each other, so many bytes are read and sorted at once: some 20 times as many in memory.
SORTED_BYTES = 1 << 24


def compact(lake: Lake, table: Table) -> None:
    """Join the table's small files, run by run, each durable before the next. Only under the lake's lock.

    Rows stay what they are. Tables that are only ever replaced whole have nothing to join. Files that reach into each other, as
    some weeks of cycles leave them, are parted by time first. What was joined is smaller than its parts, and may be joined with
    more: goes on until there are no fewer.
    """
    if table.time is None:
        return
    order = [(name, "ascending") for name in (table.time, *table.grain)]
    for run in list(tangles(lake.listing(table), table.time, lakes.FILE_BYTES)):
        lake.replace(table, lake.read(table, (run,)).sort_by(order), (run,))
    before = None
    while (listing := lake.listing(table)) and (before is None or len(listing.paths()) < before):
        before = len(listing.paths())
        for run in list(runs_of_small_files(listing, table.time, lakes.FILE_BYTES)):
            lake.replace(table, lake.read(table, (run,)).sort_by(order), (run,), IN_ONE_FILE)


def tangles(listing: Listing | None, time: str, at_most: int) -> Iterator[Slots]:
    """Runs of which each file reaches into another's time, and that one file of ``at_most`` bytes could not hold.

    Two files that share no more than the slot at which the one ends and the other begins are in order.
    """
    files = _in_order(listing, time)
    if files is None:
        return
    ends = zip(files[f"min.{time}"].to_pylist(), files[f"max.{time}"].to_pylist(), files["size_bytes"].to_pylist(), strict=True)
    groups: list[tuple[datetime, datetime, int, int]] = []
    for since, until, size in ends:
        if groups and since < groups[-1][1]:
            first, newest, n, total = groups[-1]
            groups[-1] = first, max(newest, until), n + 1, total + size
        else:
            groups.append((since, until, 1, size))
    for first, newest, n, total in groups:
        if n > 1 and at_most < total <= SORTED_BYTES:
            yield Slots(first, newest + AFTER)


def runs_of_small_files(listing: Listing, time: str, at_most: int) -> Iterator[Slots]:
    """Runs that hold two files or more as wholes, where all files that reach into the run have ``at_most`` bytes together.

    A file that spans much, from an append of answers of many times, therefore never makes a run that is read at once.
    """
    files = _in_order(listing, time)
    if files is None:
        return
    instants = [files[f"{end}.{time}"].to_pylist() for end in ("min", "max")]
    since, until = (np.array([instant.timestamp() for instant in ends]) for ends in instants)
    size = files["size_bytes"].to_numpy()

    def weight(first: int, newest: float) -> int:
        return int(size[(since <= newest) & (until >= since[first])].sum())

    first, n = 0, len(size)
    while first < n:
        newest, following = until[first], first + 1
        while following < n and weight(first, wider := max(newest, until[following])) <= at_most:
            newest, following = wider, following + 1
        inside = int(((since >= since[first]) & (until <= newest)).sum())
        if inside > 1 and weight(first, newest) <= at_most:
            last = max(instant for instant, number in zip(instants[1], until, strict=True) if number <= newest)
            yield Slots(instants[0][first], last + AFTER)
        first = following


def _in_order(listing: Listing | None, time: str) -> pa.Table | None:
    """The files that have the time, by the first that they hold; None where there are none."""
    if listing is None or not listing.files.num_rows or f"min.{time}" not in listing.files.column_names:
        return None
    return listing.files.filter(listing.files[f"max.{time}"].is_valid()).sort_by(f"min.{time}")
