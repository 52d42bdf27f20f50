"""How a topic did in a place over the whole days of a window: the roll-up of roll-ups that `top_topics` is picked from.

The window's days are those that lie in it wholly, and before the day of the newest slot: they stay the same all day, and so
does this table. A topic is left out where, with what it had on the day that the window's begin cuts, even all slots of the
newest day could not bring it among the first 50.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import place_days, topic_days
from twilytics.gold.windows import HOURS
from twilytics.relations import INTERVAL, day
from twilytics.schema import Table, Trailing

#: The first so many topics of a window are kept.
KEPT = 50
SLOTS_OF_A_DAY = 24 * 60 // INTERVAL

TABLE = Table(
    name="gold.topic_windows",
    description=__doc__,
    grain=("place", "window_hours", "topic"),
    columns=(
        columns.PLACE,
        columns.WINDOW_HOURS,
        columns.TOPIC,
        replace(columns.TITLE, description="The trend's name as shown last in these days."),
        replace(topic_days.DAY, name="last_day", description="Midnight UTC at which the last of these days began that had the topic."),
        columns.count("n_slots", "Slots in which the topic trended.", minimum=1),
        columns.BEST_RANK,
        columns.MAX_VOLUME,
    ),
    inputs=(topic_days.TABLE, place_days.TABLE),
    reach=Trailing(HOURS, from_the_first=(place_days.TABLE.name,), of_whole_days=True),
    time=None,
    is_published=False,
)


def transform(topic_days: ir.Table, place_days: ir.Table) -> ir.Table:
    # A window at a time: engines plan a join by inequality, which all windows at once would be, far slower.
    newest = place_days.last_slot.max().as_scalar()
    summed = ibis.union(*(_summed(topic_days, newest, hours) for hours in HOURS))
    frequencies = summed.filter(summed.n_slots > 0).group_by("place", "window_hours", "n_slots").agg(n=lambda t: t.count())
    from_the_top = ibis.cumulative_window(group_by=["place", "window_hours"], order_by=ibis.desc("n_slots"))
    full = frequencies.mutate(n_above=frequencies.n.sum().over(from_the_top)).filter(lambda t: t.n_above >= KEPT)
    last_kept = full.group_by("place", "window_hours").agg(least=full.n_slots.max())
    able = summed.filter(summed.n_slots > 0).left_join(last_kept, ["place", "window_hours"])
    able = able.filter(able.least.isnull() | (able.n_slots + able.n_cut + SLOTS_OF_A_DAY >= able.least))
    return able.select(*(column.name for column in TABLE.columns))


def _summed(topic_days: ir.Table, newest: ir.TimestampScalar, hours: int) -> ir.Table:
    """Each topic of each place over the whole days of the window of so many hours, and ``n_cut``: its slots of the day before them."""
    cut = day(newest - ibis.interval(hours=hours))
    inside = topic_days.filter((topic_days.day >= cut) & (topic_days.day < day(newest)))
    is_whole = inside.day > cut
    return inside.group_by("place", "topic", window_hours=ibis.literal(hours, "int64")).agg(
        title=inside.title.argmax(inside.day),
        last_day=inside.day.max(),
        n_slots=ibis.ifelse(is_whole, inside.n_slots, 0).sum(),
        n_cut=ibis.ifelse(is_whole, 0, inside.n_slots).sum(),
        best_rank=ibis.ifelse(is_whole, inside.best_rank, ibis.null("int64")).min(),
        max_volume=ibis.ifelse(is_whole, inside.max_volume, ibis.null("int64")).max(),
    )
