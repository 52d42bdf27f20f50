"""Which rules did not hold, when they were looked at last or some days before, and on which rows."""

import json
from collections.abc import Sequence

from markupsafe import Markup

from twilytics.gold import quality as gold_quality
from twilytics.panels.panel import Term
from twilytics.report import dictionary, quality, words
from twilytics.report.facts import Facts, Row
from twilytics.report.names import name, shown
from twilytics.report.panel import Listing, Panel

SEVERITIES = {"fail": "✖ stops the publication", "warn": "▲ warning", "note": "● note"}
TITLE = "Rules"
TERMS = (Term(gold_quality.TABLE),)
#: The panels of the dashboards that it draws.
SHOWS = ("rules", "rules-over-time")


def panel(facts: Facts) -> Panel:
    found = quality.lately(facts)
    if not found.n_rules:
        return Panel("rules", TITLE, "The lake holds no result of a check yet; the next cycle that checks something leaves one.", (), TERMS)
    told = f"{words.plural(found.n_rules, 'rule was', 'rules were')} looked at in the {quality.DAYS} days up to {words.instant(found.at)}"
    says = f"{told}: {words.count(len(found.broken)) if found.broken else 'none'} did not hold when looked at last"
    if found.mended:
        says += f", {words.count(len(found.mended))} did not some time before that"
    history = quality.history(facts)
    kept = [
        *([_broken("Rules that did not hold when they were looked at last", found.broken)] if found.broken else []),
        *([_broken("Rules that did not hold some days before, and do now", found.mended)] if found.mended else []),
        *([_history(history)] if len(history) > 1 else []),
    ]
    return Panel("rules", TITLE, says + ".", kept, TERMS, is_wide=bool(found.broken or found.mended))


def _broken(caption: str, results: Sequence[quality.Result]) -> Listing:
    rows = [
        (
            SEVERITIES.get(result.severity, result.severity),
            _rule(result) + _examples(result),
            words.count(result.n_failed),
            words.count(result.n_checked),
            words.instant(result.run),
            name(result.slots),
        )
        for result in results
    ]
    return Listing(caption, ("severity", "rule, and rows that break it", "rows", "of", "run", "slots"), rows, numbers=(2, 3, 4))


def _rule(result: quality.Result) -> Markup:
    """Its table, its name and, where the table still declares it, what it demands."""
    declared = dictionary.rules(result.table_name).get(result.rule)
    told = Markup("<code>{}</code> <code>{}</code>").format(shown(result.table_name), shown(result.rule))
    return told + Markup(" <small>{}</small>").format(shown(declared.says)) if declared else told


def _examples(result: quality.Result) -> Markup:
    """Keys of rows with what was found there, a line each; what was found alone, where no row is to be named."""
    try:
        told = json.loads(result.examples or "[]")
    except ValueError:
        told = [result.examples]
    found = [str(example) for example in told] if isinstance(told, list) else [str(told)]
    lines = [example for example in found if example] or [result.observed or words.UNKNOWN]
    return Markup('<ul class="plain">{}</ul>').format(Markup("").join(Markup("<li>{}</li>").format(name(line)) for line in lines))


def _history(runs: Sequence[Row]) -> Listing:
    rows = [
        (words.instant(run["run"]), words.count(run["n_rules"]), words.count(run["failing"]), words.count(run["warning"]))
        for run in reversed(runs)
    ]
    return Listing(f"The newest {len(rows)} runs", ("run", "rules", "failing", "warnings"), rows, numbers=(1, 2, 3), is_folded=True)
