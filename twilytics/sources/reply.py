"""What comes of a call: the source's reply, byte for byte, or the reason why there is none."""

from dataclasses import dataclass, field
from datetime import datetime

from twilytics.sources.entry import shown
from twilytics.sources.rate import Rate

DETAIL_LENGTH = 400  # what X wants and what to do about it are two sentences


@dataclass(frozen=True)
class Reply:
    """``asked_at`` is the instant before the call went out. ``location`` is the address that a redirect points to."""

    payload: bytes
    asked_at: datetime
    status: int
    rate: Rate = field(default_factory=Rate)
    location: str | None = None


class Unanswered(Exception):  # noqa: N818  no error of the program, but a finding about a call
    """There is no answer of the slot: ``reason`` is a code of :data:`twilytics.sources.reasons.CALL`.

    ``reached`` is False where the call never came to the source, so that it counts against no limit.
    """

    def __init__(self, reason: str, detail: str, *, reached: bool = True) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = shown(detail, DETAIL_LENGTH)
        self.reached = reached
