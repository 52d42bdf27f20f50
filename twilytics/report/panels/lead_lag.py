"""Which of two places topics reach first, and whether that may be chance."""

from collections.abc import Sequence

import altair as alt
from markupsafe import Markup

from twilytics.gold import lead_lag, leads
from twilytics.panels.panel import Term
from twilytics.report import charts, words
from twilytics.report.facts import Facts, Row
from twilytics.report.names import inline, name
from twilytics.report.panel import Figure, Listing, Panel

DAYS = 30
MOST_PAIRS = 20
QUESTION = """
SELECT * FROM gold_lead_lag WHERE window_days = ? AND n_shared > 0 ORDER BY q_value NULLS LAST, n_shared DESC, place_a, place_b
"""
TERMS = (Term(lead_lag.TABLE, lead_lag.TABLE.names), Term(leads.TABLE))
TITLE = "Who is first"
#: The panels of the dashboards that it draws.
SHOWS = ("lead-lag",)


def panel(facts: Facts) -> Panel:
    pairs = [row for row in facts.rows(QUESTION, DAYS) if {row["place_a"], row["place_b"]} <= facts.labels.keys()]
    tested = [row for row in pairs if not row["is_nested"]]
    nested = [row for row in pairs if row["is_nested"]]
    parts: list[Figure | Listing] = []
    if tested:
        parts = [_chart(facts, tested[:MOST_PAIRS]), _table(facts, tested, f"Pairs, the surest first, last {DAYS} days")]
    if nested:
        parts.append(_table(facts, nested, "Pairs of which one contains the other: no finding"))
    return Panel("lead-lag", TITLE, _sentence(facts, tested), parts, TERMS)


def finding(facts: Facts, row: Row) -> Markup:
    """What may be said of a pair of which neither contains the other."""
    first = _leader(row)
    return Markup("{}").format(lead_lag.NO_DIFFERENCE) if first is None else Markup("{} is first").format(inline(facts.name(first)))


def _leader(row: Row) -> str | None:
    """The place that topics reach first; None where chance would do as well."""
    if row["q_value"] is None or row["q_value"] > lead_lag.FALSE_FINDINGS or row["a_first"] == row["b_first"]:
        return None
    leader: str = row["place_a"] if row["a_first"] > row["b_first"] else row["place_b"]
    return leader


def _sentence(facts: Facts, tested: Sequence[Row]) -> Markup:
    if not tested:
        return Markup("No topic arrived in two places within a day of each other, so that there is nothing to compare.")
    leaders = [leader for row in tested if (leader := _leader(row))]
    if not leaders:
        return Markup("Between the {} {}.").format(words.plural(len(tested), "pair"), lead_lag.NO_DIFFERENCE)
    top = min(set(leaders), key=lambda place: (-leaders.count(place), place))
    against = sum(top in (row["place_a"], row["place_b"]) for row in tested)
    says = Markup("{} is first most often: against {} of {}.").format(
        inline(facts.name(top)), leaders.count(top), words.plural(against, "other place")
    )
    n_open = len(tested) - len(leaders)
    if not n_open:
        return says + Markup(" No pair's difference looks like mere chance.")
    return says + Markup(" In {} of {} {}.").format(words.count(n_open), words.plural(len(tested), "pair"), lead_lag.NO_DIFFERENCE)


def _chart(facts: Facts, rows: Sequence[Row]) -> Figure:
    told = [
        {
            "pair": f"{facts.label(row['place_a'])} – {facts.label(row['place_b'])}",
            "lead": row["median_lead_hours"],
            "kind": "told" if _leader(row) else "open",
        }
        for row in rows
    ]
    order = [row["pair"] for row in told]
    furthest = max(1.0, *(abs(row["lead"]) for row in told)) + 0.5
    base = alt.Chart(charts.data(told), width=200, height=18 * len(order)).encode(
        x=alt.X("lead:Q", title="← second is earlier · hours · first is earlier →", scale=alt.Scale(domain=[-furthest, furthest])),
        y=alt.Y("pair:N", title=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelColor=charts.INK, labelLimit=220, grid=True)),
    )
    zero = alt.Chart(charts.data([{"at": 0}])).mark_rule(color=charts.MUTED).encode(x="at:Q")
    sure = base.transform_filter("datum.kind === 'told'").mark_point(filled=True, size=70, color=charts.ACCENT, opacity=1)
    unsure = base.transform_filter("datum.kind === 'open'").mark_point(filled=False, size=60, color=charts.MUTED, opacity=1)
    n_sure = sum(row["kind"] == "told" for row in told)
    widest = max(rows, key=lambda row: (abs(row["median_lead_hours"]), row["place_a"], row["place_b"]))
    label = (
        f"Median lead of {len(rows)} pairs in hours; {n_sure} of them are hardly chance (q at most {lead_lag.FALSE_FINDINGS}). Widest: "
        f"{facts.label(widest['place_a'])} and {facts.label(widest['place_b'])}, {words.number(abs(widest['median_lead_hours']))} hours."
    )
    which = f"the {len(rows)} surest pairs" if len(rows) == MOST_PAIRS else "all pairs"
    return Figure(
        charts.svg(alt.layer(zero, unsure, sure), label),
        f"Median hours by which topics reach the first place of a pair earlier, {which}, last {DAYS} days. "
        f"Filled: hardly chance (q at most {lead_lag.FALSE_FINDINGS}). Hollow: {lead_lag.NO_DIFFERENCE}.",
    )


def _table(facts: Facts, pairs: Sequence[Row], caption: str) -> Listing:
    rows = [
        (
            *(name(facts.name(row[side])) for side in ("place_a", "place_b")),
            *([] if row["is_nested"] else [finding(facts, row)]),
            *(words.count(row[column]) for column in ("a_first", "b_first", "ties")),
            words.number(row["median_lead_hours"]),
            words.chance(row["q_value"]),
        )
        for row in pairs
    ]
    says = [] if pairs[0]["is_nested"] else ["finding"]
    heads = ("first", "second", *says, "first earlier", "second earlier", "same slot", "median hours", "q")
    return Listing(caption, heads, rows, numbers=range(2 + len(says), len(heads)), is_folded=True)
