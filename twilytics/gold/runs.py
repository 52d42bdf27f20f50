"""Runs of a topic over a place's consecutive captures: what `episodes` and `open_runs` are both made of.

A run is broken where two captures lie more than 3 slots apart. It may begin before the first slot that is looked at: then
it goes on from a row of `open_runs`, which counts as what the place's last capture before had of it.
"""

import ibis
import ibis.expr.types as ir

from twilytics.relations import day, later

#: Captures that lie further apart break every run.
APART = 3

#: What tells one run from another.
RUN = ("place", "topic", "segment", "island")


def numbered(captures: ir.Table, open_runs: ir.Table) -> ir.Table:
    """Each capture with its number ``n``, the ``segment`` of captures that no break parts, whether it ``is_first`` or ``is_last``
    in its segment, and the slot that is ``following``. Of the captures before, what is open tells of the last."""
    captures = ibis.union(captures.select("place", "slot"), open_runs.select("place", slot="last_seen_at").distinct())
    in_order = ibis.window(group_by="place", order_by="slot")
    so_far = ibis.cumulative_window(group_by="place", order_by="slot")
    beside = captures.select(
        "place",
        "slot",
        n=ibis.row_number().over(in_order),
        before=captures.slot.lag().over(in_order),
        following=captures.slot.lead().over(in_order),
    )
    apart = beside.mutate(is_first=_is_break(beside.before, beside.slot), is_last=_is_break(beside.slot, beside.following))
    return apart.select("place", "slot", "n", "following", "is_first", "is_last", segment=apart.is_first.cast("int64").sum().over(so_far))


def _is_break(earlier: ir.TimestampValue, slot: ir.TimestampValue) -> ir.BooleanValue:
    return earlier.isnull() | slot.isnull() | (slot > later(earlier, APART)).fill_null(True)


def by_day(trends: ir.Table, captures: ir.Table, open_runs: ir.Table) -> ir.Table:
    """A row a run and day: what it came to in the slots of that day, with what was carried into the first."""
    begun = open_runs.select(
        "place", "topic", "title", "n_slots", "best_rank", "max_volume", "started_at", "censored_start", slot="last_seen_at"
    )
    seen = trends.select(
        "place",
        "topic",
        "title",
        "slot",
        n_slots=ibis.literal(1, "int64"),
        best_rank="rank",
        max_volume="volume",
        started_at="slot",
        censored_start=ibis.null("boolean"),
    ).select(*begun.columns)
    present = ibis.union(begun, seen).join(captures, ["place", "slot"])
    through = ibis.window(group_by=["place", "topic", "segment"], order_by="n")
    runs = present.mutate(nth=ibis.row_number().over(through)).mutate(island=lambda t: t.n - t.nth)
    return runs.group_by(*RUN, day=day(runs.slot)).agg(
        title=runs.title.argmax(runs.slot),
        started_at=runs.started_at.min(),
        # Of what was carried it is told; of what began here, its first capture tells.
        censored_start=runs.censored_start.fill_null(runs.is_first).argmin(runs.slot),
        last_seen_at=runs.slot.max(),
        n_slots=runs.n_slots.sum(),
        best_rank=runs.best_rank.min(),
        max_volume=runs.max_volume.max(),
        censored_end=runs.is_last.argmax(runs.slot),
    )
