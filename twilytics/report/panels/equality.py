"""How alike the places' lists are."""

from markupsafe import Markup

from twilytics.gold import trend_equality
from twilytics.panels.panel import Term
from twilytics.report import charts, words
from twilytics.report.facts import Facts
from twilytics.report.names import inline, name
from twilytics.report.panel import Figure, Listing, Panel

DAYS = 30
QUESTION = """
SELECT place_a, place_b, count(*) AS n, mean(trend_equality) AS equality, mean(jaccard) AS jaccard, mean(rbo) AS rbo
FROM gold_trend_equality WHERE slot > ? GROUP BY ALL ORDER BY equality DESC, place_a, place_b
"""
TERMS = (Term(trend_equality.TABLE, ("n_shared", "trend_equality", "jaccard", "rbo")),)
#: The panels of the dashboards that it draws.
SHOWS = ("trend-equality-matrix", "rbo-matrix")


def panel(facts: Facts) -> Panel:
    pairs = [row for row in facts.rows(QUESTION, facts.since(DAYS)) if {row["place_a"], row["place_b"]} <= facts.labels.keys()]
    if not pairs:
        return Panel("equality", "Equality of places", "No two places that are compared were captured in one slot.", (), TERMS)
    most, least = pairs[0], pairs[-1]
    says = Markup("{} and {} are most alike: they share {} of their topics on average").format(
        *(inline(facts.name(most[side])) for side in ("place_a", "place_b")), words.share(most["equality"])
    )
    if most is not least:
        says += Markup("; {} and {} least, {}").format(
            *(inline(facts.name(least[side])) for side in ("place_a", "place_b")), words.share(least["equality"])
        )
    heads = ("place", "place", "equality", "Jaccard", "RBO", "slots")
    rows = [
        (
            *(name(facts.name(row[side])) for side in ("place_a", "place_b")),
            *(words.share(row[column]) for column in ("equality", "jaccard", "rbo")),
            words.count(row["n"]),
        )
        for row in pairs
    ]
    ends = least["equality"], most["equality"]
    order = list(facts.labels.values())
    is_wide = len(order) > charts.MOST_CELLS
    cells = [
        {
            "row": facts.labels[a],
            "column": facts.labels[b],
            "step": charts.step(row["equality"], ends),
            "text": f"{100 * row['equality']:.0f}",
        }
        for row in pairs
        for a, b in ((row["place_a"], row["place_b"]), (row["place_b"], row["place_a"]))
    ]
    told = f"Most alike: {facts.label(most['place_a'])} and {facts.label(most['place_b'])}, {words.share(ends[1])}; "
    told += f"least: {facts.label(least['place_a'])} and {facts.label(least['place_b'])}, {words.share(least['equality'])}."
    chart = charts.heat_map(cells, (order, order), 25, ("", ""))
    figure = Figure(
        charts.svg(chart, f"Mean trend equality of {len(pairs)} pairs of places over the last {DAYS} days, in per cent. {told}"),
        f"Mean trend equality over the last {DAYS} days, in per cent.",
        is_wide=is_wide,
    )
    table = Listing(f"Pairs, most alike first, last {DAYS} days", heads, rows, numbers=(2, 3, 4, 5), is_folded=True)
    return Panel("equality", "Equality of places", says + ".", (figure, table), TERMS, is_wide)
