"""Slots: instants floored to the capture interval, and half-open runs of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

DAY = timedelta(days=1)


def minutes(interval: timedelta) -> int:
    return interval // timedelta(minutes=1)


def floor(instant: datetime, interval: timedelta) -> datetime:
    """The slot that an instant with a zone falls into. Slots count from midnight UTC."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no zone")
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return instant.astimezone(UTC) - (instant - epoch) % interval


@dataclass(frozen=True, order=True)
class Slots:
    """All slots t with since <= t < until."""

    since: datetime
    until: datetime

    def widened(self, interval: timedelta, back: int = 0, on: int = 0) -> "Slots":
        return Slots(self.since - back * interval, self.until + on * interval)

    def days(self) -> "Slots":
        """The whole UTC days that these slots touch."""
        return Slots(floor(self.since, DAY), -((-self.until.timestamp()) // DAY.total_seconds()) * DAY + datetime(1970, 1, 1, tzinfo=UTC))

    def chunks(self, length: timedelta) -> Iterable["Slots"]:
        """These slots cut at multiples of ``length``, so that a chunk is the same whoever cuts."""
        since = self.since
        while since < self.until:
            until = min(floor(since, length) + length, self.until)
            yield Slots(since, until)
            since = until

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M} UTC"


#: In order, and apart from each other.
Runs = tuple[Slots, ...]


def intervals(runs: Iterable[Slots]) -> str:
    """ISO 8601 intervals, ends left out; ``all`` where they hold whatever there is."""
    told = merged(runs)
    return "all" if EVER in told else ", ".join(f"{run.since:%Y-%m-%dT%H:%MZ}/{run.until:%Y-%m-%dT%H:%MZ}" for run in told)


def merged(runs: Iterable[Slots], gap: timedelta = timedelta(0)) -> Runs:
    """The runs in order, those joined that overlap, touch, or lie at most ``gap`` apart."""
    result: list[Slots] = []
    for run in sorted(runs):
        if result and run.since - result[-1].until <= gap:
            result[-1] = Slots(result[-1].since, max(result[-1].until, run.until))
        else:
            result.append(run)
    return tuple(result)


def without(runs: Iterable[Slots], *done: Slots) -> Runs:
    """The runs less what each of ``done`` covers."""
    left = list(runs)
    for one in done:
        before = [Slots(run.since, min(run.until, one.since)) for run in left]
        after = [Slots(max(run.since, one.until), run.until) for run in left]
        left = [part for part in (*before, *after) if part.since < part.until]
    return merged(left)


def overlap(runs: Iterable[Slots], other: Slots) -> bool:
    """Whether one of the runs shares a slot with the other."""
    return any(run.since < other.until and other.since < run.until for run in runs)


def fewer(runs: Iterable[Slots], at_most: int) -> Runs:
    """Runs that cover these and are no more than so many: those are joined that the shortest gaps part."""
    found = merged(runs)
    gaps = sorted(later.since - earlier.until for earlier, later in pairwise(found))
    return merged(found, gaps[-at_most]) if len(found) > at_most else found


#: All slots there can be.
EVER = Slots(datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))
