"""One cycle: land, snapshot, refine, check, publish. Each stage goes on from where the one before it once ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from twilytics import backfilling, landing, measuring, stopping
from twilytics.capturing import Asked, capture
from twilytics.gate import Checked, check, publish_checked
from twilytics.observatory import Observatory
from twilytics.publication import Published
from twilytics.refinement import Refined, refine
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
) -> CycleReport:
    """Bring everything up to what is known, and publish it; with ``is_asking``, ask the source for the current slot first.

    ``call(stage, function, *args)`` runs a stage (as a Prefect task, say). Raise :class:`twilytics.errors.GateError` where
    a check stops the publication, :class:`twilytics.errors.ServiceError` where a part does not answer; a next cycle goes on.
    However it ends, once it writes: what it took is kept in `gold.measurements`.
    """

    def telling(stage: str) -> Callable[[int, int], None]:
        return lambda done, total: progress(stage, done, total)

    stages = measuring.Stages(call)
    # Not under the lock: the source's rate limit may make this take most of an interval.
    asked = stages("ask", lambda: capture(observatory, progress=telling("ask"))) if is_asking else None
    with observatory.lake.locked(), measuring.measured(observatory, stages):
        # The store and the database are opened inside of their stages, so that what does not answer is tried again.
        landed = stages("land", lambda: landing.land(observatory.spool, observatory.store))
        taken = stages("snapshot", lambda: snapshot(observatory.spool, observatory.store, observatory.lake))
        started = time.monotonic()
        refined = stages("refine", lambda: refine(observatory, progress=telling("refine")))
        checked = stages("check", lambda: check(observatory, progress=telling("check")))
        published = stages("publish", publish_checked, observatory, checked)
        backfilling.note_pace(observatory, refined.n_answers, time.monotonic() - started)
    return CycleReport(asked, landed, taken, refined, checked, published)
