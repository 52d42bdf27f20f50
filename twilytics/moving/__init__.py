"""An observatory moved from its parts to others, any one or several of them: answers, lake, database.

What counts as the source is what the settings name now; it is only read, and stays as it was. Each part is copied, then
both sides are counted and summed up, each by itself, and only when they agree is the move noted as done in the target. The
note is also what makes it resumable: a target is empty, or it is this source's. How each part is copied, and why so, stands
in its module: :mod:`.answers`, :mod:`.lake`, :mod:`.database`.

The source's lake is locked from beginning to end, so that no cycle writes any part meanwhile. Slots go on being captured:
they come to the spool, which stays where it is (in HOME, as secrets do), and the next cycle brings them to whatever the
settings name then. A part that went on being written after it was moved is brought up by another move, as long as its
target was not written to. Where both were, neither may be preferred, and it is refused.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from twilytics.moving import part
from twilytics.moving.answers import Answers
from twilytics.moving.database import Database
from twilytics.moving.lake import Files
from twilytics.moving.part import Carried, Part
from twilytics.observatory import Observatory

#: By setting that names it, in the order in which parts are moved.
PARTS: dict[str, Callable[[Observatory, Observatory], Part]] = {"mongodb_uri": Answers, "lake": Files, "postgres_dsn": Database}


@dataclass(frozen=True)
class Moved:
    """``seconds``: for how long the source's lake was locked."""

    parts: tuple[Carried, ...]
    seconds: float


def move(
    source: Observatory, target: Observatory, settings: Sequence[str], *, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Moved:
    """Move the parts that these settings name from one observatory to the other. Again is harmless.

    Raise :class:`twilytics.errors.ServiceError` where a target does not answer, holds something else already, or does not
    hold what it was given; :class:`twilytics.errors.SettingError` where it is the source itself. All targets are looked at
    before anything is copied.
    """
    parts = [made(source, target) for setting, made in PARTS.items() if setting in settings]
    with source.lake.locked(), ExitStack() as opened:
        started = time.monotonic()
        for one in parts:
            opened.enter_context(one.opened())
        known = {one.setting: part.known(one) for one in parts}
        carried = tuple(known[one.setting] or part.carry(one, progress) for one in parts)
    return Moved(carried, time.monotonic() - started)
