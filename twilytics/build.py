"""The refinement of a run of slots, table by table: what the jobs and the cycle both run."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pyarrow.compute as pc

from twilytics.engines import Engine, Made
from twilytics.lake import Lake
from twilytics.refine import Step, is_slotwise, of_all, of_runs
from twilytics.schema import Keyed, Settled, Table, Trailing
from twilytics.slots import EVER, Runs, Slots
from twilytics.tables import of_layer

Job = Callable[[], Made]


def build_silver(engine: Engine, changed: Slots, interval: timedelta) -> list[Made]:
    """Read the answers of these slots again."""
    return _build(engine, of_layer("silver"), changed, interval)


def build_gold(engine: Engine, changed: Slots, interval: timedelta) -> list[Made]:
    """Make the gold rows that these slots reach."""
    return _build(engine, of_layer("gold"), changed, interval)


def _build(engine: Engine, tables: Iterable[Table], changed: Slots, interval: timedelta) -> list[Made]:
    steps = of_runs(tables, changed, interval, partial(last_open, engine.lake))
    return _done({step.table.name: (step.table, partial(engine.run, step)) for step in steps}, engine.steps_at_once)


def last_open(lake: Lake, carry: Table, touched: Slots) -> datetime | None:
    """The last midnight over which the carry holds a run that these slots touch; None where there is none."""
    later = lake.read(carry, (Slots(touched.since, EVER.until),), columns=["day", "started_at", "last_seen_at"])
    spans = later.filter((pc.field("started_at") < touched.until) & (pc.field("last_seen_at") >= touched.since))
    found: datetime | None = pc.max(spans["day"]).as_py()
    return found


def build_summaries(
    engine: Engine,
    newest: datetime,
    interval: timedelta,
    followed: Mapping[str, int],
    *,
    settled_until: datetime | None,
    is_day_summed: bool,
) -> list[Made]:
    """Make the gold tables that come once all slots are done. ``newest`` is the newest captured slot.

    ``followed`` has by name of a table its version that followers were made of, ``settled_until`` is the midnight before
    which rows are settled; without ``is_day_summed`` the tables of whole days are made again as well.
    """
    jobs: dict[str, tuple[Table, Job]] = {}
    for table in of_layer("gold"):
        is_done = isinstance(table.reach, Trailing) and table.reach.of_whole_days and is_day_summed
        if is_slotwise(table) or isinstance(table.reach, Settled) or is_done:
            continue
        if isinstance(table.reach, Keyed):
            jobs[table.name] = table, partial(engine.follow, _following(table, settled_until), followed.get(table.reach.of))
        else:
            jobs[table.name] = table, partial(engine.run, *of_all([table], newest, interval))
    return _done(jobs, engine.steps_at_once)


def _following(table: Table, settled_until: datetime | None) -> Step:
    """All rows of a table that follows another: of what is settled, the sums are enough."""
    assert isinstance(table.reach, Keyed)
    recent: Runs | None = None if settled_until is None else (Slots(settled_until, EVER.until),)
    settled: Runs | None = () if settled_until is None else None
    return Step(table, {made_of.name: recent if made_of.name == table.reach.of else settled for made_of in table.inputs}, None)


def settle(engine: Engine, until: datetime) -> list[Made]:
    """Sum up what lies before this midnight."""
    tables = [table for table in of_layer("gold") if isinstance(table.reach, Settled)]
    earlier = (Slots(EVER.since, until),)
    return [engine.run(Step(table, {made_of.name: earlier for made_of in table.inputs}, None)) for table in tables]


def versions_to_follow(lake: Lake) -> dict[str, int]:
    """The versions of the tables that others follow key by key."""
    tables = {table.reach.followed(table) for table in of_layer("gold") if isinstance(table.reach, Keyed)}
    return {table.name: version for table in tables if (version := lake.version(table)) is not None}


def _done(jobs: Mapping[str, tuple[Table, Job]], at_once: int) -> list[Made]:
    """Do the jobs, so many side by side: each once those are done that make its inputs, which come before it."""
    running: dict[str, Future[Made]] = {}

    def after_its_inputs(table: Table, job: Job) -> Made:
        for made_of in table.inputs:
            if made_of.name in running:
                running[made_of.name].result()
        return job()

    with ThreadPoolExecutor(at_once) as pool:
        for name, (table, job) in jobs.items():
            running[name] = pool.submit(after_its_inputs, table, job)
    return [future.result() for future in running.values()]
