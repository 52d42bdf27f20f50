"""What the checks found: a row a rule and run of the checks, those that held as well as those that did not.

Its rows come from no transform: `twilytics.gate` writes them, before it stops a publication too. Those of rules that held are
let go of with the lake's older versions, after TWILYTICS_RETENTION_HOURS.
"""

from dataclasses import replace

from twilytics import columns
from twilytics.gold import batches
from twilytics.schema import Check, Column, Table

SEVERITIES = ("fail", "warn", "note")

TABLE = Table(
    name="gold.quality",
    description=__doc__,
    grain=("run", "table_name", "rule"),
    columns=(
        Column("run", "timestamp", "When the checks ran."),
        Column("table_name", "string", "The table, or the edge, that was checked."),
        Column("rule", "string", "The rule's name, as its table declares it."),
        Column("severity", "string", "fail stops the publication, warn publishes and tells, note is only kept."),
        replace(batches.TABLE.column("slots"), description="The slots whose rows were checked: ISO 8601 intervals; `all` for everything."),
        columns.count("n_checked", "Rows that were looked at."),
        replace(columns.count("n_failed", "Rows that break the rule; 0 where it held."), warns_from=1),
        Column("observed", "string", "What was found in their place; NULL where the rule held.", nullable=True, identifies="anything"),
        Column(
            "examples",
            "string",
            "Keys of some of those rows, a JSON list; NULL where the rule held.",
            nullable=True,
            identifies="anything",
        ),
    ),
    checks=(
        Check("known_severity", f"severity IN {SEVERITIES}", "Alerts go by these words.", breaks={"severity": "bad"}),
        Check(
            "told_where_failed",
            "(n_failed = 0) = (observed IS NULL)",
            "What failed has to say how.",
            breaks={"n_failed": 1, "observed": None},
        ),
    ),
    time="run",
)
