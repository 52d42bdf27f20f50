"""How often a source may be asked, what that costs, and which plans fit. Pure: no clock, no setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from twilytics.errors import SettingError
from twilytics.slots import DAY, minutes
from twilytics.sources import x_counts, x_search

#: What X charges for pay-per-use access, in USD: a trends request, a post that is read, a counts request.
PRICES_USD: Mapping[str, float] = MappingProxyType({"trends": 0.010, "post": 0.005, "counts": 0.005})
PRICES_OF = "2026-11"


@dataclass(frozen=True)
class Limit:
    """So many calls within any so long; ``per_place`` where each place is a server with a limit of its own. A call costs ``usd``."""

    calls: int
    within: timedelta
    per_place: bool = False
    usd: float = 0.0

    def most(self, interval: timedelta) -> int:
        """How many calls an interval has room for, in the long run."""
        return self.calls * interval // self.within

    def __str__(self) -> str:
        return f"{self.calls} in {minutes(self.within)} minutes"


#: What the sources allow a caller of ours: X a token, Mastodon and Bluesky an address without an account. As of 2026-11.
LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "x-v2": Limit(75, timedelta(minutes=15), usd=PRICES_USD["trends"]),
        "x-v1.1": Limit(75, timedelta(minutes=15), usd=PRICES_USD["trends"]),
        "mastodon": Limit(300, timedelta(minutes=5), per_place=True),
        "bluesky": Limit(3000, timedelta(minutes=5)),
        # A search is paid for by the posts that it gives: these are the most.
        x_search.NAME: Limit(450, timedelta(minutes=15), usd=x_search.POSTS * PRICES_USD["post"]),
        x_counts.NAME: Limit(300, timedelta(minutes=15), usd=PRICES_USD["counts"]),
    }
)

#: The intervals that a plan is offered, of all that divide a day: people want to know when the next capture is.
USUAL = tuple(timedelta(minutes=n) for n in (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440))
WORDS = {60: "every hour", 120: "every two hours", 180: "every three hours", 1440: "once a day"}


@dataclass(frozen=True)
class Plan:
    """So many places of a source, each asked for once an interval."""

    source: str
    n_places: int
    interval: timedelta

    @property
    def limit(self) -> Limit:
        return LIMITS[self.source]

    @property
    def share(self) -> float:
        """Of the rate limit, 0–1; more than 1 does not fit. What is left of 1 is there for second tries."""
        most = self.limit.most(self.interval)
        return (1 if self.limit.per_place else self.n_places) / most if most else float("inf")

    @property
    def fits(self) -> bool:
        return self.share <= 1

    @property
    def slots_a_month(self) -> int:
        """Of 30 days."""
        return 30 * DAY // self.interval

    @property
    def calls_a_month(self) -> int:
        """If no call has to be repeated."""
        return self.n_places * self.slots_a_month

    @property
    def usd_a_month(self) -> float:
        return self.calls_a_month * self.limit.usd

    def that_fit(self) -> tuple["Plan", ...]:
        """This plan if it fits; else the nearest that do: fewer places at this interval, or these places less often."""
        if self.fits:
            return (self,)
        fewer = Plan(self.source, self.limit.most(self.interval), self.interval)
        rarer = (Plan(self.source, self.n_places, longer) for longer in USUAL if longer >= self.interval)
        fitting = next((plan for plan in rarer if plan.fits), None)
        return tuple(plan for plan in (fewer, fitting) if plan is not None and plan.n_places)

    def __str__(self) -> str:
        n_minutes = minutes(self.interval)
        hours = f"every {n_minutes // 60} hours" if n_minutes % 60 == 0 else f"every {n_minutes} minutes"
        return f"{self.n_places} place{'s' * (self.n_places != 1)} {WORDS.get(n_minutes, hours)}"


def check(plan: Plan) -> None:
    """Raise :class:`SettingError`, with the plans that fit, where the source's rate limit has no room for a plan."""
    if not plan.fits:
        raise SettingError(
            f"{plan.source} cannot be asked for {plan}: that is {plan.n_places} calls, and {plan.limit.most(plan.interval)} are allowed "
            f"({plan.limit}). What fits: {', or '.join(map(str, plan.that_fit()))}"
        )
