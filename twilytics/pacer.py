"""When the next call may go: by the limit that is known, and by what the replies say of it. Pure: told the time, it never waits."""

from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from twilytics.pacing import LIMITS
from twilytics.sources.limit import Limit
from twilytics.sources.rate import Rate

SAME_RESET = timedelta(seconds=5)  # sources tell whole seconds, and we correct them by whole seconds of their clock
MARGIN = timedelta(seconds=1)  # for the same reason: who comes at the very second may still be counted with the one before
GUESSES = 15  # the guess after a first 429 that names no reset is this part of the limit's time, a minute for X; it doubles each time


@dataclass
class _Window:
    """What is known of one limit. ``left`` is the fewest that a reply told of what is counted anew at ``anew``."""

    taken: deque[datetime] = field(default_factory=deque)
    n_under_way: int = 0
    left: int | None = None
    anew: datetime | None = None
    held_until: datetime | None = None


class Pacer:
    """One for a source and as long as the process asks it: what it knows of earlier runs keeps later ones under the limit."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._windows: defaultdict[str, _Window] = defaultdict(_Window)

    def free_at(self, place_id: str, now: datetime) -> datetime:
        """When a call for a place may go: ``now``, or later."""
        window = self._of(place_id)
        at = max(now, window.held_until or now)
        if len(window.taken) >= self.limit.calls:
            # At most one window ahead, although the clock of this machine may have been put back.
            at = max(at, min(window.taken[-self.limit.calls] + self.limit.within, now + self.limit.within))
        if window.left is not None and window.anew is not None and window.left <= window.n_under_way:
            at = max(at, window.anew)
        return at

    def went(self, place_id: str, now: datetime) -> None:
        """A call goes out now."""
        window = self._of(place_id)
        window.taken.append(now)
        if len(window.taken) > self.limit.calls:
            window.taken.popleft()
        window.n_under_way += 1

    def came(self, place_id: str, went_at: datetime, rate: Rate | None, *, reached: bool = True) -> None:
        """A call came back, with what its reply told, None for no reply. One that never reached the source is not counted."""
        window = self._of(place_id)
        window.n_under_way -= 1
        if not reached:
            with suppress(ValueError):
                window.taken.remove(went_at)
        if rate is not None and rate.remaining is not None and rate.reset is not None:
            is_same = window.anew is not None and abs(rate.reset + MARGIN - window.anew) <= SAME_RESET
            window.left = min(rate.remaining, window.left) if is_same and window.left is not None else rate.remaining
            window.anew = rate.reset + MARGIN

    def hold(self, place_id: str, rate: Rate, now: datetime, nth: int) -> None:
        """The source said 429, to the ``nth`` call for a place: nothing goes before it says so, or where it says nothing, a guess."""
        window = self._of(place_id)
        guess = min(self.limit.within, self.limit.within / GUESSES * 2 ** (nth - 1))
        until = max(rate.not_before or rate.reset or now + guess, now) + MARGIN
        window.held_until = max(window.held_until or until, until)

    def _of(self, place_id: str) -> _Window:
        return self._windows[place_id if self.limit.per_place else ""]


@cache
def pacer(source: str) -> Pacer:
    """The one of a source for as long as the process lives: what it learnt of a limit holds for the next slot too."""
    return Pacer(LIMITS[source])
