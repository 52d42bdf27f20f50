"""The check stage: the rows that are about to be published, judged by the rules of their tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twilytics import publication, quality
from twilytics.failures import Failure
from twilytics.gold import captures
from twilytics.observatory import Observatory
from twilytics.refine import chunks, is_slotwise, near, writes
from twilytics.schema import Table
from twilytics.slots import EVER, Slots
from twilytics.tables import of_layer

#: Captures whose rows are judged at once, so that memory is bounded.
CAPTURES_AT_ONCE = 4_000


@dataclass(frozen=True)
class Checked:
    """``runs`` are free to be published; ``warnings`` are the failures that do not stop that."""

    runs: tuple[Slots, ...] = ()
    warnings: tuple[Failure, ...] = ()


def unpublished(observatory: Observatory) -> tuple[Slots, ...]:
    """The runs of captured slots that PostgreSQL does not have as the lake has them: all, where it is another database."""
    state = observatory.ledger
    known = publication.last_batch(observatory.dsn)
    # One further: the publication was committed, and the process killed before it could note that.
    is_ours = known is not None and known.lake == observatory.lake.identity()
    if known is None or not is_ours or known.number not in (state.published_batch, state.published_batch + 1):
        return (EVER,) if observatory.lake.identity() is not None else ()
    return near(state.to_publish, observatory.settings.interval)


def check(observatory: Observatory, *, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Checked:
    """Judge silver and gold where they changed. Raise :class:`GateError` where a rule of severity fail does not hold.

    Only under the lake's lock. ``progress`` is called with the checks done and the checks in all.
    """
    runs = unpublished(observatory)
    if not runs:
        return Checked()
    lake, interval = observatory.lake, observatory.settings.interval
    captured = lake.read(captures.TABLE, runs, columns=["slot"]).column("slot").to_pylist()
    tables = (*of_layer("silver"), *of_layer("gold"))
    work: list[tuple[Table, Slots | None]] = [
        (table, piece) for piece in chunks(runs, captured, CAPTURES_AT_ONCE, interval) for table in tables if is_slotwise(table)
    ]
    work += [(table, None) for table in tables if not is_slotwise(table)]
    failures: list[Failure] = []
    for done, (table, piece) in enumerate(work):
        run = writes(table, piece, interval) if piece else None
        failures += quality.check(table, lake.read(table, (run,) if run else None), scope=_told(run))
        progress(done + 1, len(work))
    quality.gate(failures)
    return Checked(runs, tuple(failures))


def _told(run: Slots | None) -> str:
    return "" if run is None or run == EVER else str(run)


def publish_checked(observatory: Observatory, runs: Sequence[Slots]) -> publication.Published | None:
    """Publish what passed the checks, and note it. None where there was nothing to publish. Only under the lake's lock."""
    if not runs:
        return None
    state, interval = observatory.ledger, observatory.settings.interval
    known = publication.last_batch(observatory.dsn)
    batch = max(known.number if known else 0, state.published_batch) + 1
    changed = None
    if EVER not in runs:
        reached = {table.name: [writes(table, run, interval) for run in runs] for table in publication.published_tables()}
        changed = {name: None if None in found else [run for run in found if run] for name, found in reached.items()}
    published = publication.publish(observatory.dsn, observatory.lake, batch, changed)
    observatory.save(state.published(runs, batch))
    return published
