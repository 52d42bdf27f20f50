"""The topics that were present longest in a place over the last day, week, 30 days and year.

    frequency = slots of the window in which the topic trended

The first 50 by frequency, then best rank, then the topic's code points. The whole days of a window come summed; the day of
the newest slot comes from the daily roll-up, and only the day that the window's begin cuts is counted slot by slot.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import place_days, topic_days, topic_windows, trends
from twilytics.gold.topic_windows import KEPT
from twilytics.gold.windows import HOURS
from twilytics.relations import day
from twilytics.schema import Column, Table, Trailing

TABLE = Table(
    name="gold.top_topics",
    description=__doc__,
    grain=("place", "window_hours", "position"),
    columns=(
        columns.PLACE,
        columns.WINDOW_HOURS,
        Column("position", "bigint", "1 is the topic present longest.", minimum=1, maximum=KEPT, unit="short"),
        columns.TOPIC,
        replace(columns.TITLE, description="The trend's name as shown last in the window."),
        columns.count("frequency", "Slots of the window in which the topic trended.", minimum=1),
        columns.BEST_RANK,
        columns.MAX_VOLUME,
    ),
    inputs=(trends.TABLE, topic_days.TABLE, topic_windows.TABLE, place_days.TABLE),
    reach=Trailing(HOURS, from_the_first=(place_days.TABLE.name,)),
    time=None,
    uniques=(("place", "window_hours", "topic"),),
)

FACTS = ("place", "window_hours", "topic", "title", "shown_at", "n_slots", "best_rank", "max_volume")


def transform(trends: ir.Table, topic_days: ir.Table, topic_windows: ir.Table, place_days: ir.Table) -> ir.Table:
    # A window at a time: engines plan a join by inequality, which all windows at once would be, far slower.
    newest = place_days.last_slot.max().as_scalar()
    at_the_ends = [part for hours in HOURS for part in (_in_cut_day(trends, newest, hours), _on_newest_day(topic_days, newest, hours))]
    seen = ibis.union(topic_windows.mutate(shown_at="last_day").select(*FACTS), *at_the_ends)
    # A topic that the whole days leave out has too few slots here, and with all of them it would still not be among the first.
    summed = seen.group_by("place", "window_hours", "topic").agg(
        title=seen.title.argmax(seen.shown_at),
        frequency=seen.n_slots.sum(),
        best_rank=seen.best_rank.min(),
        max_volume=seen.max_volume.max(),
    )
    by_presence = ibis.window(group_by=["place", "window_hours"], order_by=[ibis.desc("frequency"), "best_rank", "topic"])
    placed = summed.mutate(position=(ibis.row_number().over(by_presence) + 1).cast("int64"))
    return placed.filter(placed.position <= KEPT).select(*(column.name for column in TABLE.columns))


def _in_cut_day(trends: ir.Table, newest: ir.TimestampScalar, hours: int) -> ir.Table:
    """The day that the begin of the window of so many hours cuts, after that begin."""
    since = newest - ibis.interval(hours=hours)
    return (
        trends.filter((trends.slot > since) & (day(trends.slot) == day(since)))
        .mutate(
            window_hours=ibis.literal(hours, "int64"),
            shown_at="slot",
            n_slots=ibis.literal(1, "int64"),
            best_rank="rank",
            max_volume="volume",
        )
        .select(*FACTS)
    )


def _on_newest_day(topic_days: ir.Table, newest: ir.TimestampScalar, hours: int) -> ir.Table:
    today = topic_days.filter(topic_days.day == day(newest))
    return today.mutate(window_hours=ibis.literal(hours, "int64"), shown_at="day").select(*FACTS)
