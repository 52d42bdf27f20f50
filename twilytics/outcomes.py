"""What came of asking for a place in a slot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Outcome:
    """What came of a place. ``reason`` is a code of :data:`twilytics.sources.reasons.FAILURES`, None where it was captured.

    ``asked_at`` is the capture time of the answer that was kept: one is, too, where nothing in it can be read and the slot fails.
    Skipped: left out on purpose before any call.
    """

    place: str
    state: Literal["captured", "failed", "skipped"]
    reason: str | None = None
    detail: str | None = None
    n_calls: int = 0
    asked_at: datetime | None = None


def missing(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Those that were not captured."""
    return tuple(outcome for outcome in outcomes if outcome.state != "captured")


class NotAsked(Exception):  # noqa: N818  a decision, no error
    """What ``before_call`` raises to leave a place out: ``reason`` is a code of :data:`twilytics.sources.reasons.CALL`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
