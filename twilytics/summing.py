"""What is kept by day in PostgreSQL, brought up to date by each publication in its own transaction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twilytics.render import postgres as render
from twilytics.render import rollup
from twilytics.replacing import condition, is_empty
from twilytics.schema import Table
from twilytics.slots import Slots, merged

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812


def renew(cursor: "Cursor", table: Table, runs: Sequence[Slots] | None) -> None:
    """Make those days of ``table`` by day anew that the runs touch (all, where None, or where there are none yet).

    Within the caller's transaction; nothing where the table is not kept by day.
    """
    if not rollup.is_rolled_up(table):
        return
    rolled = rollup.by_day(table)
    days = None if runs is None or is_empty(cursor, rolled) else merged(run.days() for run in runs)
    where, bounds = condition(rolled, days)
    cursor.execute(f"DELETE FROM {render.name(rolled)} AS old WHERE {where}", bounds)  # noqa: S608  (of declarations)
    where, bounds = condition(table, days)
    rows = f"{rollup.selected(table)} FROM {render.name(table)} AS old WHERE {where} {rollup.grouped(table)}"
    cursor.execute(f"INSERT INTO {render.name(rolled)} ({render.columns(rolled)}) {rows}", bounds)
