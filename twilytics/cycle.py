"""One cycle: land, snapshot, refine, check, publish. Each stage goes on from where the one before it once ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from twilytics import backfilling, landing, measuring, quality, slicing, stopping
from twilytics.capturing import Asked, capture
from twilytics.errors import GateError
from twilytics.gate import Checked, check, publish_checked
from twilytics.noting import Extent
from twilytics.observatory import Observatory
from twilytics.publication import Published
from twilytics.refinement import Refined
from twilytics.refining import refine
from twilytics.snapshot import Snapshot, snapshot

T = TypeVar("T")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class CycleReport:
    """What each stage did; ``asked`` is None where no source was to be asked, ``published`` where PostgreSQL had everything already."""

    asked: Asked | None
    n_landed: int
    snapshot: Snapshot
    refined: Refined
    checked: Checked
    published: Published | None


def plainly(stage: str, function: Callable[..., T], *args: Any) -> T:
    """Run a stage as what it is, a function; not, where somebody asked to end."""
    stopping.check(stage)
    return function(*args)


def no_progress(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def cycle(
    observatory: Observatory,
    *,
    call: Callable[..., Any] = plainly,
    progress: Progress = no_progress,
    is_asking: bool = False,
    is_whole: bool = True,
) -> CycleReport:
    """Bring everything up to what is known, and publish it; with ``is_asking``, ask the source for the current slot first.

    What would keep others waiting for long is put off; where it ``is_whole``, that is done afterwards, slice by slice.
    ``call(stage, function, *args)`` runs a stage (as a Prefect task, say). Raise :class:`twilytics.errors.GateError` where
    a check stops the publication, :class:`twilytics.errors.ServiceError` where a part does not answer; a next cycle goes on.
    However it ends, once it writes: what it took is kept in `gold.measurements`.
    """

    def telling(stage: str) -> Callable[[int, int], None]:
        return lambda done, total: progress(stage, done, total)

    extent: Extent = "short" if is_whole else "new"
    stages = measuring.Stages(call)
    if is_asking or observatory.spool.segments():
        quality.warm_up_beside()
    # Not under the lock: the source's rate limit may make this take most of an interval.
    asked = stages("ask", lambda: capture(observatory, progress=telling("ask"))) if is_asking else None
    with observatory.lake.locked(), measuring.measured(observatory, stages):
        # The store and the database are opened inside of their stages, so that what does not answer is tried again.
        landed = stages("land", lambda: landing.land(observatory.spool, observatory.store))
        taken = stages("snapshot", lambda: snapshot(observatory.spool, observatory.store, observatory.lake))
        started = time.monotonic()
        refined = stages("refine", lambda: refine(observatory, extent=extent, progress=telling("refine")))
        try:
            checked = stages("check", lambda: check(observatory, apart="history", progress=telling("check")))
            published = stages("publish", publish_checked, observatory, checked)
        except GateError:
            # What is put off may be what mends it; if not, the end of the slices tells so.
            if not (is_whole and observatory.ledger.to_backfill):
                raise
            checked, published = Checked(), None
        backfilling.note_pace(observatory, refined.n_answers, time.monotonic() - started)
    done = slicing.Done(refined, checked, published)
    if is_whole:
        done += slicing.sliced(observatory, checked, call=call, progress=progress)
    return CycleReport(asked, landed, taken, done.refined, done.checked, done.published)
