"""How long a topic stayed: a maximal run of it over a place's consecutive captures, broken where two lie more than 3 slots apart.

    duration_hours = last_seen_at − started_at + one interval

A run that the place's first or newest capture has, or one beside such a break, may have lasted longer: it is censored.
"""

from dataclasses import replace

import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import captures, open_runs, trends
from twilytics.gold.runs import APART, RUN, by_day, numbered
from twilytics.relations import INTERVAL, slots_between
from twilytics.schema import Check, Column, Running, Table

DURATION_HOURS = Column("duration_hours", "double", "Hours from its first slot to the end of its last.", minimum=0, unit="hours")

TABLE = Table(
    name="gold.episodes",
    description=__doc__,
    grain=("place", "topic", "started_at"),
    columns=(
        columns.PLACE,
        columns.TOPIC,
        open_runs.STARTED_AT,
        replace(columns.TITLE, description="The trend's name as shown last."),
        open_runs.LAST_SEEN_AT,
        open_runs.N_SLOTS,
        DURATION_HOURS,
        columns.BEST_RANK,
        columns.MAX_VOLUME,
        open_runs.CENSORED_START,
        Column(
            "censored_end", "boolean", "Whether it may last longer: its last capture is the place's newest, or the last before a break."
        ),
    ),
    inputs=(trends.TABLE, captures.TABLE, open_runs.TABLE),
    reach=Running(APART, carry=open_runs.TABLE.name),
    time="last_seen_at",
    uniques=(("place", "topic", "last_seen_at"),),
    checks=(
        Check(
            "ends_after_start",
            "last_seen_at >= started_at",
            "A run is seen last when it begins, or later.",
            breaks={"started_at": "2020-07-18T13:00:00Z", "last_seen_at": "2020-07-18T12:00:00Z"},
        ),
        Check(
            "lasts_while_seen",
            "duration_hours > 0 AND n_slots >= 1",
            "A run lasts for one slot at least.",
            breaks={"duration_hours": 0.0},
        ),
    ),
)


def transform(trends: ir.Table, captures: ir.Table, open_runs: ir.Table) -> ir.Table:
    days = by_day(trends, numbered(captures, open_runs), open_runs)
    runs = days.group_by(*RUN).agg(
        title=days.title.argmax(days.day),
        started_at=days.started_at.min(),
        last_seen_at=days.last_seen_at.max(),
        n_slots=days.n_slots.sum(),
        best_rank=days.best_rank.min(),
        max_volume=days.max_volume.max(),
        censored_start=days.censored_start.argmin(days.day),
        censored_end=days.censored_end.argmax(days.day),
    )
    return runs.mutate(duration_hours=(slots_between(runs.started_at, runs.last_seen_at) + 1) * INTERVAL / 60).select(
        *(column.name for column in TABLE.columns)
    )
