"""The runs of a topic that were open at a midnight: what `episodes` of the following day go on from.

Open is a run whose topic the place's last capture before the midnight had, not more than 3 slots before it.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import captures, trends
from twilytics.gold.runs import APART, RUN, by_day, numbered
from twilytics.relations import day, later
from twilytics.schema import Column, Running, Table

STARTED_AT = Column("started_at", "timestamp", "The slot in which the topic came into the list.")
LAST_SEEN_AT = Column("last_seen_at", "timestamp", "The last slot in which the topic was in the list.")
N_SLOTS = columns.count("n_slots", "Captures that had the topic.", minimum=1)
CENSORED_START = Column(
    "censored_start", "boolean", "Whether it may have begun earlier: its first capture is the place's first, or the first after a break."
)
MIDNIGHT = Column("day", "timestamp", "Midnight UTC over which the run was open.")

TABLE = Table(
    name="gold.open_runs",
    description=__doc__,
    grain=("place", "day", "topic"),
    columns=(
        columns.PLACE,
        MIDNIGHT,
        columns.TOPIC,
        STARTED_AT,
        replace(columns.TITLE, description="The trend's name as shown last before the midnight."),
        replace(LAST_SEEN_AT, description="The place's last capture before the midnight."),
        N_SLOTS,
        columns.BEST_RANK,
        columns.MAX_VOLUME,
        CENSORED_START,
    ),
    inputs=(trends.TABLE, captures.TABLE),
    reach=Running(APART, carry="gold.open_runs"),
    time="day",
    is_published=False,
)


def transform(trends: ir.Table, captures: ir.Table, open_runs: ir.Table) -> ir.Table:
    in_order = numbered(captures, open_runs)
    runs = by_day(trends, in_order, open_runs)
    through = ibis.cumulative_window(group_by=list(RUN), order_by="day")
    so_far = runs.select(
        "place",
        "topic",
        "title",
        "last_seen_at",
        started_at=runs.started_at.min().over(through),
        n_slots=runs.n_slots.sum().over(through),
        best_rank=runs.best_rank.min().over(through),
        max_volume=runs.max_volume.max().over(through),
        censored_start=runs.censored_start.first().over(through),
    )
    # As many midnights as three slots of a day each can pass.
    ahead = ibis.array([1, 2, 3]).unnest().name("days").as_table()
    last = in_order.cross_join(ahead)
    last = last.mutate(day=day(last.slot) + last.days.as_interval("D"))
    last = last.filter((last.day <= later(last.slot, APART)) & (last.following.isnull() | (last.following >= last.day)))
    return so_far.join(last.select("place", "day", last_seen_at="slot"), ["place", "last_seen_at"]).select(
        *(column.name for column in TABLE.columns)
    )
