"""How much a place's trends changed over the last day, week, 30 days and year.

total, max, avg and min of `change_rate` over the slots of the window that have one (`n_slots`), and

    coverage = captured slots / slots of the window since the place's first capture

Days that lie in a window wholly come from the daily roll-up; only the day that the window's begin cuts is read slot by slot.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import captures, change_rate, place_days
from twilytics.gold.windows import HOURS, windows
from twilytics.relations import INTERVAL, day, slots_between, total
from twilytics.schema import Check, Column, Table, Trailing

TABLE = Table(
    name="gold.change_summary",
    description=__doc__,
    grain=("place", "window_hours"),
    columns=(
        columns.PLACE,
        columns.WINDOW_HOURS,
        Column("total", "double", "Sum of the change rates; NULL when none is known.", nullable=True, minimum=0, unit="short"),
        columns.share("max", "Largest change rate.", nullable=True),
        columns.share("avg", "Mean change rate.", nullable=True),
        columns.share("min", "Smallest change rate.", nullable=True),
        columns.count("n_slots", "Slots that have a change rate."),
        replace(columns.share("coverage", "Captured slots by the slots of the window since the place's first capture."), warns_below=0.95),
    ),
    inputs=(change_rate.TABLE, captures.TABLE, place_days.TABLE),
    reach=Trailing(HOURS, from_the_first=(place_days.TABLE.name,)),
    time=None,
    checks=(
        Check(
            "in_order",
            "min IS NULL OR (min <= avg + 1e-9 AND avg <= max + 1e-9 AND total + 1e-9 >= max)",
            "A mean lies between the extremes, and a sum of shares is no smaller than one of them.",
            breaks={"total": 1.0, "max": 0.2, "avg": 0.5, "min": 0.1, "n_slots": 2},
        ),
    ),
)


#: What the days of a window and the slots of the day that its begin cuts are told by.
FACTS = ("n_captured", "n_changes", "total", "max", "min")


def transform(change_rate: ir.Table, captures: ir.Table, place_days: ir.Table) -> ir.Table:
    frame = place_days.group_by("place").agg(first=place_days.first_slot.min()).cross_join(windows(place_days))
    keys = ["place", "window_hours"]
    in_cut_day = (
        captures.join(change_rate, ["place", "slot"])
        .join(frame, "place")
        .filter(lambda t: (t.slot > t.since) & (day(t.slot) == day(t.since)))
        .mutate(
            n_captured=ibis.literal(1, "int64"),
            n_changes=lambda t: t.change_rate.notnull().cast("int64"),
            total="change_rate",
            max="change_rate",
            min="change_rate",
        )
        .select(*keys, *FACTS)
    )
    in_whole_days = place_days.join(frame, "place").filter(lambda t: t.day > day(t.since)).select(*keys, *FACTS)
    counted = (
        ibis.union(in_cut_day, in_whole_days)
        .group_by(*keys)
        .agg(
            n_captured=lambda t: t.n_captured.sum(),
            n_slots=lambda t: t.n_changes.sum(),
            total=lambda t: total(t.total),
            max=lambda t: t.max.max(),
            min=lambda t: t.min.min(),
        )
    )
    summed = frame.left_join(counted, keys).drop("place_right", "window_hours_right")
    in_window = summed.window_hours * 60 // INTERVAL
    since_first = slots_between(summed["first"], summed.newest) + 1
    return summed.select(
        *keys,
        "total",
        "max",
        # Rounding must not push a mean beyond the extremes.
        avg=ibis.least(ibis.greatest(summed.total / summed.n_slots, summed["min"]), summed["max"]),
        min=summed["min"],
        n_slots=summed.n_slots.fill_null(0),
        coverage=summed.n_captured.fill_null(0) / ibis.ifelse(in_window < since_first, in_window, since_first),
    )
