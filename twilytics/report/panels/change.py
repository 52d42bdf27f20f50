"""How fast each place's list changes, by hour of the day and over time."""

import math
from collections.abc import Sequence

import altair as alt
from markupsafe import Markup

from twilytics.gold import change_rate, change_summary
from twilytics.panels.panel import Term
from twilytics.report import charts, words
from twilytics.report.facts import Facts, Row
from twilytics.report.names import inline, name
from twilytics.report.panel import Figure, Group, Listing, Panel

MOST_POINTS = 60
BY_HOUR = """
SELECT place, CAST(extract(hour FROM slot) AS INTEGER) AS hour, mean(change_rate) AS rate FROM gold_change_rate
WHERE change_rate IS NOT NULL AND slot > ? GROUP BY ALL ORDER BY place, hour
"""
OVER_TIME = """
SELECT place, min(slot) AS since, mean(change_rate) AS rate FROM gold_change_rate WHERE change_rate IS NOT NULL
GROUP BY place, date_diff('day', (SELECT min(slot) FROM gold_change_rate), slot) // ? ORDER BY place, since
"""
TERMS = (Term(change_rate.TABLE, ("n_topics", "n_new", "n_gone", "change_rate")), Term(change_summary.TABLE, change_summary.TABLE.names))
WINDOWS = {24: "a day", 168: "a week", 720: "30 days", 8760: "a year"}
#: The panels of the dashboards that it draws.
SHOWS = ("change-over-time", "change-summary")


def panel(facts: Facts) -> Panel:
    hours = [row for row in facts.rows(BY_HOUR, facts.since(30)) if row["place"] in facts.labels]
    days = max(math.ceil(facts.days / MOST_POINTS), 1)
    points = [row for row in facts.rows(OVER_TIME, days) if row["place"] in facts.labels]
    if not points:
        return Panel("change", "Change rate", "No place has two slots in a row yet, so that nothing can be compared.", (), TERMS)
    parts: list[Figure | Group | Listing] = []
    if hours:
        parts += [_by_hour(facts, hours), _hours(facts, hours)]
    if len({row["since"] for row in points}) > 2:
        parts.append(_over_time(facts, points, days))
    return Panel("change", "Change rate", _sentence(facts, hours or points), [*parts, _summary(facts)], TERMS, is_wide=True)


def _sentence(facts: Facts, rows: Sequence[Row]) -> Markup:
    top = max(rows, key=lambda row: (row["rate"], row["place"]))
    if "hour" not in top:
        return Markup("{} changed most: {} of its list was new.").format(inline(facts.name(top["place"])), words.share(top["rate"]))
    still = min(rows, key=lambda row: (row["rate"], row["place"]))
    told = Markup("{}'s list changes most around {:02}:00 UTC, when {} of it is new every {}")
    says = told.format(
        inline(facts.name(top["place"])), top["hour"], words.share(top["rate"]), words.length(facts.interval).removeprefix("1 ")
    )
    if still["rate"] == top["rate"]:
        return says + "."
    return says + Markup("; {}'s stands stillest around {:02}:00, with {}.").format(
        inline(facts.name(still["place"])), still["hour"], words.share(still["rate"])
    )


def _by_hour(facts: Facts, rows: Sequence[Row]) -> Figure:
    ends = min(row["rate"] for row in rows), max(row["rate"] for row in rows)
    order = list(facts.labels.values())
    cells = [{"row": facts.labels[row["place"]], "column": row["hour"], "step": charts.step(row["rate"], ends)} for row in rows]
    chart = (
        alt.Chart(charts.data(cells), width=24 * 13, height=17 * len(order))
        .mark_rect()
        .encode(
            x=alt.X("column:O", title="hour of the day, UTC", scale=alt.Scale(domain=list(range(24))),
                    axis=alt.Axis(values=list(range(0, 24, 3)), labelAngle=0)),
            y=alt.Y("row:N", title=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelColor=charts.INK)),
            color=charts.stepped(),
        )
    )  # fmt: skip
    tops = {row["place"]: row for row in sorted(rows, key=lambda row: (row["rate"], -row["hour"]))}
    told = "; ".join(f"{facts.labels[place]} {words.share(row['rate'])} at {row['hour']:02}:00" for place, row in sorted(tops.items()))
    return Figure(
        charts.svg(chart, f"Mean change rate by place and hour of the day over the last 30 days. The highest of each: {told}."),
        f"Mean change rate by hour of the day, last 30 days: from {words.share(ends[0])} (palest) to {words.share(ends[1])} (strongest).",
    )


def _hours(facts: Facts, rows: Sequence[Row]) -> Listing:
    rates = {(row["place"], row["hour"]): row["rate"] for row in rows}
    listed = [(f"{hour:02}:00", *(words.share(rates.get((place, hour))) for place in facts.labels)) for hour in range(24)]
    heads = ("hour", *facts.labels.values())
    return Listing("Mean change rate by hour of the day, last 30 days", heads, listed, numbers=range(1, len(heads)), is_folded=True)


def _over_time(facts: Facts, points: Sequence[Row], days: int) -> Group:
    highest = max(row["rate"] for row in points)
    ends = [f"{end(row['since'] for row in points):%Y-%m-%dT%H:%M:%SZ}" for end in (min, max)]
    by_place: dict[str, list[Row]] = {}
    for row in points:
        by_place.setdefault(row["place"], []).append(row)
    return Group(
        [
            _line((label, facts.name(place)), by_place[place], days, highest, ends)
            for place, label in facts.labels.items()
            if place in by_place
        ]
    )


def _line(called: tuple[str, str], points: Sequence[Row], days: int, highest: float, ends: list[str]) -> Figure:
    n_days = days * MOST_POINTS if days > 1 else len(points)
    base = alt.Chart(charts.data(points), width=196, height=52).encode(
        x=alt.X("since:T", title=None, scale=alt.Scale(type="utc", domain=ends), axis=charts.time_axis(n_days, 3)),
        y=alt.Y("rate:Q", title=None, scale=alt.Scale(domain=[0, highest]), axis=alt.Axis(format=".0%", tickCount=2)),
    )
    drawn = base.mark_line(color=charts.ACCENT, strokeWidth=1.5) if len(points) > 1 else base.mark_circle(color=charts.ACCENT)
    rates = [row["rate"] for row in points]
    told = f"from {words.share(min(rates))} to {words.share(max(rates))}, last {words.share(rates[-1])}"
    each = "a day" if days == 1 else f"{days} days"
    return Figure(
        charts.svg(drawn, f"Mean change rate of {called[0]}, a point {each}: {told}."),
        Markup("<strong>{}</strong> {}").format(name(called[1]), told),
    )


def _summary(facts: Facts) -> Listing:
    found = facts.rows("SELECT * FROM gold_change_summary ORDER BY place, window_hours")
    rows = [
        (
            name(facts.name(row["place"])),
            WINDOWS.get(row["window_hours"], f"{row['window_hours']} hours"),
            *(words.share(row[column]) for column in ("avg", "max", "min")),
            words.count(row["n_slots"]),
            words.share(row["coverage"]),
        )
        for row in found
        if row["place"] in facts.labels
    ]
    heads = ("place", "window", "mean", "highest", "lowest", "slots", "coverage")
    return Listing("Change rate over a day, a week, 30 days and a year", heads, rows, numbers=(2, 3, 4, 5, 6), is_folded=True)
