"""A published table by day, as materialized view of PostgreSQL: what windows of months are drawn from.

A table of slots that holds shares has one: `<table>_by_day` with the same keys, the `day` (midnight UTC) in place of the
slot, `n_slots` (rows of the day), and the mean of each share over the rows that have one. Maintenance refreshes it.
"""

from twilytics.render.expectations import quoted
from twilytics.render.postgres import literal
from twilytics.schema import Slotwise, Table


def is_rolled_up(table: Table) -> bool:
    """Whether the table is kept by day as well."""
    return table.is_published and isinstance(table.reach, Slotwise) and table.time in table.grain and bool(_shares(table))


def name(table: Table) -> str:
    """The view's name as SQL: ``gold.change_rate_by_day``."""
    return f"{quoted(table.layer)}.{quoted(_short(table))}"


def create(table: Table) -> str:
    """What makes the view, empty, with its key and a comment; harmless where it is there."""
    keys = [quoted(key) for key in table.grain if key != table.time]
    day = f"date_trunc('day', {quoted(str(table.time))}, 'UTC')"
    means = [f"avg({quoted(share)}) AS {quoted(share)}" for share in _shares(table)]
    columns = ", ".join([*keys, f"{day} AS day", "count(*) AS n_slots", *means])
    grouped = ", ".join([*keys, day])
    key = ", ".join([*keys, "day"])
    about = f"gold.{table.short_name} by day: rows of the day, and the mean of each share. As of the last `twilytics maintain`."
    rows = f"SELECT {columns} FROM {quoted(table.layer)}.{quoted(table.short_name)} GROUP BY {grouped}"  # noqa: S608  (all of it is declared)
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {name(table)} AS {rows} WITH NO DATA;\n"
        f"CREATE UNIQUE INDEX IF NOT EXISTS {quoted(f'{_short(table)}_key')} ON {name(table)} ({key});\n"
        f"COMMENT ON MATERIALIZED VIEW {name(table)} IS {literal(about)};\n"
    )


def _short(table: Table) -> str:
    return f"{table.short_name}_by_day"


def _shares(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.unit == "percentunit"]
