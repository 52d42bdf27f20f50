"""What a capture plan comes to in a month of 30 days, before anything is spent: calls, cost, rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from twilytics import estimating, pacing, pairs
from twilytics.estimating import Estimate, Load
from twilytics.gold.trendsetter import LAGS
from twilytics.listening import SOURCES
from twilytics.sources import LIVE, x_access

#: More rows a month than a database on one machine is pleasant with: the pairs are to be chosen.
MANY_ROWS = 10_000_000
TIGHT_SHARE = 0.9


@dataclass(frozen=True)
class Calls:
    """``n`` calls of a source a month for ``usd``, and their ``share`` of its rate limit, 0–1, more where it does not fit."""

    source: str
    n: int
    share: float
    usd: float

    @property
    def is_tight(self) -> bool:
        """Whether second tries after failures may find no room."""
        return self.share > TIGHT_SHARE


@dataclass(frozen=True)
class Planned:
    """``calls`` by source, if none has to be repeated; those about topics are at most so many, as places share topics. Where the
    rate limit has no room for the plan, ``fitting`` tells plans that do fit. ``usd`` at the prices of ``prices_of``. ``n_rows`` a
    month by table, of full lists; ``a_slot`` is what one slot of them takes here, with each engine."""

    plan: str
    n_places: int
    n_pairs: int
    calls: tuple[Calls, ...]
    fits: bool
    fitting: tuple[str, ...]
    usd: float
    prices_of: str
    n_rows: Mapping[str, int] = field(hash=False)
    a_slot: tuple[Estimate, ...]

    @property
    def has_many_rows(self) -> bool:
        return sum(self.n_rows.values()) > MANY_ROWS


def planned(source: str, followed: Sequence[str], interval: timedelta, which_pairs: str, n_topics: int = 0) -> Planned:
    """``followed``: keys of places; ``which_pairs``: as TWILYTICS_PAIRS; X is asked about the top ``n_topics`` of each place.

    Raise :class:`SettingError` for a pair of unknown places.
    """
    plan = pacing.Plan(source, len(followed), interval)
    about = [pacing.Plan(asked.NAME, len(followed) * n_topics, interval) for asked in SOURCES] if n_topics else []
    calls = tuple(Calls(one.source, one.calls_a_month, one.share, one.usd_a_month) for one in (plan, *about))
    slots = plan.slots_a_month
    n_pairs = len(pairs.chosen(which_pairs, set(followed)))
    n_rows = {
        "gold.trends": slots * plan.n_places * LIVE[source].LISTED,
        "gold.change_rate": slots * plan.n_places,
        "gold.trend_equality": slots * n_pairs,
        "gold.trendsetter": slots * n_pairs * 2 * len(LAGS),
    }
    fitting = () if plan.fits else tuple(map(str, plan.that_fit()))
    if plan.fits and not all(one.fits for one in about):
        fitting = (f"TWILYTICS_TWEETS={pacing.most_topics(plan.n_places, interval) or 'off'}",)
    return Planned(
        str(plan),
        plan.n_places,
        n_pairs,
        calls,
        all(one.fits for one in (plan, *about)),
        fitting,
        sum(one.usd for one in calls),
        x_access.PRICES_OF,
        n_rows,
        estimating.of_a_slot(Load(plan.n_places, 1, n_pairs, LIVE[source].LISTED)),
    )
