"""Taking rows out of the quarantine for good: what was dropped is noted in the lake, and silver made anew without it."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa

from twilytics.aside import Chosen
from twilytics.bronze.dropped import TABLE
from twilytics.gold import set_aside
from twilytics.lake import Lake
from twilytics.noting import captured_in
from twilytics.observatory import Observatory
from twilytics.refine import chunks, near, of_runs
from twilytics.refinement import runs_of
from twilytics.render import arrow
from twilytics.silver import quarantine
from twilytics.slots import Runs, Slots, merged


def drop(observatory: Observatory, chosen: Chosen) -> int:
    """Drop these rows, durably; return how many they were.

    Nothing follows from them but their count, which PostgreSQL gets with the next cycle: none is run.
    """
    lake, interval = observatory.lake, observatory.settings.interval
    with lake.locked():
        rows = chosen.of(lake)
        if not rows.num_rows:
            return 0
        runs = merged(Slots(slot, slot + interval) for slot in rows["slot"].unique().to_pylist())
        before = observatory.ledger
        # Until all is done the slots are on the list: whatever ends the work in between, the next cycle ends it.
        observatory.save(before.touched(runs))
        note(lake, rows)
        joined, after = near(runs, interval), before
        for chunk in chunks(joined, captured_in(lake, joined), observatory.engine.chunk_answers, interval):
            steps = of_runs((quarantine.TABLE, set_aside.TABLE), chunk, interval, lambda _carry, _run: None)
            after = after.differing(runs_of(observatory.engine.run(step) for step in steps))
        observatory.save(after)
    return int(rows.num_rows)


def note(lake: Lake, rows: pa.Table) -> None:
    """Remember rows of the quarantine as dropped. Again is harmless. Only under the lake's lock, with their slots on the ledger's list."""
    told = rows.select(["answer", "position", "reason", "captured_at"])
    fresh = told.join(lake.read(TABLE, columns=list(TABLE.grain)), list(TABLE.grain), join_type="left anti")
    if fresh.num_rows:
        now = pa.array([datetime.now(UTC)] * fresh.num_rows, arrow.TYPES["timestamp"])
        lake.append(TABLE, fresh.append_column("dropped_at", now).sort_by("captured_at"))


def follow(lake: Lake, renamed: Mapping[str, str | None], runs: Runs) -> None:
    """Have what was dropped follow answers that erasure gave another identity, or took away (None): the old one tells of what is gone.

    ``runs`` hold their times of capture. Only under the lake's lock.
    """
    before = lake.read(TABLE, runs).to_pylist()
    told = [{**row, "answer": renamed.get(row["answer"], row["answer"])} for row in before]
    kept = {tuple(row[name] for name in TABLE.grain): row for row in told if row["answer"] is not None}
    if told != before:
        lake.replace(TABLE, pa.Table.from_pylist(list(kept.values()), schema=arrow.schema(TABLE)), runs)
