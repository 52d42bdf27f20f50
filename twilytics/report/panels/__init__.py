"""The panels of the page, a module each: charts and words for one or more panels of the dashboards, and the rest of those as they are."""

from collections.abc import Sequence

from twilytics.panels import panels
from twilytics.report.facts import Facts
from twilytics.report.panel import Panel
from twilytics.report.panels import (
    change,
    coverage,
    equality,
    freshness,
    geography,
    lead_lag,
    others,
    quarantine,
    rules,
    survival,
    top_topics,
    trendsetter,
)

STANDING = (coverage, rules, quarantine, freshness)
METRICS = (change, equality, trendsetter, lead_lag, survival, top_topics, geography)


def standing(facts: Facts) -> Sequence[Panel]:
    """What the data are worth."""
    return [module.panel(facts) for module in STANDING]


def metrics(facts: Facts) -> Sequence[Panel]:
    """What they say. Only of a lake that has captures."""
    return [module.panel(facts) for module in METRICS]


def more(facts: Facts) -> Sequence[Panel]:
    """The panels of the dashboards that none of these draws, and that no choice of the viewer's has to come before."""
    drawn = {key for module in (*STANDING, *METRICS) for key in module.SHOWS}
    return [others.panel(facts, panel) for panel in panels().values() if panel.key not in drawn and panel.not_in_report is None]
