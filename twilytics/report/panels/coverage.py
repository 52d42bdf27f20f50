"""Which days of which places are whole."""

from collections import Counter
from collections.abc import Sequence

import altair as alt
from markupsafe import Markup

from twilytics.gold import coverage
from twilytics.panels.panel import Term
from twilytics.report import charts, words
from twilytics.report.facts import Facts, Row
from twilytics.report.names import name
from twilytics.report.panel import Figure, Listing, Panel
from twilytics.sources.reasons import ENVELOPE

WIDTH, ROW_HEIGHT = 860, 18
#: How thick the bar of a day is, and its colour: what is missing is told by both.
LOOKS = {
    "whole": (13, charts.ACCENT),
    "whole, late": (13, charts.STEPS[2]),
    "in part": (7, charts.SECOND),
    "nothing": (2, charts.ALERT),
}
# Lines that could not be opened tell no time: they stand at the one at which they were landed, when nobody asked anything.
TRIES = f"FROM gold_coverage WHERE reason IS NULL OR reason NOT IN {tuple(ENVELOPE)}"
DAYS = f"""
WITH tries AS (SELECT * {TRIES}), spans AS (
    SELECT place, date_trunc('day', min(slot)) AS first, (SELECT max(slot) FROM tries) AS newest FROM tries GROUP BY place
), days AS (
    SELECT place, unnest(generate_series(first, newest, INTERVAL 1 DAY)) AS day, first, newest FROM spans
), told AS (
    SELECT place, date_trunc('day', slot) AS day, count(*) FILTER (state IN ('captured', 'late')) AS captured,
        count(*) FILTER (state = 'late') AS late, min(slot) AS begun
    FROM tries GROUP BY ALL
), judged AS (
    SELECT days.place, days.day, coalesce(captured, 0) AS captured, CASE
        WHEN coalesce(captured, 0) = 0 THEN 'nothing'
        WHEN captured < date_diff('minute', CASE WHEN days.day = first THEN begun ELSE days.day END,
            least(days.day + INTERVAL 1 DAY, newest + to_minutes($minutes))) // $minutes THEN 'in part'
        WHEN late * 2 > captured THEN 'whole, late' ELSE 'whole' END AS look
    FROM days LEFT JOIN told USING (place, day)
), runs AS (
    SELECT *, row_number() OVER (PARTITION BY place ORDER BY day) - row_number() OVER (PARTITION BY place, look ORDER BY day) AS run
    FROM judged
)
SELECT place, look, min(day) AS since, max(day) + INTERVAL 1 DAY AS until, count(*) AS n_days
FROM runs GROUP BY place, look, run ORDER BY place, since
"""  # noqa: S608  (of our own codes)
#: The panels of the dashboards that it draws.
SHOWS = ("coverage-calendar",)


def panel(facts: Facts) -> Panel:
    runs = facts.rows(DAYS.replace("$minutes", str(facts.ledger.interval_minutes)))
    states = facts.rows(f"SELECT state, reason, count(*) AS n {TRIES} GROUP BY ALL ORDER BY n DESC, state, reason")
    looks: Counter[str] = Counter()
    by_place: dict[str, Counter[str]] = {}
    for run in runs:
        looks[run["look"]] += run["n_days"]
        by_place.setdefault(run["place"], Counter())[run["look"]] += run["n_days"]
    days = sum(looks.values())
    if not days:
        return Panel(
            "coverage",
            "Coverage",
            "The lake does not tell yet what became of each slot: the next refinement does.",
            (),
            (Term(coverage.TABLE, coverage.TABLE.names),),
        )
    whole = looks["whole"] + looks["whole, late"]
    parts = [
        _calendar(
            facts, runs, f"{whole:,} of {days:,} days of a place are whole, {looks['in part']:,} in part, {looks['nothing']:,} empty."
        )
    ]
    return Panel(
        "coverage",
        "Coverage",
        _sentence(facts, looks, days, by_place),
        [*parts, *_tables(facts, states, by_place)],
        (Term(coverage.TABLE, coverage.TABLE.names),),
        is_wide=True,
    )


def _sentence(facts: Facts, looks: Counter[str], days: int, by_place: dict[str, Counter[str]]) -> Markup:
    whole = looks["whole"] + looks["whole, late"]
    late = f" {words.share(looks['whole, late'] / days)} came late, as from an archive." if looks["whole, late"] else ""
    if whole == days:
        return Markup("Every day of every place is whole.{}").format(late)
    share = words.share(whole / days)
    worst = min(by_place, key=lambda place: ((by_place[place]["whole"] + by_place[place]["whole, late"]) / by_place[place].total(), place))
    told = words.share((by_place[worst]["whole"] + by_place[worst]["whole, late"]) / by_place[worst].total())
    if len(by_place) == 1:
        return Markup("{} of the days are whole.{}").format(share, late)
    return Markup("{} of all days are whole; fewest, {}, are those of {}.{}").format(share, told, name(facts.name(worst)), late)


def _calendar(facts: Facts, runs: Sequence[Row], told: str) -> Figure:
    shown = [{**run, "label": facts.labels[run["place"]]} for run in runs if run["place"] in facts.labels]
    order = list(facts.labels.values())
    axis = alt.Axis(orient="right", title=None, labelColor=charts.INK, labelLimit=120)
    ends = [min(run["since"] for run in shown), max(run["until"] for run in shown)]
    layers = [
        alt.Chart(charts.data([run for run in shown if run["look"] == look]), width=WIDTH, height=ROW_HEIGHT * len(order))
        .mark_bar(size=thick, color=colour)
        .encode(
            x=alt.X("since:T", title=None, scale=alt.Scale(type="utc", domain=[f"{end:%Y-%m-%dT%H:%M:%SZ}" for end in ends]),
                    axis=charts.time_axis((ends[1] - ends[0]).days, 8)),
            x2="until:T",
            y=alt.Y("label:N", scale=alt.Scale(domain=order), axis=axis),
        )
        for look, (thick, colour) in LOOKS.items()
    ]  # fmt: skip
    return Figure(
        charts.svg(alt.layer(*layers), f"Coverage calendar, a line a place, days from left to right. {told}"),
        Markup(
            'A line a place, UTC days from left to right. <span class="key whole">thick</span> the whole day, '
            '<span class="key late">thick and pale</span> the whole day, mostly from an archive, <span class="key part">thinner</span> '
            'a part of it, <span class="key none">hairline</span> nothing.'
        ),
        is_wide=True,
        starts_at_the_end=True,
    )


def _tables(facts: Facts, states: Sequence[Row], by_place: dict[str, Counter[str]]) -> list[Listing]:
    return [
        Listing(
            "Slots by what became of them",
            ("state", "reason", "slots"),
            [(row["state"], row["reason"] or words.UNKNOWN, words.count(row["n"])) for row in states],
            numbers=(2,),
            is_folded=True,
        ),
        Listing(
            "Days of each place",
            ("place", *LOOKS),
            [(name(facts.name(place)), *(words.count(counted[look]) for look in LOOKS)) for place, counted in sorted(by_place.items())],
            numbers=range(1, 1 + len(LOOKS)),
            is_folded=True,
        ),
    ]
