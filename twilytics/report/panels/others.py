"""Panels of the dashboards that need no drawing of their own: what they answer, as lines or as a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import altair as alt
from markupsafe import Markup

from twilytics.panels import asked
from twilytics.panels.panel import METRIC, TIME
from twilytics.panels.panel import Panel as Asked
from twilytics.report import charts, words
from twilytics.report.facts import Facts, Row
from twilytics.report.names import cut, name
from twilytics.report.panel import Cell, Figure, Listing, Panel
from twilytics.schema import Column

MOST_ROWS = 8
MOST_LINES = 8
NOTHING = "Nothing of this kind so far."


def panel(facts: Facts, shown: Asked) -> Panel:
    """A panel of the dashboards, drawn for the page."""
    rows = facts.asked(shown)
    if not rows:
        return Panel(shown.key, shown.title, NOTHING, (), shown.terms)
    parts = [_lines(shown, rows)] if shown.kind == "lines" else [_listing(shown, rows)]
    return Panel(shown.key, shown.title, shown.reads, parts, shown.terms, is_wide=shown.kind == "table")


def _columns(shown: Asked) -> list[Column]:
    """What people look at: keys only serve links."""
    return [shown.column(column) for column in asked.columns(shown.query) if column not in shown.links]


def _listing(shown: Asked, rows: Sequence[Row]) -> Listing:
    columns = _columns(shown)
    numbers = [n for n, column in enumerate(columns) if column.type in ("bigint", "double")]
    more = f"the first {MOST_ROWS} of {len(rows):,}" if len(rows) > MOST_ROWS else "all"
    listed = [[_cell(column, row[column.name]) for column in columns] for row in rows[:MOST_ROWS]]
    return Listing(f"{shown.title}, {more}", [_head(column) for column in columns], listed, numbers)


def _head(column: Column) -> str:
    return column.name.replace("_", " ")


def _cell(column: Column, value: Any) -> Cell:
    if value is None:
        return words.UNKNOWN
    if isinstance(value, datetime):
        return words.instant(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.unit == "percentunit":
        return words.share(value)
    if column.type == "double":
        return words.number(value)
    return words.count(value) if column.type == "bigint" else name(value)


def _lines(shown: Asked, rows: Sequence[Row]) -> Figure:
    (value,) = [column for column in _columns(shown) if column not in (TIME, METRIC)]
    drawn = [{"at": row["time"], "line": cut(row.get("metric") or shown.title, 24), "value": row[value.name]} for row in rows]
    named = sorted({str(row["line"]) for row in drawn})[:MOST_LINES]
    drawn = [row for row in drawn if row["line"] in named]
    base = alt.Chart(charts.data(drawn), width=300, height=90).encode(
        x=alt.X("at:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%-d %b %H:%M", tickCount=3, grid=False)),
        y=alt.Y("value:Q", title=value.name, axis=alt.Axis(tickCount=3, format="~s")),
        detail="line:N",
    )
    newest = {str(row["line"]): row["value"] for row in drawn}
    told = "; ".join(f"{line} {words.number(newest[line])}" for line in named)
    chart = alt.layer(base.mark_line(color=charts.ACCENT, strokeWidth=1.2), base.mark_circle(color=charts.ACCENT, size=12))
    label = f"{shown.title}, {len(drawn)} points, the newest: {told}."
    return Figure(charts.svg(chart, label), Markup("{} The newest: {}.").format(value.description, told))
