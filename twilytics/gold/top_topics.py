"""The topics that were present longest in a place over the last day, week, 30 days and year.

    frequency = slots of the window in which the topic trended

The first 50 by frequency, then best rank, then the topic's code points. Days that lie in a window wholly come from
the daily roll-up; only the day that the window's begin cuts is counted slot by slot.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import captures, topic_days, trends
from twilytics.gold.windows import HOURS
from twilytics.relations import day
from twilytics.schema import Column, Table, Trailing

KEPT = 50

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
    inputs=(trends.TABLE, topic_days.TABLE, captures.TABLE),
    reach=Trailing(HOURS),
    time=None,
    uniques=(("place", "window_hours", "topic"),),
)


def transform(trends: ir.Table, topic_days: ir.Table, captures: ir.Table) -> ir.Table:
    # A window at a time: engines plan a join by inequality, which all windows at once would be, far slower.
    newest = captures.slot.max().as_scalar()
    seen = ibis.union(*(_seen(trends, topic_days, newest, hours) for hours in HOURS))

    # Ordering all topics of a year costs more than counting them, so only those that can be among the first are ordered:
    # the most frequent, down to the frequency with which the first 50 are full.
    frequencies = seen.group_by("place", "window_hours", "frequency").agg(n=lambda t: t.count())
    from_the_top = ibis.cumulative_window(group_by=["place", "window_hours"], order_by=ibis.desc("frequency"))
    enough = frequencies.mutate(n_above=frequencies.n.sum().over(from_the_top) - frequencies.n).filter(lambda t: t.n_above < KEPT)
    leading = seen.semi_join(enough, ["place", "window_hours", "frequency"])

    by_presence = ibis.window(group_by=["place", "window_hours"], order_by=[ibis.desc("frequency"), "best_rank", "topic"])
    placed = leading.mutate(position=(ibis.row_number().over(by_presence) + 1).cast("int64"))
    return placed.filter(placed.position <= KEPT).select(*(column.name for column in TABLE.columns))


def _seen(trends: ir.Table, topic_days: ir.Table, newest: ir.TimestampScalar, hours: int) -> ir.Table:
    """Each topic of each place in the window of so many hours, with how it did there."""
    since = newest - ibis.interval(hours=hours)
    facts = ("place", "topic", "title", "shown_at", "n_slots", "best_rank", "max_volume")
    in_cut_day = (
        trends.filter((trends.slot > since) & (day(trends.slot) == day(since)))
        .mutate(shown_at="slot", n_slots=ibis.literal(1, "int64"), best_rank="rank", max_volume="volume")
        .select(*facts)
    )
    in_whole_days = topic_days.filter(topic_days.day > day(since)).mutate(shown_at="day").select(*facts)
    return (
        ibis.union(in_cut_day, in_whole_days)
        .group_by("place", "topic", window_hours=ibis.literal(hours, "int64"))
        .agg(
            title=lambda t: t.title.argmax(t.shown_at),
            frequency=lambda t: t.n_slots.sum(),
            best_rank=lambda t: t.best_rank.min(),
            max_volume=lambda t: t.max_volume.max(),
        )
    )
