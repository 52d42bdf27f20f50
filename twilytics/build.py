"""The refinement of a run of slots, table by table: what the jobs and the cycle both run."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from twilytics.engines import Engine
from twilytics.refine import is_slotwise, steps
from twilytics.schema import Table
from twilytics.slots import Slots
from twilytics.tables import of_layer


def build_silver(engine: Engine, changed: Slots, interval: timedelta) -> dict[str, int]:
    """Read the answers of these slots again. Return the rows written by table."""
    return _build(engine, of_layer("silver"), changed, None, interval)


def build_gold(engine: Engine, changed: Slots, interval: timedelta) -> dict[str, int]:
    """Make the gold rows that these slots reach. Return the rows written by table."""
    return _build(engine, filter(is_slotwise, of_layer("gold")), changed, None, interval)


def build_summaries(engine: Engine, newest: datetime, interval: timedelta) -> dict[str, int]:
    """Make the gold tables that are relative to the newest captured slot, once all slots are done."""
    whole = (table for table in of_layer("gold") if not is_slotwise(table))
    return _build(engine, whole, Slots(newest, newest + interval), newest, interval)


def _build(engine: Engine, tables: Iterable[Table], changed: Slots, newest: datetime | None, interval: timedelta) -> dict[str, int]:
    return {step.table.name: engine.run(step) for step in steps(tables, changed, newest, interval)}
