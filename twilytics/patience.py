"""Time, as asking sees it: what time it is, how to wait, and for how long before another try."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from twilytics import stopping
from twilytics.sources.wire import utc_now


@dataclass(frozen=True)
class Clock:
    """The machine's own, whose waiting ends where somebody asks to stop. Tests bring one that only says that it waited."""

    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], object] = stopping.requested.wait
    stopped: Callable[[], bool] = stopping.requested.is_set


@dataclass(frozen=True)
class Patience:
    """How often a place is asked for, and how long after what can pass: twice as long each time, less up to a half by chance."""

    tries: int = 4
    first_s: float = 1.0
    longest_s: float = 60.0
    chance: random.Random = field(default_factory=random.SystemRandom)

    def wait(self, n_calls: int) -> timedelta:
        longest = min(self.longest_s, self.first_s * 2 ** (n_calls - 1))
        return timedelta(seconds=longest * self.chance.uniform(0.5, 1))
