"""How much a place's trends changed over the last day, week, 30 days and year.

total, max, avg and min of `change_rate` over the slots of the window that have one (`n_slots`), and

    coverage = captured slots / slots of the window since the place's first capture
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.gold import captures, change_rate
from twilytics.gold.windows import HOURS, slots_between, windows
from twilytics.relations import INTERVAL, total
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
        columns.share("coverage", "Captured slots by the slots of the window since the place's first capture."),
    ),
    inputs=(change_rate.TABLE, captures.TABLE),
    reach=Trailing(HOURS, from_the_first=(captures.TABLE.name,)),
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


def transform(change_rate: ir.Table, captures: ir.Table) -> ir.Table:
    first = captures.group_by("place").agg(first=captures.slot.min())
    frame = first.cross_join(windows(captures))
    captured = (
        captures.join(frame, "place")
        .filter(lambda t: t.slot > t.since)
        .group_by("place", "window_hours")
        .agg(n_captured=lambda t: t.count())
    )
    changed = (
        change_rate.join(frame, "place")
        .filter(lambda t: (t.slot > t.since) & t.change_rate.notnull())
        .group_by("place", "window_hours")
        .agg(
            total=lambda t: total(t.change_rate),
            max=lambda t: t.change_rate.max(),
            min=lambda t: t.change_rate.min(),
            n_slots=lambda t: t.count(),
        )
    )
    keys = ["place", "window_hours"]
    summed = frame.left_join(captured, keys).drop("place_right", "window_hours_right")
    summed = summed.left_join(changed, keys).drop("place_right", "window_hours_right")
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
