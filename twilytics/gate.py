"""The check stage: the rows that are about to be published, judged by the rules of their tables.

What slices of a backfill made is judged apart from what is new: one of the two may be stopped while the other is published.
Tables that come once all slots are done follow from both, and wait for both.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal

import pyarrow as pa

from twilytics import auditing, failures, publication, quality, results
from twilytics.errors import GateError
from twilytics.failures import Failure
from twilytics.gold import captures
from twilytics.gold import quality as gold_quality
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.published import published_tables
from twilytics.quality import Judged
from twilytics.refine import chunks, is_slotwise, near
from twilytics.schema import Table
from twilytics.slots import EVER, Runs, Slots, merged, without
from twilytics.tables import named, of_layer

#: Captures whose rows are judged at once, so that memory is bounded.
CAPTURES_AT_ONCE = 4_000
#: What waits to be published: what cycles made, and what slices did.
Part = Literal["new", "history"]


@dataclass(frozen=True)
class Checked:
    """``runs`` of rows, by name of their table, are free to be published; ``warnings`` are the failures that do not stop that,
    ``stopped`` those of them that stop rows apart from these. ``at``: when the checks ran, None where there was nothing to check."""

    runs: Mapping[str, Runs] = field(default_factory=dict, hash=False)
    warnings: tuple[Failure, ...] = ()
    stopped: tuple[Failure, ...] = ()
    at: datetime | None = None


def unpublished(observatory: Observatory) -> Mapping[str, Runs]:
    """By name of each table the runs of its rows that PostgreSQL does not have as the lake has them: all, where it is another database."""
    state = observatory.ledger
    known = publication.last_batch(observatory.dsn, is_upgrading=True)
    # One further: the publication was committed, and the process killed before it could note that.
    is_ours = known is not None and known.lake == observatory.lake.identity()
    if known is None or not is_ours or known.number not in (state.published_batch, state.published_batch + 1):
        return (
            {table.name: (EVER,) for table in _tables() if observatory.lake.handle(table)}
            if observatory.lake.identity() is not None
            else {}
        )
    waiting = {name: near(runs, observatory.settings.interval) for name, runs in state.to_publish.items()}
    emptied = [table for table in published_tables() if table.name not in known.tables and observatory.lake.handle(table)]
    return {**waiting, **{table.name: (EVER,) for table in emptied}}


def check(
    observatory: Observatory, *, apart: Part | None = None, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Checked:
    """Judge silver and gold where they changed. Raise :class:`GateError` where a rule of severity fail does not hold.

    Where it does not hold in the part that is ``apart``, only that part is not free. Only under the lake's lock.
    ``progress`` is called with the checks done and the checks in all.
    """
    new = unpublished(observatory)
    history = {name: near(runs, observatory.settings.interval) for name, runs in observatory.ledger.backfilled.items()}
    parts: dict[Part, Mapping[str, Runs]] = {
        "new": new,
        # A database that is another gets everything at once.
        "history": {name: runs for name, runs in history.items() if EVER not in new.get(name, ())},
    }
    if not any(parts.values()):
        return Checked()
    lake, now = observatory.lake, datetime.now(UTC)
    judging = {part: _read_already(runs, observatory.ledger.refining()) for part, runs in parts.items() if runs}
    found = {part: judged(lake, observatory.settings.interval, runs, progress=progress) for part, runs in judging.items()}
    every = _together(found.values())
    results.record(lake, now, every, _joined(judging.values()))
    try:
        quality.gate(failures.joined(failure for part, one in found.items() if part != apart for failure in one.failures))
    except GateError:
        publication.publish_log(observatory.dsn, lake, gold_quality.TABLE)
        raise
    stopped = failures.joined(one for one in found[apart].failures if one.severity == "fail") if apart in found else ()
    free = _joined(runs for part, runs in parts.items() if not (stopped and part == apart))
    runs = {name: one for name, one in free.items() if not stopped or is_slotwise(named(name))}
    if stopped and not runs:
        publication.publish_log(observatory.dsn, lake, gold_quality.TABLE)
    return Checked(runs, failures.joined(every.failures), stopped, now)


def _read_already(runs: Mapping[str, Runs], refining: Runs) -> dict[str, Runs]:
    """These runs, of silver without the slots that are still to be refined: bronze has answers there that nobody read yet."""
    left = {name: without(of_table, *refining) if named(name).layer == "silver" else of_table for name, of_table in runs.items()}
    return {name: of_table for name, of_table in left.items() if of_table}


def _together(found: Iterable[Judged]) -> Judged:
    parts = tuple(found)
    return Judged(tuple(count for part in parts for count in part.counts), tuple(one for part in parts for one in part.failures))


def _joined(parts: Iterable[Mapping[str, Runs]]) -> dict[str, Runs]:
    """By name of each table the runs of any of these."""
    found: dict[str, Runs] = {}
    for part in parts:
        found |= {name: merged([*found.get(name, ()), *runs]) for name, runs in part.items()}
    return found


def judged(
    lake: Lake, interval: timedelta, runs: Mapping[str, Runs], *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Judged:
    """Judge these runs of rows, by name of their table, by every rule that is declared, about rows and about tables."""
    # Of these runs only: a history's worth of captures would have to be sorted for each table.
    changed = merged(run for table in _tables() if table.time for run in runs.get(table.name, ()))
    captured = lake.read(captures.TABLE, changed, columns=["slot"]).column("slot").to_pylist()
    # Tables of one reach have the same runs, cut once.
    cut = cache(lambda table_runs: chunks(table_runs, captured, CAPTURES_AT_ONCE, interval))
    work: list[tuple[Table, Slots | None]] = [
        (table, piece) for table in _tables() if table.name in runs for piece in (cut(runs[table.name]) if table.time else [None])
    ]

    def rows() -> Iterator[tuple[Table, pa.Table, str]]:
        for done, (table, piece) in enumerate(work):
            progress(done, len(work))
            yield table, lake.read(table, (piece,) if piece else None), failures.scope(piece)

    with auditing.begun(lake, interval, work) as audited:
        found = quality.check_all(rows(), audited)
    progress(len(work), len(work))
    return found


def _tables() -> tuple[Table, ...]:
    return (*of_layer("silver"), *of_layer("gold"))


def publish_checked(observatory: Observatory, checked: Checked) -> publication.Published | None:
    """Publish what passed the checks, and note it. None where there was nothing to publish. Only under the lake's lock."""
    runs = checked.runs
    if not runs or checked.at is None:
        return None
    state = observatory.ledger
    known = publication.last_batch(observatory.dsn)
    batch = max(known.number if known else 0, state.published_batch) + 1
    is_all = all(EVER in runs.get(table.name, ()) for table in published_tables() if observatory.lake.handle(table))
    changed = None if is_all else {name: None if EVER in table_runs else table_runs for name, table_runs in runs.items()}
    published = publication.publish(observatory.dsn, observatory.lake, batch, changed)
    results.record_reconciled(observatory.lake, checked.at, published.n_rows, published.mended, published.slots)
    if published.mended:
        publication.publish_log(observatory.dsn, observatory.lake, gold_quality.TABLE)
    observatory.save(state.published(runs, batch))
    return published
