"""Which place of a pair topics reach first, counted: what `lead_lag` tests for chance.

A topic arrives in a place when its earliest episode of the window begins whose begin is known (`censored_start` is false).
Compared are the topics that arrived in both places within 24 hours of each other.
"""

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.bronze import pairs
from twilytics.gold import episodes, place_days, places
from twilytics.schema import Check, Column, Table, Trailing

#: A week and 30 days.
DAYS = (7, 30)
#: Arrivals that lie further apart have little to do with each other.
WITHIN_HOURS = 24

TABLE = Table(
    name="gold.leads",
    description=__doc__,
    grain=("place_a", "place_b", "window_days"),
    columns=(
        columns.PLACE_A,
        columns.PLACE_B,
        Column(
            "window_days", "bigint", "Length in days of the window that ends with the newest slot of all places.", minimum=1, unit="short"
        ),
        columns.count("n_shared", "Topics that arrived in both places within 24 hours."),
        columns.count("a_first", "Of these, topics that were in place_a earlier."),
        columns.count("b_first", "Of these, topics that were in place_b earlier."),
        columns.count("ties", "Of these, topics that arrived in the same slot."),
        Column(
            "median_lead_hours",
            "double",
            "Median of the hours by which place_a was earlier; NULL when no topic is shared.",
            nullable=True,
            minimum=-WITHIN_HOURS,
            maximum=WITHIN_HOURS,
            unit="hours",
        ),
        Column("is_nested", "boolean", "Whether one place contains the other: what they share is no finding."),
    ),
    inputs=(episodes.TABLE, pairs.TABLE, places.TABLE, place_days.TABLE),
    reach=Trailing(tuple(24 * days for days in DAYS), from_the_first=(place_days.TABLE.name,)),
    time=None,
    checks=(
        columns.PAIR_IN_ORDER,
        Check(
            "all_counted",
            "a_first + b_first + ties = n_shared",
            "Each shared topic was somewhere first, or nowhere.",
            breaks={"n_shared": 3, "a_first": 1, "b_first": 1, "ties": 0},
        ),
    ),
    audits=(places.known("gold_leads", "place_a", "place_b", time=None),),
    is_published=False,
)


def transform(episodes: ir.Table, pairs: ir.Table, places: ir.Table, place_days: ir.Table) -> ir.Table:
    newest = place_days.last_slot.max().as_scalar()
    arrivals = ibis.union(*(_arrivals(episodes, newest, days) for days in DAYS))
    of_a = arrivals.select("window_days", "topic", place_a="place", at_a="arrived_at")
    of_b = arrivals.select("window_days", "topic", place_b="place", at_b="arrived_at")
    both = of_a.join(pairs, "place_a").join(of_b, ["window_days", "topic", "place_b"])
    # Hours by which place_a was earlier.
    led = both.mutate(lead=(both.at_b.epoch_seconds() - both.at_a.epoch_seconds()) / 3600).filter(lambda t: t.lead.abs() <= WITHIN_HOURS)
    keys = ["place_a", "place_b", "window_days"]
    counted = led.group_by(*keys).agg(
        n_shared=led.count(),
        a_first=(led.lead > 0).sum(),
        b_first=(led.lead < 0).sum(),
        ties=(led.lead == 0).sum(),
        median_lead_hours=led.lead.median(),
    )
    windows = ibis.array(list(DAYS)).unnest().name("window_days").as_table()
    asked = pairs.cross_join(windows.select(window_days=windows.window_days.cast("int64")))
    compared = asked.left_join(counted, keys).drop(*(f"{key}_right" for key in keys))
    around = places.select("place", "kind", "parent")
    told = compared.join(around.rename(place_a="place", kind_a="kind", parent_a="parent"), "place_a")
    told = told.join(around.rename(place_b="place", kind_b="kind", parent_b="parent"), "place_b")
    contains = (told.parent_a == told.place_b).fill_null(False) | (told.parent_b == told.place_a).fill_null(False)
    return told.select(
        *keys,
        *(told[name].fill_null(0).name(name) for name in ("n_shared", "a_first", "b_first", "ties")),
        "median_lead_hours",
        is_nested=contains | (told.kind_a == "worldwide") | (told.kind_b == "worldwide"),
    )


def _arrivals(episodes: ir.Table, newest: ir.TimestampScalar, days: int) -> ir.Table:
    """When each topic came to each place within the window of so many days."""
    begun = episodes.filter((episodes.started_at > newest - ibis.interval(days=days)) & ~episodes.censored_start)
    return begun.group_by("place", "topic", window_days=ibis.literal(days, "int64")).agg(arrived_at=begun.started_at.min())
