"""Which tables PostgreSQL has."""

from functools import cache

from twilytics import ops
from twilytics.gold import batches, measurements, quality
from twilytics.render import rollup
from twilytics.schema import Table
from twilytics.tables import of_layer

#: Tables that are only ever appended to, by their time, and published as far as they go, whatever else is.
LOGS = (quality.TABLE, measurements.TABLE)


def published_tables() -> tuple[Table, ...]:
    """The tables that come from the lake, inputs first."""
    return tuple(table for table in of_layer("gold") if table.is_published)


def schema() -> tuple[Table, ...]:
    """All tables of PostgreSQL's schema ``gold``."""
    by_day = (rollup.by_day(table) for table in published_tables() if rollup.is_rolled_up(table))
    return (*published_tables(), *by_day, *LOGS, batches.TABLE)


@cache
def all_tables() -> tuple[Table, ...]:
    """Those of the schema ``ops`` as well."""
    return (*schema(), *ops.tables())
