"""How often a source may be asked, what that costs, and which plans fit. Pure: no clock, no setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from twilytics.errors import SettingError
from twilytics.slots import DAY, minutes
from twilytics.sources import LIVE, Source, verdict, x_counts, x_search
from twilytics.sources.bodies import parsed
from twilytics.sources.limit import Limit
from twilytics.sources.post import of
from twilytics.sources.reply import Reply
from twilytics.sources.x_access import PRICES_USD

_ASKED: tuple[Source, ...] = (*LIVE.values(), x_counts, x_search)
#: What the sources allow a caller of ours: X a token, Mastodon and Bluesky an address without an account.
LIMITS: Mapping[str, Limit] = MappingProxyType({source.NAME: source.LIMIT for source in _ASKED})

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
        return f"{self.n_places} place{'s' * (self.n_places != 1)} {_how_often(self.interval)}"


def _how_often(interval: timedelta) -> str:
    n_minutes = minutes(interval)
    return WORDS.get(n_minutes, f"every {n_minutes // 60} hours" if n_minutes % 60 == 0 else f"every {n_minutes} minutes")


def cost(source: str, reply: Reply | None) -> float:
    """What a call that reached the source cost, in USD: the most that it can, where the reply does not tell. Posts are paid for singly."""
    if source != x_search.NAME or reply is None:
        return LIMITS[source].usd
    if not verdict.is_answer(reply):
        return 0.0
    if verdict.unreadable(source, reply.payload):
        return LIMITS[source].usd
    return len(of(parsed(reply.payload), "data") or ()) * PRICES_USD["post"]


def check(plan: Plan) -> None:
    """Raise :class:`SettingError`, with the plans that fit, where the source's rate limit has no room for a plan."""
    if not plan.fits:
        raise SettingError(
            f"{plan.source} cannot be asked for {plan}: that is {plan.n_places} calls, and {plan.limit.most(plan.interval)} are allowed "
            f"({plan.limit}). What fits: {', or '.join(map(str, plan.that_fit()))}"
        )


def most_topics(n_places: int, interval: timedelta) -> int:
    """Of how many topics of each of so many places X can be told of, if no two places share one."""
    return min(LIMITS[source.NAME].most(interval) for source in (x_counts, x_search)) // n_places


def check_topics(n_topics: int, n_places: int, interval: timedelta) -> None:
    """Raise :class:`SettingError`, with the number that fits, where X's rate limit has no room for so many topics of each place."""
    most = most_topics(n_places, interval)
    if n_topics > most:
        fits = f"TWILYTICS_TWEETS={most} fits" if most else "fewer places fit, or a longer TWILYTICS_INTERVAL_MINUTES"
        raise SettingError(
            f"X cannot be asked about {n_topics} topics of each of {n_places} places {_how_often(interval)}, "
            f"if no two of them share one: {fits}; or set TWILYTICS_TWEETS=off"
        )
