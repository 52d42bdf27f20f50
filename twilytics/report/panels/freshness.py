"""How much there is, and how new."""

import math
from datetime import datetime, timedelta

import altair as alt

from twilytics.gold import captures, measurements
from twilytics.panels.panel import Term
from twilytics.report import charts, words
from twilytics.report.facts import Facts, Row
from twilytics.report.panel import Figure, Listing, Panel
from twilytics.schema import Table
from twilytics.tables import definitions

MOST_BARS = 60
WIDTH = 860
VOLUME = """
SELECT date_trunc('day', $first) + to_days(CAST(date_diff('day', $first, slot) // $days * $days AS INTEGER)) AS since,
    count(*) AS n, sum(n_topics) AS n_topics, sum(n_rejected) AS n_rejected
FROM gold_captures GROUP BY since ORDER BY since
"""
#: The panels of the dashboards that it draws.
SHOWS = ("captured-per-day",)


def panel(facts: Facts) -> Panel:
    newest, first = facts.newest, facts.first
    parts: list[Figure | Listing] = []
    says = "Nothing was captured so far."
    if newest is not None and first is not None:
        days = max(math.ceil(facts.days / MOST_BARS), 1)
        literal = f"TIMESTAMPTZ '{first:%Y-%m-%d %H:%M:%S}+00'"
        bars = facts.rows(VOLUME.replace("$first", literal).replace("$days", str(days)))
        captured, topics = sum(row["n"] for row in bars), sum(row["n_topics"] for row in bars)
        says = (
            f"{words.count(captured)} lists of {words.number(topics / captured)} topics on average, "
            f"from {words.instant(first)} to {words.instant(newest)}."
        )
        parts.append(_chart(bars, days))
    return Panel(
        "freshness",
        "Volume and freshness",
        says,
        (*parts, _tables(facts, newest)),
        (Term(captures.TABLE, captures.TABLE.names),),
        is_wide=True,
    )


def _chart(bars: list[Row], days: int) -> Figure:
    unit = "day" if days == 1 else f"{days} days"
    drawn = [{**row, "until": row["since"] + timedelta(days=days), "none": 0} for row in bars]
    chart = (
        alt.Chart(charts.data(drawn), width=WIDTH, height=110)
        .mark_rect(color=charts.ACCENT, stroke=charts.CARD, strokeWidth=1)
        .encode(
            x=alt.X("since:T", title=None, scale=alt.Scale(type="utc"), axis=charts.time_axis(len(bars) * days, 8)),
            x2="until:T",
            y=alt.Y("n:Q", title="lists", scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=3, format=",d", orient="right")),
            y2="none:Q",
        )
    )
    most, least = max(row["n"] for row in bars), min(row["n"] for row in bars)
    label = f"Lists captured in each {unit}: {len(bars)} bars, from {least:,} to {most:,}."
    return Figure(
        charts.svg(chart, label),
        f"Lists captured, a bar {'a day' if days == 1 else f'every {unit}'}. The first and the last may be cut.",
        is_wide=True,
        starts_at_the_end=True,
    )


def _tables(facts: Facts, newest: datetime | None) -> Listing:
    rows = []
    for definition in definitions().values():
        table = definition.table
        if facts.lake.handle(table) is None:
            continue
        until = facts.lake.newest(table, table.time) if table.time in ("slot", "captured_at", "day", "last_seen_at") else None
        rows.append((table.name, words.count(_n_rows(facts, table)), words.instant(until), _behind(newest, until)))
    return Listing(
        "Tables of the lake: rows, and up to when",
        ("table", "rows", "up to", "before the newest slot"),
        rows,
        numbers=(1, 3),
        is_folded=True,
    )


def _n_rows(facts: Facts, table: Table) -> int:
    """Of measurements those alone that the page shows: each cycle adds some, also where it changes nothing else."""
    if table is measurements.TABLE:
        return int(facts.rows(f"SELECT count(*) AS n FROM {table.name}")[0]["n"])  # noqa: S608
    return facts.lake.n_rows(table)


def _behind(newest: datetime | None, until: datetime | None) -> str:
    if newest is None or until is None:
        return words.UNKNOWN
    return words.length(newest - until) if until < newest else "nothing"
