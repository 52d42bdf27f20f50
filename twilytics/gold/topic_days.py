"""How a topic did on a day in a place: the roll-up that the long windows are summed from."""

from dataclasses import replace

import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import trends
from twilytics.relations import day
from twilytics.schema import Column, Daily, Table

DAY = Column("day", "timestamp", "Midnight UTC at which the day begins.")

TABLE = Table(
    name="gold.topic_days",
    description=__doc__,
    grain=("place", "day", "topic"),
    columns=(
        columns.PLACE,
        DAY,
        columns.TOPIC,
        replace(columns.TITLE, description="The trend's name as shown last on that day."),
        columns.count("n_slots", "Slots in which the topic trended.", minimum=1),
        columns.BEST_RANK,
        columns.MAX_VOLUME,
    ),
    inputs=(trends.TABLE,),
    reach=Daily(),
    time="day",
    is_published=False,
)


def transform(trends: ir.Table) -> ir.Table:
    return (
        trends.group_by(trends.place, day(trends.slot).name("day"), trends.topic)
        .agg(
            title=trends.title.argmax(trends.slot),
            n_slots=trends.count(),
            best_rank=trends["rank"].min(),
            max_volume=trends.volume.max(),
        )
        .select(*(column.name for column in TABLE.columns))
    )
