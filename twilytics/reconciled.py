"""The rule of whatever is published: no query over the lake, :mod:`twilytics.reconciling` asks PostgreSQL as well."""

from twilytics.schema import Severity, Table

NAME = "reconciled"
SAYS = "PostgreSQL has to hold the lake's rows of each day"
SEVERITY: Severity = "warn"
WHY = (
    "Somebody edited it, or a publication lost something. It stops nothing, as the days that differ are published again: at once where a "
    "publication touches them, else with the cycle after `twilytics maintain` found them."
)


def holds_for(table: Table) -> bool:
    """Whether the table is made by a transform, and published."""
    return table.layer == "gold" and table.is_published and bool(table.inputs)
