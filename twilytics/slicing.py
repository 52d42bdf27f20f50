"""What is put off, slice by slice: each refined, checked and published under the lake's lock, which is left to others in between."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from twilytics import backfilling, failures, noting, quality, stopping
from twilytics.gate import Checked, check, publish_checked
from twilytics.gold import captures
from twilytics.lake import GAP_SECONDS
from twilytics.observatory import Observatory
from twilytics.publication import Published
from twilytics.refinement import Refined, added_rows, refine_slice, summarised_if_due
from twilytics.slots import Slots, merged, overlap

STAGE = "slice"


@dataclass(frozen=True)
class Done:
    """What was done, by a cycle and by slices after it."""

    refined: Refined = field(default_factory=Refined)
    checked: Checked = field(default_factory=Checked)
    published: Published | None = None

    def __add__(self, later: "Done") -> "Done":
        return Done(
            self.refined + later.refined, _both_checked(self.checked, later.checked), _both_published(self.published, later.published)
        )


def sliced(observatory: Observatory, before: Checked, *, call: Callable[..., Any], progress: Callable[[str, int, int], None]) -> Done:
    """Do what is put off, and make the tables that come once all is done. ``before``: what the checks said just now.

    ``call(stage, function, *args)`` runs a slice. Raise :class:`twilytics.errors.GateError` where a check stops a slice: the
    others stay put off; and where one stops what is left in the end.
    """
    done = Done()
    n_done = 0
    while pieces := noting.slices(observatory):
        if not _is_stopped(observatory, pieces[0]):
            quality.gate(before.stopped)
        total = n_done + len(pieces)
        for piece in pieces:
            progress(STAGE, n_done, total)
            stopping.requested.wait(GAP_SECONDS)
            done += call(STAGE, lambda piece=piece: _slice(observatory, piece))
            n_done += 1
    return done + call(STAGE, lambda: _end(observatory)) if n_done else done


def _is_stopped(observatory: Observatory, piece: Slots) -> bool:
    """Whether the piece makes anew what a check stopped."""
    return overlap(observatory.ledger.backfilled.get(captures.TABLE.name, ()), piece)


def _slice(observatory: Observatory, piece: Slots) -> Done:
    with observatory.lake.locked():
        started = time.monotonic()
        refined = refine_slice(observatory, piece)
        checked = check(observatory, apart="new")
        published = publish_checked(observatory, checked)
        backfilling.note_pace(observatory, refined.n_answers, time.monotonic() - started)
    return Done(refined, checked, published)


def _end(observatory: Observatory) -> Done:
    with observatory.lake.locked():
        refined = summarised_if_due(observatory)
        checked = check(observatory)
        return Done(refined, checked, publish_checked(observatory, checked))


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in (*one, *other)}


def _both_checked(one: Checked, other: Checked) -> Checked:
    if one.at is None or other.at is None:
        return one if other.at is None else other
    runs = {name: merged([*one.runs.get(name, ()), *other.runs.get(name, ())]) for name in (*one.runs, *other.runs)}
    return Checked(runs, failures.joined((*one.warnings, *other.warnings)), other.stopped, other.at)


def _both_published(one: Published | None, other: Published | None) -> Published | None:
    if one is None or other is None:
        return other or one
    return replace(
        other,
        slots=", ".join(dict.fromkeys(filter(None, (one.slots, other.slots)))),
        n_rows=added_rows(one.n_rows, other.n_rows),
        n_written=_added(one.n_written, other.n_written),
        mended=(*one.mended, *other.mended),
    )
