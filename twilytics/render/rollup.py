"""A published table by day, in PostgreSQL: what windows of weeks and months are drawn from.

A table of slots that holds shares has one: `<table>_by_day`, with the same keys, the `day` in place of the slot, `n_slots` (rows of
the day), the mean of each share over the rows that have one, `n_<share>` (how many do), and the sum of each count. A mean over days is
then sum(share * n_share) / sum(n_share).
"""

from dataclasses import replace
from functools import cache

from twilytics import columns
from twilytics.gold.topic_days import DAY
from twilytics.render.expectations import quoted
from twilytics.schema import Column, Daily, Slotwise, Table

MIDNIGHT = "date_trunc('day', {}, 'UTC')"


def is_rolled_up(table: Table) -> bool:
    """Whether the table is kept by day as well."""
    return table.is_published and isinstance(table.reach, Slotwise) and table.time in table.grain and bool(_shares(table))


@cache
def by_day(table: Table) -> Table:
    """The declaration of the table by day."""
    return Table(
        name=f"{table.name}_by_day",
        description=f"{table.name} by day: the mean of each share over the rows that have one, and the sum of each count.",
        grain=(*(key for key in table.grain if key != table.time), DAY.name),
        columns=(
            *(table.column(key) for key in table.grain if key != table.time),
            DAY,
            columns.count("n_slots", "Rows of the day.", minimum=1),
            *(replace(share, nullable=True, description=f"Mean of the day: {share.description}") for share in _shares(table)),
            *(columns.count(f"n_{share.name}", f"Rows of the day that have a {share.name}.") for share in _shares(table)),
            *(replace(count, nullable=True, description=f"Sum of the day: {count.description}") for count in _counts(table)),
        ),
        inputs=(table,),
        reach=Daily(),
        time=DAY.name,
    )


def selected(table: Table, midnight: str = MIDNIGHT, mean: str = "avg") -> str:
    """The table's rows, as ``old``, by day: the beginning of a query up to its source."""
    keys = [quoted(key) for key in table.grain if key != table.time]
    shares, counts = [quoted(share.name) for share in _shares(table)], [quoted(count.name) for count in _counts(table)]
    told = [f"{midnight.format(quoted(str(table.time)))} AS {quoted(DAY.name)}", "count(*) AS n_slots"]
    means = [f"{mean}({share}) AS {share}" for share in shares]
    known = [f"count({quoted(share.name)}) AS {quoted(f'n_{share.name}')}" for share in _shares(table)]
    sums = [f"CAST(sum({count}) AS bigint) AS {count}" for count in counts]
    return f"SELECT {', '.join([*keys, *told, *means, *known, *sums])}"


def grouped(table: Table) -> str:
    """The end of that query."""
    return f"GROUP BY {', '.join(str(n) for n in range(1, len(table.grain) + 1))}"


def _shares(table: Table) -> list[Column]:
    return [column for column in table.columns if column.unit == "percentunit"]


def _counts(table: Table) -> list[Column]:
    return [column for column in table.columns if column.name.startswith("n_")]
