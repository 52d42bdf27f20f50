"""The panels, a module each, in the order of the page: a question to the lake, its chart, its words."""

from collections.abc import Sequence

from twilytics.report.facts import Facts
from twilytics.report.panel import Panel
from twilytics.report.panels import (
    change,
    coverage,
    equality,
    freshness,
    geography,
    lead_lag,
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
