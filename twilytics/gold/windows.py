"""The windows that summaries look back over: all end with the newest slot of all places."""

import ibis
import ibis.expr.types as ir

#: A day, a week, 30 days, a year.
HOURS = (24, 7 * 24, 30 * 24, 365 * 24)


def windows(place_days: ir.Table) -> ir.Table:
    """A row a window: ``window_hours``, ``newest`` slot, and ``since``: the window holds the slots after it, up to the newest."""
    newest = place_days.agg(newest=place_days.last_slot.max())
    hours = ibis.array(list(HOURS)).unnest().name("window_hours").as_table()
    return newest.cross_join(hours.select(window_hours=hours.window_hours.cast("int64"))).mutate(
        since=lambda t: t.newest - t.window_hours.as_interval("h")
    )
