"""What was to be captured and what was: by place, up to when, and what every place missed.

A slot that was asked for in vain counts as much as a capture: else a source that fails looks like one that has nothing new.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from twilytics.gold import captures, coverage
from twilytics.lake import Lake
from twilytics.slots import Slots, merged
from twilytics.sources.reasons import ENVELOPE

GAPS_TOLD = 20


@dataclass(frozen=True)
class PlaceStatus:
    """A place's slots: captured and missing ones from its first try to the newest try of all places.

    ``first`` and ``last`` are its captures, None where there is none.
    """

    place: str
    n_captured: int
    n_missing: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Tries:
    """``captured`` has place and slot of every capture, ``failed`` place, slot and reason of what was asked for, or skipped, in vain."""

    captured: pa.Table
    failed: pa.Table
    interval: timedelta

    @property
    def newest(self) -> datetime | None:
        """The newest slot of which there is a capture."""
        found: datetime | None = pc.max(self.captured["slot"]).as_py()
        return found

    @property
    def until(self) -> datetime | None:
        """The newest slot that was to be captured: of the data's own instants the one that is nearest to now."""
        known = (self.newest, pc.max(self.failed["slot"]).as_py())
        return max((slot for slot in known if slot is not None), default=None)

    @property
    def n_behind(self) -> int:
        """So many slots lies the newest capture before the newest try; of a lake without any capture, all that were tried."""
        if self.until is None:
            return 0
        begun = self.newest or pc.min(self.failed["slot"]).as_py() or self.until
        return (self.until - begun) // self.interval + (0 if self.newest else 1)

    @property
    def reason(self) -> str | None:
        """Why the newest try that brought nothing did not."""
        at = pc.max(self.failed["slot"])
        found: list[str] = self.failed.filter(pc.equal(self.failed["slot"], at))["reason"].to_pylist() if self.failed.num_rows else []
        return max(found, key=lambda reason: (found.count(reason), reason), default=None)

    def by_place(self) -> tuple[PlaceStatus, ...]:
        """In the order of their keys."""
        until = self.until
        asked = pa.concat_tables([self.captured.select(["place", "slot"]), self.failed.select(["place", "slot"])])
        begun = {row["place"]: row["slot_min"] for row in asked.group_by("place").aggregate([("slot", "min")]).to_pylist()}
        counted = self.captured.group_by("place").aggregate([("slot", "min"), ("slot", "max"), ("slot", "count")]).to_pylist()
        ends = {row["place"]: (row["slot_count"], row["slot_min"], row["slot_max"]) for row in counted}
        found = []
        for place, first in sorted(begun.items()):
            n, *first_and_last = ends.get(place, (0, None, None))
            assert until is not None
            found.append(PlaceStatus(place, n, (until - first) // self.interval + 1 - n, *first_and_last))
        return tuple(found)

    def gaps(self) -> tuple[Slots, ...]:
        """The newest runs of slots that every place missed, the newest first; what has not ended yet goes to the newest try."""
        there = merged(Slots(slot, slot + self.interval) for slot in self.captured["slot"].unique().to_pylist())
        between = [Slots(earlier.until, later.since) for earlier, later in pairwise(there)]
        if there and self.until is not None and self.n_behind:
            between.append(Slots(there[-1].until, self.until + self.interval))
        return tuple(reversed(between[-GAPS_TOLD:]))


def tries(lake: Lake, interval: timedelta) -> Tries:
    """All that the lake knows of."""
    covered = lake.read(coverage.TABLE, columns=["place", "slot", "state", "reason"])
    # A line that could not be opened tells no time: it stands at the time at which it was landed, when nobody asked anything.
    is_try = ~pc.is_in(pc.field("state"), pa.array(coverage.CAPTURED)) & ~pc.is_in(pc.field("reason"), pa.array([*ENVELOPE]))
    return Tries(lake.read(captures.TABLE, columns=["place", "slot"]), covered.filter(is_try).select(["place", "slot", "reason"]), interval)


def until(captured: pa.Table, waiting: tuple[Slots, ...]) -> datetime | None:
    """The newest captured slot before the first of those that wait."""
    slots = captured["slot"]
    if waiting:
        slots = slots.filter(pc.less(slots, pa.scalar(min(run.since for run in waiting), slots.type)))
    newest: datetime | None = pc.max(slots).as_py()
    return newest
