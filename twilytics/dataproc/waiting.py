"""Waiting for a batch's end, and ending it where somebody asks for that meanwhile."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twilytics import stopping
from twilytics.dataproc.controller import ENDED, Controller
from twilytics.dataproc.what import LONGEST
from twilytics.errors import ServiceError, TwilyticsError

_log = logging.getLogger(__name__)
#: That Dataproc takes to start and to end a batch, beside what the batch itself is given.
SLACK_SECONDS = 1800.0
MOST_GROWTH = 50


@dataclass(frozen=True)
class Pace:
    """In seconds: between two looks at a batch, at first and at most (each less up to a third by chance); between two looks at whether
    it is to end; and that a batch is given to end when it was told to."""

    first: float = 3.0
    longest: float = 20.0
    heeding: float = 1.0
    ending: float = 120.0
    chance: random.Random = field(default_factory=random.SystemRandom)

    def between(self, n_looks: int) -> float:
        grown = min(n_looks, MOST_GROWTH)  # the power of a day's looks is more than a float holds
        return float(min(self.longest, self.first * 1.5**grown) * self.chance.uniform(2 / 3, 1))


def ended(controller: Controller, batch_id: str, pace: Pace) -> Any:
    """The batch as it is at its end, whatever that is.

    Raise :class:`twilytics.stopping.Stopped` where somebody asked to end, with the batch cancelled; :class:`ServiceError` where
    Dataproc does not answer for long, or the batch does not end: it is found again by who comes next.
    """
    try:
        found = _looked(controller, batch_id, pace, LONGEST.total_seconds() + SLACK_SECONDS, _attentively(batch_id, pace))
    except stopping.Stopped as stopped:
        raise stopping.Stopped(f"{stopped}; {cancelled(controller, batch_id, pace)}") from None
    if found.state not in ENDED:
        raise ServiceError(f"the batch {batch_id} has not ended after {LONGEST}: look at it in Google's console, and cancel it there")
    return found


def _attentively(batch_id: str, pace: Pace) -> Callable[[float], None]:
    def pause(seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            stopping.heed(f"the batch {batch_id} ended")
            left = until - time.monotonic()
            if left <= 0:
                return
            stopping.requested.wait(min(left, pace.heeding))

    return pause


def _looked(controller: Controller, batch_id: str, pace: Pace, seconds: float, pause: Callable[[float], None]) -> Any:
    """The batch at its end, or as it is after so many seconds."""
    until, n_looks = time.monotonic() + seconds, 0
    while True:
        found = controller.get(batch_id)
        if found.state in ENDED or time.monotonic() > until:
            return found
        pause(pace.between(n_looks))
        n_looks += 1


def cancelled(controller: Controller, batch_id: str, pace: Pace) -> str:
    """Cancel the batch, and say what became of that: the request to end is to be heard, whatever Dataproc says."""
    controller = controller.unheeding()
    try:
        controller.cancel(controller.get(batch_id))
        found = _looked(controller, batch_id, pace, pace.ending, time.sleep)
    except TwilyticsError as error:
        _log.warning("The batch %s could not be cancelled: %s", batch_id, error)
        return f"the batch {batch_id} may go on, and the next run waits for it"
    if found.state not in ENDED:
        return f"the batch {batch_id} is being cancelled"
    return f"the batch {batch_id} is {found.state.name.lower()}"
