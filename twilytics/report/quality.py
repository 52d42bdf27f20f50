"""What the checks said, from `gold.quality`: of each rule when it was looked at last, and what did not hold lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from twilytics.report.facts import Facts, Row

RUNS_TOLD = 30
#: Days before the newest run in which a rule that did not hold is told, though it held later: of other rows, or mended.
DAYS = 7
COLUMNS = ("run", "table_name", "rule", "severity", "slots", "n_checked", "n_failed", "observed", "examples")
RECENT = f"FROM gold_quality WHERE run > (SELECT max(run) FROM gold_quality) - INTERVAL {DAYS} DAY"  # noqa: S608  (a number of our own)
# Which tables are checked differs from run to run: each rule has a newest run of its own.
LATELY = f"""
WITH lately AS (SELECT *, max(run) OVER (PARTITION BY table_name, rule) AS looked_at {RECENT})
SELECT *, run = looked_at AS is_last FROM lately WHERE n_failed > 0
QUALIFY row_number() OVER (PARTITION BY table_name, rule ORDER BY run DESC) = 1
ORDER BY is_last DESC, CASE severity WHEN 'fail' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END, run DESC, n_failed DESC, table_name, rule
"""  # noqa: S608  (a number of our own)


@dataclass(frozen=True)
class Result:
    """What one rule said of one table in one run."""

    run: datetime
    table_name: str
    rule: str
    severity: str
    slots: str
    n_checked: int
    n_failed: int
    observed: str | None
    examples: str | None


@dataclass(frozen=True)
class Lately:
    """``n_rules`` rules were looked at, the last of them ``at`` that run. ``broken`` are those that did not hold when they were looked at
    last, ``mended`` the newest results of those that did not some days before: of both, what stops a publication first."""

    at: datetime | None
    n_rules: int
    broken: Sequence[Result] = ()
    mended: Sequence[Result] = ()


def lately(facts: Facts) -> Lately:
    """Over the newest days that have runs."""
    (known,) = facts.rows(f"SELECT max(run) AS at, count(DISTINCT (table_name, rule)) AS n_rules {RECENT}")
    found = [(row["is_last"], Result(**{name: row[name] for name in COLUMNS})) for row in facts.rows(LATELY)]
    broken, mended = ([result for is_last, result in found if is_last is wanted] for wanted in (True, False))
    return Lately(known["at"], known["n_rules"], broken, mended)


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
