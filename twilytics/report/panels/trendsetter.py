"""Whose lists others have a slot later."""

from markupsafe import Markup

from twilytics.gold import trendsetter
from twilytics.panels.panel import Term
from twilytics.report import charts, words
from twilytics.report.facts import Facts
from twilytics.report.names import inline, name
from twilytics.report.panel import Figure, Listing, Panel

DAYS = 30
LAG = 1
QUESTION = """
SELECT leader, follower, sum(n_arrivals) AS n_arrivals, mean(trendsetter) AS trendsetter,
    CAST(sum(CAST(arrival_share * n_arrivals AS DECIMAL(28, 12))) AS DOUBLE) / sum(n_arrivals) AS arrival_share
FROM gold_trendsetter WHERE slot > ? AND lag = ? AND n_arrivals > 0
GROUP BY ALL ORDER BY arrival_share DESC, leader, follower
"""
TERMS = (Term(trendsetter.TABLE, ("lag", "trendsetter", "n_arrivals", "arrival_share")),)
TITLE = "Trendsetters"
#: The panels of the dashboards that it draws.
SHOWS = ("arrival-share", "trendsetters")


def panel(facts: Facts) -> Panel:
    pairs = [row for row in facts.rows(QUESTION, facts.since(DAYS), LAG) if {row["leader"], row["follower"]} <= facts.labels.keys()]
    if not pairs:
        return Panel("trendsetter", TITLE, "No place that is compared got a topic that could have come from another.", (), TERMS)
    top = pairs[0]
    slot = words.length(facts.interval)
    says = Markup("Of what arrives in {}, {} was in {}'s list {} before: no place has more of another's arrivals.").format(
        inline(facts.name(top["follower"])), words.share(top["arrival_share"]), inline(facts.name(top["leader"])), slot
    )
    ends = pairs[-1]["arrival_share"], top["arrival_share"]
    order = list(facts.labels.values())
    is_wide = len(order) > charts.MOST_CELLS
    cells = [
        {
            "row": facts.labels[row["leader"]],
            "column": facts.labels[row["follower"]],
            "step": charts.step(row["arrival_share"], ends),
            "text": f"{100 * row['arrival_share']:.0f}",
        }
        for row in pairs
    ]
    label = (
        f"Share of the arrivals of each follower that each leader had {slot} before, {len(pairs)} ordered pairs, last {DAYS} days. "
        f"Highest: {facts.label(top['leader'])} before {facts.label(top['follower'])}, {words.share(ends[1])}; "
        f"lowest: {facts.label(pairs[-1]['leader'])} before {facts.label(pairs[-1]['follower'])}, {words.share(ends[0])}."
    )
    chart = charts.heat_map(cells, (order, order), 25, ("had it before", "then it arrived in"))
    rows = [
        (
            name(facts.name(row["leader"])),
            name(facts.name(row["follower"])),
            words.share(row["arrival_share"]),
            words.count(row["n_arrivals"]),
            words.share(row["trendsetter"]),
        )
        for row in pairs
    ]
    heads = ("leader", "follower", "share of arrivals", "arrivals", "trendsetter")
    return Panel(
        "trendsetter",
        TITLE,
        says,
        (
            Figure(
                charts.svg(chart, label),
                f"Share of the column's arrivals that the row had {slot} before, in per cent, last {DAYS} days.",
                is_wide,
            ),
            Listing(f"Ordered pairs at lag {LAG}, last {DAYS} days", heads, rows, numbers=(2, 3, 4), is_folded=True),
        ),
        TERMS,
        is_wide,
    )
