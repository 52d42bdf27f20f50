"""The places that were captured, with what the catalogue knows of them.

A place that the catalogue lacks goes by its key. A place that only simulated answers tell of says so in its name.
"""

import ibis
import ibis.expr.types as ir

from twilytics.bronze import catalogue
from twilytics.gold import place_days
from twilytics.places import KIND_OF_UNKNOWN
from twilytics.schema import Audit, Table, Whole

TABLE = Table(
    name="gold.places",
    description=__doc__,
    grain=("place",),
    columns=catalogue.TABLE.columns,
    inputs=(catalogue.TABLE, place_days.TABLE),
    reach=Whole(),
    time=None,
)


def known(view: str, *names: str, time: str | None = "slot") -> Audit:
    """The rule that these columns of a table, whose time column is named, name places that there are."""
    key = ", ".join([*([time] if time else []), "place"])
    each = ", ".join([*([time] if time else []), f"unnest([{', '.join(names)}]) AS place"])
    return Audit(
        "places_exist",
        f"{' and '.join(names)} have to be known places",
        f"""
        SELECT DISTINCT {key}, 'not in gold.places' AS observed
        FROM (SELECT {each} FROM {view}) ANTI JOIN gold_places USING (place)
        """,  # noqa: S608  (of declarations)
        "A dashboard shows places by what is known of them.",
        beside=(TABLE,),
    )


def transform(catalogue: ir.Table, place_days: ir.Table) -> ir.Table:
    captured = place_days.group_by("place").agg(
        is_simulated=(place_days.source == "simulated").all(),
        kind_of_unknown=place_days.source.cases(*KIND_OF_UNKNOWN.items(), else_="other").min(),
    )
    known = captured.left_join(catalogue, "place").drop("place_right")
    name = known.name.coalesce(known.place)
    return known.select(
        "place",
        "country_code",
        "parent",
        "latitude",
        "longitude",
        "woeid",
        name=ibis.ifelse(known.is_simulated, name + " (simulated)", name),
        kind=known.kind.coalesce(known.kind_of_unknown),
    ).select(*(column.name for column in TABLE.columns))
