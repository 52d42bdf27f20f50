"""How many episodes of a place that were seen last on a day lasted how long: the roll-up that `survival` is summed from.

Only episodes whose begin is known (`censored_start` is false).
"""

import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import episodes
from twilytics.gold.topic_days import DAY
from twilytics.relations import day
from twilytics.schema import Daily, Table

TABLE = Table(
    name="gold.lifetimes",
    description=__doc__,
    grain=("place", "day", "duration_hours"),
    columns=(
        columns.PLACE,
        DAY,
        episodes.DURATION_HOURS,
        columns.count("n_ended", "Episodes that ended after so long."),
        columns.count("n_censored", "Episodes that were seen for so long, and whose end is not known."),
    ),
    inputs=(episodes.TABLE,),
    reach=Daily(),
    time="day",
    is_published=False,
)


def transform(episodes: ir.Table) -> ir.Table:
    begun = episodes.filter(~episodes.censored_start)
    return begun.group_by(begun.place, day(begun.last_seen_at).name("day"), begun.duration_hours).agg(
        n_ended=(~begun.censored_end).sum(), n_censored=begun.censored_end.sum()
    )
