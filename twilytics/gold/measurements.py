"""What each cycle took, and how large everything was after it: a row a measure and cycle.

A cycle that failed, or that a check stopped, has the seconds of the stages that it came to. Its rows come from no transform:
`twilytics.measuring` writes them, and publishes them at once. All are kept: of hourly cycles about 110,000 a year.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from twilytics.schema import Check, Column, Table, Unit


@dataclass(frozen=True)
class Measure:
    """What is measured, and in what unit."""

    unit: Unit
    description: str


MEASURES: Mapping[str, Measure] = {
    "ask_seconds": Measure("seconds", "Asking the source for the current slot."),
    "land_seconds": Measure("seconds", "Bringing what waits in the spool to the store."),
    "snapshot_seconds": Measure("seconds", "Bringing what was landed to bronze."),
    "refine_seconds": Measure("seconds", "Making silver and gold of bronze."),
    "check_seconds": Measure("seconds", "Judging the rows that are about to be published."),
    "publish_seconds": Measure("seconds", "Publishing to PostgreSQL."),
    "cycle_seconds": Measure("seconds", "The whole cycle, with what lies between its stages, such as waiting to try one again."),
    "lake_bytes": Measure("bytes", "The lake's files, without those of older versions."),
    "lake_files": Measure("short", "How many files these are: maintenance joins small ones."),
    "database_bytes": Measure("bytes", "The published database on disk."),
    "spool_answers": Measure("short", "Answers that wait in the spool."),
    "spent_usd": Measure("usd", "Spent on calls in this calendar month (UTC) so far; only where calls cost."),
    "budget_usd": Measure("usd", "What a month may cost; only where calls cost and TWILYTICS_X_MONTHLY_BUDGET_USD is set."),
}

TABLE = Table(
    name="gold.measurements",
    description=__doc__,
    grain=("measured_at", "measure"),
    columns=(
        Column("measured_at", "timestamp", "When it was measured: at the end of a cycle, one time for all measures."),
        Column("measure", "string", f"What was measured, its unit last: {', '.join(MEASURES)}."),
        Column("value", "double", "How much it was, in the unit of its measure.", minimum=0, unit="short"),
    ),
    checks=(
        Check("known_measure", f"measure IN {tuple(MEASURES)}", "Dashboards and alerts ask by these words.", breaks={"measure": "mood"}),
    ),
    time="measured_at",
)
