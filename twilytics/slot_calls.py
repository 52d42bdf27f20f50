"""What all calls of one slot share: what they may cost, until when they may begin, and what is told of those without an answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial

from twilytics import pacing
from twilytics.answers import Answer
from twilytics.asking import ask_all
from twilytics.observatory import Observatory
from twilytics.outcomes import Outcome
from twilytics.pacer import pacer
from twilytics.patience import Clock, Patience
from twilytics.slots import Slots
from twilytics.sources import Source
from twilytics.sources.bounds import Bounds
from twilytics.sources.wire import Wire

#: Before the next slot: what is under way then still has to end, and to be landed.
SPARE = timedelta(seconds=Bounds().total_s + 10)


@dataclass(frozen=True)
class SlotCalls:
    """``progress`` is told how many of how many keys are settled."""

    observatory: Observatory
    slot: Slots
    clock: Clock
    patience: Patience | None
    progress: Callable[[int, int], None]

    def ask(self, source: Source, keys: Sequence[str], keep: Callable[[Answer], object]) -> list[Outcome]:
        """What came of asking the source for each key, as :func:`twilytics.asking.ask_all` does, within the month's budget."""
        settings = self.observatory.settings
        return ask_all(
            source,
            keys,
            wire=Wire(settings.x_bearer_token, settings.x_api_url, now=self.clock.now) if source.TOKEN else Wire(now=self.clock.now),
            keep=keep,
            until=self.slot.until - SPARE,
            pacer=pacer(source.NAME),
            before_call=partial(self._pay, pacing.LIMITS[source.NAME].usd),
            progress=self.progress,
            patience=self.patience,
            clock=self.clock,
        )

    def failures(self, source: Source, outcomes: Iterable[Outcome]) -> list[Answer]:
        """What is to be told of the slot by keys without an answer; where one came that cannot be read, it is kept already."""
        at = min(self.clock.now(), self.slot.until - timedelta(microseconds=1)).astimezone(UTC)
        return [
            Answer(source.NAME, source.place_id(outcome.place), at, at, b"", outcome.reason, outcome.detail)
            for outcome in outcomes
            if outcome.asked_at is None
        ]

    def _pay(self, usd: float, _key: str) -> None:
        if usd:
            self.observatory.store.spending.add(self.clock.now(), usd, self.observatory.settings.x_monthly_budget_usd)
