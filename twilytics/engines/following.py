"""Following a table key by key: what does not depend on who computes."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from twilytics import versions
from twilytics.lake import Lake
from twilytics.schema import Keyed, Table
from twilytics.slots import Runs, Slots, fewer, floor

#: A table is replaced in so many runs at most: a few rows too many cost less than a longer condition.
MOST_RUNS = 12


def of(table: Table) -> tuple[Table, str, str]:
    """What the table follows, by which key, and the column by which its own rows are replaced."""
    assert isinstance(table.reach, Keyed)
    assert table.time is not None
    return table.reach.followed(table), table.reach.key, table.time


def changed_files(lake: Lake, table: Table, since: int | None) -> tuple[frozenset[str], frozenset[str]] | None:
    """As :func:`twilytics.versions.changed_files` of what the table follows; None also where the table itself is not there."""
    followed, _, _ = of(table)
    return versions.changed_files(lake, followed, since if lake.handle(table) else None)


def runs(times: Iterable[datetime], interval: timedelta) -> Runs:
    """The slots of rows of these times: of those that come, and of those that they replace."""
    slots = {floor(at, interval) for at in times}
    return fewer((Slots(slot, slot + interval) for slot in slots), MOST_RUNS)
