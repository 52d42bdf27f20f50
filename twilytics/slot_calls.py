"""What all calls of one slot share: what they may cost, until when they may begin, and what is told of those without an answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from twilytics import pacing
from twilytics.answers import Answer
from twilytics.asking import ask_all
from twilytics.calling import Came
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

    def ask(self, source: Source, keys: Sequence[str], kept_as: Callable[[Answer], Answer] = lambda answer: answer) -> list[Outcome]:
        """What came of asking the source for each key, as :func:`twilytics.asking.ask_all` does, within the month's budget.

        Answers go into the spool as they come, and so does what failed, as an answer without a payload; each as ``kept_as`` makes it.
        """
        settings, spool = self.observatory.settings, self.observatory.spool
        usd = pacing.LIMITS[source.NAME].usd
        return ask_all(
            source,
            keys,
            wire=Wire(settings.x_bearer_token, settings.x_api_url, now=self.clock.now) if source.TOKEN else Wire(now=self.clock.now),
            keep=lambda answer: spool.write([kept_as(answer)]),
            until=self.slot.until - SPARE,
            pacer=pacer(source.NAME),
            before_call=lambda _key: self._pay(usd),
            after_call=lambda came: self._give_back(source, usd, came),
            settled=lambda outcomes: spool.write(map(kept_as, self._failures(source, outcomes))),
            progress=self.progress,
            patience=self.patience,
            clock=self.clock,
        )

    def _failures(self, source: Source, outcomes: Iterable[Outcome]) -> list[Answer]:
        """What is to be told of the slot by keys without an answer; where one came that cannot be read, it is kept already."""
        at = min(self.clock.now(), self.slot.until - timedelta(microseconds=1)).astimezone(UTC)
        return [
            Answer(source.NAME, source.place_id(outcome.place), at, at, b"", outcome.reason, outcome.detail)
            for outcome in outcomes
            if outcome.asked_at is None
        ]

    def _pay(self, usd: float) -> None:
        if usd:
            self.observatory.store.spending.add(self.clock.now(), usd, self.observatory.settings.x_monthly_budget_usd)

    def _give_back(self, source: Source, usd: float, came: Came) -> None:
        """A call is counted before it goes, as what it may cost at most: take back what it did not."""
        is_call = came.failure is None or came.failure.reached
        unspent = usd - pacing.cost(source.NAME, came.reply) if is_call else usd
        if unspent > 0:
            self.observatory.store.spending.give_back(came.went_at, unspent, n_calls=int(not is_call))
