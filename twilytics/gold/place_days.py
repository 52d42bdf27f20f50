"""How a place did on a day by one source: the roll-up that whatever looks at all captures is summed from."""

from dataclasses import replace

import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import captures, change_rate
from twilytics.gold.topic_days import DAY
from twilytics.relations import day, total
from twilytics.schema import Column, Daily, Table

TABLE = Table(
    name="gold.place_days",
    description=__doc__,
    grain=("place", "day", "source"),
    columns=(
        columns.PLACE,
        DAY,
        columns.SOURCE,
        columns.count("n_captured", "Captured slots.", minimum=1),
        replace(columns.SLOT, name="first_slot", description="The first captured slot of the day."),
        replace(columns.SLOT, name="last_slot", description="The last captured slot of the day."),
        columns.count("n_changes", "Slots that have a change rate."),
        Column("total", "double", "Sum of the change rates; NULL when none is known.", nullable=True, minimum=0, unit="short"),
        columns.share("max", "Largest change rate.", nullable=True),
        columns.share("min", "Smallest change rate.", nullable=True),
    ),
    inputs=(captures.TABLE, change_rate.TABLE),
    reach=Daily(),
    time="day",
    is_published=False,
)


def transform(captures: ir.Table, change_rate: ir.Table) -> ir.Table:
    changes = captures.join(change_rate, ["place", "slot"])
    return changes.group_by(changes.place, day(changes.slot).name("day"), changes.source).agg(
        n_captured=changes.count(),
        first_slot=changes.slot.min(),
        last_slot=changes.slot.max(),
        n_changes=changes.change_rate.count(),
        total=total(changes.change_rate),
        max=changes.change_rate.max(),
        min=changes.change_rate.min(),
    )
