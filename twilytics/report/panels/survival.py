"""How long topics stay."""

from collections.abc import Sequence
from datetime import timedelta

import altair as alt
from markupsafe import Markup

from twilytics.gold import episodes, survival
from twilytics.panels.panel import Term
from twilytics.report import charts, words
from twilytics.report.facts import Facts, Row
from twilytics.report.names import inline, name
from twilytics.report.panel import Figure, Listing, Panel

HOURS = 48
TOLD_AT = (1, 6, 24)
SAID_AT = 6
TERMS = (Term(survival.TABLE, survival.TABLE.names), Term(episodes.TABLE, ("duration_hours", "censored_start", "censored_end")))
TITLE = "How long topics stay"
Curve = list[Row]
#: The panels of the dashboards that it draws.
SHOWS = ("survival",)


def panel(facts: Facts) -> Panel:
    curves: dict[str, Curve] = {place: [] for place in facts.labels}
    for row in facts.rows("SELECT place, duration_hours, at_risk, survival FROM gold_survival ORDER BY place, duration_hours"):
        if row["place"] in curves:
            curves[row["place"]].append(row)
    curves = {place: curve for place, curve in curves.items() if curve}
    if not curves:
        return Panel("survival", TITLE, "No topic came whose begin was seen, so that no length is known.", (), TERMS)
    ranked = sorted(curves, key=lambda place: (-_area(curves[place]), place))
    longest, shortest = ranked[0], ranked[-1]
    says = Markup("Half of what comes up in {} is gone after {}").format(inline(facts.name(longest)), _median(curves[longest]))
    if longest != shortest:
        # Of lists that are far apart all topics last for some hours.
        hours = max(SAID_AT, facts.interval / timedelta(hours=1))
        says = Markup("Topics stay longest in {}, where {} last longer than {} hours, and shortest in {}, with {}").format(
            inline(facts.name(longest)), words.share(_at(curves[longest], hours)), words.number(hours),
            inline(facts.name(shortest)), words.share(_at(curves[shortest], hours)),
        )  # fmt: skip
    return Panel("survival", TITLE, says + ".", (_chart(facts, curves, (longest, shortest)), _table(facts, curves)), TERMS)


def _at(curve: Curve, hours: float) -> float:
    """The share of topics that last longer."""
    return next((float(row["survival"]) for row in reversed(curve) if row["duration_hours"] <= hours), 1.0)


def _area(curve: Curve) -> float:
    """Hours that a topic stays on average, of the first so many."""
    return sum(_at(curve, hour) for hour in range(HOURS))


def _median(curve: Curve) -> str:
    found = next((row["duration_hours"] for row in curve if row["survival"] <= 0.5), None)
    return "more hours than were seen" if found is None else f"{words.number(found)} {'hour' if found == 1 else 'hours'}"


def _chart(facts: Facts, curves: dict[str, Curve], extremes: tuple[str, str]) -> Figure:
    points = [
        {"place": facts.labels[place], "hours": hours, "share": _at(curve, hours), "kind": _kind(place, extremes)}
        for place, curve in curves.items()
        for hours in sorted({0.0, *(row["duration_hours"] for row in curve if row["duration_hours"] <= HOURS)})
    ]
    base = alt.Chart(charts.data(points), width=300, height=220).encode(
        x=alt.X("hours:Q", title="hours", scale=alt.Scale(domain=[0, HOURS]), axis=alt.Axis(values=list(range(0, HOURS + 1, 12)))),
        y=alt.Y("share:Q", title="still there", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5)),
        detail="place:N",
    )
    looks: Sequence[tuple[str, str, float, list[int]]] = (
        ("other", charts.MUTED, 0.7, [1, 0]),
        ("longest", charts.ACCENT, 2.5, [1, 0]),
        ("shortest", charts.SECOND, 2.5, [5, 3]),
    )
    lines = [
        base.transform_filter(f"datum.kind === '{kind}'").mark_line(
            interpolate="step-after", color=colour, strokeWidth=width, strokeDash=dash
        )
        for kind, colour, width, dash in looks
    ]
    told = "; ".join(f"{facts.label(place)}: half are gone after {_median(curve)}" for place, curve in curves.items())
    caption = Markup('Share of topics that last longer. <span class="key whole">Full line</span> {}').format(
        inline(facts.name(extremes[0]))
    )
    if extremes[0] != extremes[1]:
        caption += Markup(', <span class="key part">broken line</span> {}; pale: the other places').format(inline(facts.name(extremes[1])))
    return Figure(charts.svg(alt.layer(*lines), f"Survival curves up to {HOURS} hours. {told}."), caption + ".")


def _kind(place: str, extremes: tuple[str, str]) -> str:
    return "longest" if place == extremes[0] else "shortest" if place == extremes[1] else "other"


def _table(facts: Facts, curves: dict[str, Curve]) -> Listing:
    rows = [
        (
            name(facts.name(place)),
            _median(curve),
            *(words.share(_at(curve, hours)) for hours in TOLD_AT),
            words.count(curve[0]["at_risk"]),
        )
        for place, curve in curves.items()
    ]
    heads = ("place", "half gone after", *(f"longer than {hours} h" for hours in TOLD_AT), "episodes")
    return Listing("How long topics stay, by place", heads, rows, numbers=(2, 3, 4, 5), is_folded=True)
