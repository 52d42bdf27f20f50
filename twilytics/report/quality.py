"""What the checks said last, from `gold.quality`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from twilytics.report.facts import Facts, Row

RUNS_TOLD = 30
COLUMNS = ("table_name", "rule", "severity", "slots", "n_checked", "n_failed", "observed", "examples")


@dataclass(frozen=True)
class Result:
    """What one rule said of one table."""

    table_name: str
    rule: str
    severity: str
    slots: str
    n_checked: int
    n_failed: int
    observed: str | None
    examples: str | None


@dataclass(frozen=True)
class Run:
    """``broken``: the results that did not hold, what stops a publication first."""

    at: datetime | None
    results: Sequence[Result] = ()

    @property
    def broken(self) -> Sequence[Result]:
        return [result for result in self.results if result.n_failed]


def newest_run(facts: Facts) -> Run:
    """The results of the newest run, empty where there is none."""
    found = facts.rows(
        """
        SELECT * FROM gold_quality
        WHERE run = (SELECT max(run) FROM gold_quality)
        ORDER BY CASE severity WHEN 'fail' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END, n_failed DESC, table_name, rule, slots
        """
    )
    return Run(found[0]["run"], [Result(**{name: row[name] for name in COLUMNS}) for row in found]) if found else Run(None)


def history(facts: Facts) -> list[Row]:
    """The newest runs, oldest first: how many rules each looked at, and how many of each severity did not hold."""
    found = facts.rows(
        """
        SELECT run, count(*) AS n_rules, count(*) FILTER (n_failed > 0 AND severity = 'fail') AS failing,
            count(*) FILTER (n_failed > 0 AND severity = 'warn') AS warning
        FROM gold_quality GROUP BY run ORDER BY run DESC LIMIT ?
        """,
        RUNS_TOLD,
    )
    return found[::-1]
