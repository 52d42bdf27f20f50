"""What the flows do, without Prefect: plain functions of an open observatory.

``call(stage, function, *args)`` runs each stage, ``progress(stage, done, total)`` is told how far it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from twilytics import alerting, backfilling, capturing, erasing, gate, landing, maintenance, publication, refinement, refining, retrying
from twilytics import cycle as whole
from twilytics import snapshot as snapshots
from twilytics.aside import Chosen
from twilytics.cycle import CycleReport, Progress, no_progress, plainly
from twilytics.landing import Landed
from twilytics.observatory import Observatory
from twilytics.retrying import Retried, Tried

Call = Callable[..., Any]


def land(
    observatory: Observatory,
    call: Call = plainly,
    progress: Progress = no_progress,
    *,
    archives: Sequence[str] = (),
    is_asking: bool = False,
) -> Landed:
    """Land what the archives hold, and what still waits in the spool; with ``is_asking``, what the source says of the current slot."""
    ask = partial(capturing.capture, observatory, progress=lambda done, total: progress("ask", done, total))
    asked = call("ask", ask) if is_asking else None

    def landed() -> Landed:
        paths = [Path(archive) for archive in archives]
        return landing.replay(observatory, paths, progress=lambda done, total: progress("land", done, total))

    result: Landed = call("land", landed)
    return replace(result, asked=asked)


def snapshot(observatory: Observatory, call: Call = plainly) -> snapshots.Snapshot:
    """Bring to bronze what was landed."""
    with observatory.lake.locked():
        result: snapshots.Snapshot = call("snapshot", lambda: snapshots.snapshot(observatory.spool, observatory.store, observatory.lake))
    return result


def refine(observatory: Observatory, call: Call = plainly) -> refinement.Refined:
    """Bring silver and gold up to bronze."""
    with observatory.lake.locked():
        result: refinement.Refined = call("refine", lambda: refining.refine(observatory))
    return result


def check(observatory: Observatory, call: Call = plainly) -> gate.Checked:
    """Judge what is not published yet."""
    with observatory.lake.locked():
        result: gate.Checked = call("check", lambda: gate.check(observatory))
    return result


def publish(observatory: Observatory, call: Call = plainly) -> publication.Published | None:
    """Publish what is not published yet, if it passes the checks."""
    with observatory.lake.locked():
        checked: gate.Checked = call("check", lambda: gate.check(observatory))
        result: publication.Published | None = call("publish", lambda: gate.publish_checked(observatory, checked))
    return result


def cycle(
    observatory: Observatory, call: Call = plainly, progress: Progress = no_progress, *, is_asking: bool = False, is_whole: bool = False
) -> CycleReport:
    """All stages, one after the other; with ``is_asking``, the source is asked first. Last, people are told what is wrong.

    What would keep the next cycle waiting is put off; where it ``is_whole``, that is done too.
    """

    def work() -> CycleReport:
        return whole.cycle(observatory, call=call, progress=progress, is_asking=is_asking, is_whole=is_whole)

    return alerting.after(observatory, call, work)


def backfill(
    observatory: Observatory,
    call: Call = plainly,
    progress: Progress = no_progress,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    only_missing: bool = False,
) -> CycleReport:
    """A cycle that also refines these slots again, and whatever else was put off; without slots, only the latter."""
    run = backfilling.run_of(since, until)
    if run is not None:
        call("plan", lambda: backfilling.ask(observatory, run, only_missing=only_missing))
    return cycle(observatory, call, progress, is_whole=True)


def retry(observatory: Observatory, call: Call = plainly, progress: Progress = no_progress, **chosen: Any) -> Retried:
    """A cycle that also tries again what was set aside: the rows that :class:`twilytics.aside.Chosen` makes of the keywords."""
    tried: Tried = call("plan", lambda: retrying.ask(observatory, Chosen(**chosen)))
    return retrying.outcome(observatory.lake, tried, cycle(observatory, call, progress, is_whole=True))


def maintain(observatory: Observatory, call: Call = plainly, progress: Progress = no_progress) -> maintenance.Maintained:
    """Join, remove and vacuum what a lake and a database gather over time; before that, end an erasure that was stopped."""
    call("erasure", lambda: erasing.finish(observatory, progress=progress))
    return maintenance.maintain(observatory, call=call, progress=progress)
