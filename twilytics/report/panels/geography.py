"""Where the places are, and how much their lists change."""

import math
from collections.abc import Sequence
from dataclasses import replace

import altair as alt
from markupsafe import Markup

from twilytics.gold import change_summary, places
from twilytics.panels.panel import Term
from twilytics.report import charts, words
from twilytics.report.facts import Facts, Row
from twilytics.report.names import inline, name
from twilytics.report.panel import Figure, Group, Listing, Panel

WINDOW_HOURS = 168
WIDTH = 320
MOST_LABELS = 16
#: Degrees on each side of the outermost places, at least.
MARGIN = 0.8
QUESTION = """
SELECT place, places.country_code, places.latitude, places.longitude, summary.avg
FROM gold_places AS places LEFT JOIN (FROM gold_change_summary WHERE window_hours = ?) AS summary USING (place) ORDER BY place
"""
TERMS = (Term(places.TABLE, ("country_code", "latitude", "longitude")), Term(change_summary.TABLE, ("avg",)))
TITLE = "Map of places"
Box = tuple[float, float, float, float]
#: The panels of the dashboards that it draws.
SHOWS = ("map",)


def panel(facts: Facts) -> Panel:
    found = facts.rows(QUESTION, WINDOW_HOURS)
    drawn = [row for row in found if row["latitude"] is not None and row["longitude"] is not None]
    table = Listing(
        "Where the places are, and their mean change rate of the last week",
        ("place", "country", "latitude", "longitude", "change"),
        [
            (
                name(facts.name(row["place"])),
                row["country_code"] or words.UNKNOWN,
                *(words.UNKNOWN if row[axis] is None else f"{row[axis]:.2f}°" for axis in ("latitude", "longitude")),
                words.share(row["avg"]),
            )
            for row in found
        ],
        numbers=(2, 3, 4),
        is_folded=len(found) > MOST_LABELS,
    )
    if not drawn:
        return Panel("map", TITLE, "No place that was captured has coordinates.", (replace(table, is_folded=True),), TERMS)
    parts = (_map(facts, drawn), table)
    says = _sentence(facts, found, len(found) - len(drawn))
    return Panel("map", TITLE, says, parts if table.is_folded else (Group(parts, of_halves=True),), TERMS, is_wide=True)


def _sentence(facts: Facts, found: Sequence[Row], n_elsewhere: int) -> Markup:
    known = sorted((row for row in found if row["avg"] is not None), key=lambda row: (row["avg"], row["place"]))
    says = Markup("{}").format(words.plural(len(found), "place"))
    if known:
        says += Markup(": {} changed most in the last week, by {} from slot to slot").format(
            inline(facts.name(known[-1]["place"])), words.share(known[-1]["avg"])
        )
    if len(known) > 1:
        says += Markup(", {} least, by {}").format(inline(facts.name(known[0]["place"])), words.share(known[0]["avg"]))
    if n_elsewhere:
        says += Markup("; {} no coordinates").format(words.plural(n_elsewhere, "of them has", "of them have"))
    return says + "."


def _map(facts: Facts, drawn: Sequence[Row]) -> Figure:
    west, east, south, north = _frame(drawn)
    # Degrees of longitude are shorter than those of latitude: at the middle of the map the two have the same scale.
    height = min(max(WIDTH * (north - south) / ((east - west) * math.cos(math.radians((south + north) / 2))), 120), 460)
    rows = [
        {"label": facts.label(row["place"]), "latitude": row["latitude"], "longitude": row["longitude"], "rate": row["avg"] or 0.0}
        for row in drawn
    ]
    degrees = "format(abs(datum.value), '') + '°'"
    base = alt.Chart(charts.data(rows), width=WIDTH, height=round(height)).encode(
        x=alt.X("longitude:Q", title=None, scale=alt.Scale(domain=[west, east], nice=False, zero=False),
                axis=alt.Axis(tickCount=5, labelExpr=f"{degrees} + (datum.value < 0 ? ' W' : ' E')")),
        y=alt.Y("latitude:Q", title=None, scale=alt.Scale(domain=[south, north], nice=False, zero=False),
                axis=alt.Axis(tickCount=5, labelExpr=f"{degrees} + (datum.value < 0 ? ' S' : ' N')")),
    )  # fmt: skip
    sizes = alt.Size("rate:Q", legend=None, scale=alt.Scale(domain=[0, max(row["rate"] for row in rows) or 1], range=[12, 150]))
    dots = base.mark_circle(color=charts.ACCENT, opacity=0.75).encode(size=sizes)
    spots = [
        (row["label"], (row["longitude"] - west) / (east - west) * WIDTH, (north - row["latitude"]) / (north - south) * height)
        for row in rows
    ]
    told_apart = alt.Chart(charts.data(_labels(spots))).mark_text(align="left").encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, WIDTH])),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[round(height), 0])),
        text="label:N",
    )  # fmt: skip
    layers = alt.layer(dots, told_apart).resolve_scale(x="independent", y="independent")
    told = "; ".join(f"{row['label']} {words.share(row['rate'])}" for row in rows[:MOST_LABELS])
    return Figure(
        charts.svg(
            layers, f"{len(rows)} places on a grid of degrees, from {south:.0f}° to {north:.0f}° latitude. Mean change rate: {told}."
        ),
        "Places on a grid of degrees; the larger the dot, the higher the mean change rate of the last week.",
    )


def _labels(spots: Sequence[tuple[str, float, float]]) -> list[dict[str, str | float]]:
    """Where each name begins: right or left of its dot, else above or below it; nowhere where it would hide another."""
    taken = [(x - 6, y - 6, x + 6, y + 6) for _, x, y in spots]
    found: list[dict[str, str | float]] = []
    for own, (label, x, y) in enumerate(spots):
        width = 6.5 * len(label)
        for left, middle in ((x + 9, y), (x - 9 - width, y), (x - width / 2, y - 13), (x - width / 2, y + 13)):
            box = (left, middle - 6, left + width, middle + 6)
            is_free = not any(_meet(box, other) for nth, other in enumerate(taken) if nth != own)
            if is_free and left >= 0 and left + width <= WIDTH:
                taken.append(box)
                found.append({"label": label, "x": left, "y": middle})
                break
    return found


def _meet(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def _frame(drawn: Sequence[Row]) -> tuple[float, float, float, float]:
    """West, east, south, north: around all places, with a margin."""
    sides = []
    for axis, limit in (("longitude", 180), ("latitude", 90)):
        values = [row[axis] for row in drawn]
        margin = max(MARGIN, 0.08 * (max(values) - min(values)))
        sides += [max(min(values) - margin, -limit), min(max(values) + margin, limit)]
    return sides[0], sides[1], sides[2], sides[3]
