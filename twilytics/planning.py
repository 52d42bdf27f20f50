"""What a capture plan comes to in a month of 30 days, before anything is spent: calls, cost, rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from twilytics import pacing, pairs
from twilytics.gold.trendsetter import LAGS

#: Entries that a full list has: X gives 50 at most.
LISTED = {"mastodon": 20, "bluesky": 25}
MOST_LISTED = 50
#: More rows a month than a database on one machine is pleasant with: the pairs are to be chosen.
MANY_ROWS = 10_000_000


@dataclass(frozen=True)
class Planned:
    """``share`` of the rate limit, 0–1, more where it does not fit: then ``fitting`` tells plans that do. ``usd`` and ``n_calls`` a
    month, if no call has to be repeated, at the prices of ``prices_of``. ``n_rows`` a month by table, of full lists."""

    plan: str
    n_places: int
    n_pairs: int
    n_calls: int
    share: float
    fits: bool
    fitting: tuple[str, ...]
    usd: float
    prices_of: str
    n_rows: Mapping[str, int] = field(hash=False)

    @property
    def has_many_rows(self) -> bool:
        return sum(self.n_rows.values()) > MANY_ROWS


def planned(source: str, followed: Sequence[str], interval: timedelta, which_pairs: str) -> Planned:
    """``followed``: keys of places; ``which_pairs``: as TWILYTICS_PAIRS. Raise :class:`SettingError` for a pair of unknown places."""
    plan = pacing.Plan(source, len(followed), interval)
    slots = plan.slots_a_month
    n_pairs = len(pairs.chosen(which_pairs, set(followed)))
    n_rows = {
        "gold.trends": slots * plan.n_places * LISTED.get(source, MOST_LISTED),
        "gold.change_rate": slots * plan.n_places,
        "gold.trend_equality": slots * n_pairs,
        "gold.trendsetter": slots * n_pairs * 2 * len(LAGS),
    }
    fitting = () if plan.fits else tuple(map(str, plan.that_fit()))
    return Planned(
        str(plan),
        plan.n_places,
        n_pairs,
        plan.calls_a_month,
        plan.share,
        plan.fits,
        fitting,
        plan.usd_a_month,
        pacing.PRICES_OF,
        n_rows,
    )
