"""Which rules did not hold when they were looked at last, and on which rows."""

from collections.abc import Sequence

from twilytics.gold import quality as gold_quality
from twilytics.panels.panel import Term
from twilytics.report import quality, words
from twilytics.report.facts import Facts, Row
from twilytics.report.names import name
from twilytics.report.panel import Listing, Panel

SEVERITIES = {"fail": "✖ stops the publication", "warn": "▲ warning", "note": "● note"}
TITLE = "Rules"
TERMS = (Term(gold_quality.TABLE),)
#: The panels of the dashboards that it draws.
SHOWS = ("rules", "rules-over-time")


def panel(facts: Facts) -> Panel:
    run = quality.newest_run(facts)
    if not run.results:
        return Panel("rules", TITLE, "The lake holds no result of a check yet; the next cycle that checks something leaves one.", (), TERMS)
    told = f"{words.plural(len(run.results), 'rule was', 'rules were')} looked at on {words.instant(run.at)}"
    says = f"{told}, and {words.count(len(run.broken)) if run.broken else 'none'} did not hold."
    history = quality.history(facts)
    parts = [*([_broken(run.broken)] if run.broken else []), *([_history(history)] if len(history) > 1 else [])]
    return Panel("rules", TITLE, says, parts, TERMS, is_wide=bool(run.broken))


def _broken(results: Sequence[quality.Result]) -> Listing:
    rows = [
        (
            SEVERITIES.get(result.severity, result.severity),
            result.table_name,
            result.rule,
            words.count(result.n_failed),
            words.count(result.n_checked),
            name(result.observed or words.UNKNOWN),
            name(result.examples or words.UNKNOWN),
            name(result.slots),
        )
        for result in results
    ]
    return Listing(
        "Rules that did not hold", ("severity", "table", "rule", "rows", "of", "found", "examples", "slots"), rows, numbers=(3, 4)
    )


def _history(runs: Sequence[Row]) -> Listing:
    rows = [
        (words.instant(run["run"]), words.count(run["n_rules"]), words.count(run["failing"]), words.count(run["warning"]))
        for run in reversed(runs)
    ]
    return Listing(f"The newest {len(rows)} runs", ("run", "rules", "failing", "warnings"), rows, numbers=(1, 2, 3), is_folded=True)
