"""Ask a source for many places side by side: each answer is kept before anything else, and no place's failure costs another's.

One thread, the caller's, decides what goes when, so that limits and second tries need no locks; the calls and the keeping of
their answers have threads of their own.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from queue import Empty, SimpleQueue

from twilytics.answers import Answer
from twilytics.calling import Caller, Came
from twilytics.errors import SettingError, TwilyticsError
from twilytics.outcomes import NotAsked, Outcome
from twilytics.pacer import Pacer
from twilytics.pacing import LIMITS
from twilytics.patience import Clock, Patience
from twilytics.sources import Source, verdict
from twilytics.sources.reasons import SKIPPED
from twilytics.sources.reply import Reply, Unanswered
from twilytics.sources.wire import Wire

_log = logging.getLogger(__name__)

WIDTH = 16  # calls under way at once: 100 instances that take 100 ms each are through in 0.7 s
REFUSALS = 3  # so many refusals of the account and not one answer: the other places would hear the same


def ask_all(
    source: Source,
    places: Sequence[str],
    *,
    wire: Wire,
    keep: Callable[[Answer], object],
    until: datetime,
    pacer: Pacer | None = None,
    before_call: Callable[[str], object] = lambda _place: None,
    after_call: Callable[[Came], object] = lambda _came: None,
    settled: Callable[[Sequence[Outcome]], object] = lambda _outcomes: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    patience: Patience | None = None,
    clock: Clock | None = None,
    width: int = WIDTH,
) -> list[Outcome]:
    """What came of each place, in the order of ``places``, which are keys of the catalogue. No call begins at ``until`` or later.

    ``keep`` gets each answer in the call's thread, as soon as it is whole. ``before_call`` is told the place before each call,
    second tries too, and may raise :class:`NotAsked`; ``after_call`` what came of it. ``settled`` is told outcomes as they come about,
    each place's once. ``progress`` is told how many places of how many are settled.
    Raise :class:`SettingError` before the first call where a place or the token is none of this source's, and whatever one of these
    raises, once the calls under way have ended and all places are settled: no money is spent on answers that cannot be kept.
    """
    if source.TOKEN is not None and wire.token is None:
        raise SettingError(f"{source.TOKEN} is not set: {source.NAME} answers nobody without it. TWILYTICS_SOURCE=mastodon needs none")
    waiting = [_Place(key, source.place_id(key), nth) for nth, key in enumerate(dict.fromkeys(places))]
    clock = clock or Clock()
    caller = Caller(source, wire, keep, clock.now)
    told = _Told(before_call, after_call, settled)
    asking = _Asking(caller, waiting, pacer or Pacer(LIMITS[source.NAME]), until, told, patience or Patience(), clock, width)
    return asking.run(progress)


@dataclass(frozen=True)
class _Told:
    """Who is told what, by the caller's thread."""

    before_call: Callable[[str], object]
    after_call: Callable[[Came], object]
    settled: Callable[[Sequence[Outcome]], object]


@dataclass
class _Place:
    key: str
    id: str
    nth: int
    n_calls: int = 0
    not_before: datetime | None = None
    failure: Unanswered | None = None


class _Asking:
    """One run. A place is waiting, under way or settled."""

    def __init__(
        self,
        caller: Caller,
        places: list[_Place],
        pacer: Pacer,
        until: datetime,
        told: _Told,
        patience: Patience,
        clock: Clock,
        width: int,
    ) -> None:
        self.caller, self.pacer, self.until, self.told = caller, pacer, until, told
        self.patience, self.clock, self.width = patience, clock, width
        self.places = {place.key: place for place in places}
        self.waiting = list(places)
        self.outcomes: dict[str, Outcome] = {}
        self.came: SimpleQueue[Came] = SimpleQueue()
        self.n_under_way = self.n_refusals = 0

    def run(self, progress: Callable[[int, int], None]) -> list[Outcome]:
        try:
            self._ask(progress)
        except Exception as error:
            self._break_off(error)
            raise
        return [self.outcomes[key] for key in self.places]

    def _ask(self, progress: Callable[[int, int], None]) -> None:
        with ThreadPoolExecutor(self.width, "ask") as threads:  # which waits for the calls under way, whatever is raised in here
            while self.waiting or self.n_under_way:
                seconds = self._begin(threads)
                if self.n_under_way:
                    try:
                        self._settle(self.came.get(timeout=seconds))
                    except Empty:
                        continue
                elif seconds is not None:
                    self.clock.sleep(seconds)
                progress(len(self.outcomes), len(self.places))

    def _begin(self, threads: ThreadPoolExecutor) -> float | None:
        """Begin what may begin now; the seconds until more may, or None where only a call under way can tell."""
        while self.waiting and self.n_under_way < self.width:
            now = self.clock.now()
            if self.clock.stopped():
                self._leave(list(self.waiting), "stopped", "the run was asked to end")
                break
            at, _, _, place = min((self._turn(place, now) for place in self.waiting), key=lambda turn: turn[:3])
            if at >= self.until and (now >= self.until or not self.n_under_way):
                self._leave([place], "deadline", f"no call is free before {at:%H:%M:%S} UTC, and the time ends at {self.until:%H:%M:%S}")
            elif at > now:
                return (at - now).total_seconds()
            else:
                self._go(place, now, threads)
        return None

    def _turn(self, place: _Place, now: datetime) -> tuple[datetime, int, int, _Place]:
        """Who may go first goes first; of those, who was asked least, so that no second try costs another place its first."""
        return max(self.pacer.free_at(place.id, now), place.not_before or now), place.n_calls, place.nth, place

    def _go(self, place: _Place, now: datetime, threads: ThreadPoolExecutor) -> None:
        try:
            self.told.before_call(place.key)
        except NotAsked as why:
            self._leave([place], why.reason, why.detail)
            return
        self.waiting.remove(place)
        self.pacer.went(place.id, now)
        place.n_calls += 1
        self.n_under_way += 1
        threads.submit(self.caller.call, place.key, place.id, now).add_done_callback(lambda call: self.came.put(call.result()))

    def _settle(self, came: Came) -> None:
        self.n_under_way -= 1
        place, reply, failure = self.places[came.place], came.reply, came.failure
        self.pacer.came(place.id, came.went_at, reply.rate if reply else None, reached=failure is None or failure.reached)
        if came.broken is not None:
            raise came.broken
        if came.is_kept:
            self._captured(place, came)
            self.n_refusals = -len(self.places)  # the account is good: whatever is refused from now on is the place's own
        elif failure is not None:
            self._failed(place, failure, reply)
        self.told.after_call(came)

    def _captured(self, place: _Place, came: Came) -> None:
        outcome = Outcome(place.key, "captured", n_calls=place.n_calls, asked_at=came.reply.asked_at if came.reply else None)
        if came.failure is not None:
            outcome = replace(outcome, state="failed", reason=came.failure.reason, detail=came.failure.detail)
        self._settled(outcome)

    def _failed(self, place: _Place, failure: Unanswered, reply: Reply | None) -> None:
        place.failure = failure
        now = self.clock.now()
        if reply is not None and failure.reason == "rate_limited":
            self.pacer.hold(place.id, reply.rate, now, place.n_calls)
        if failure.reason in verdict.PASSING and place.n_calls < self.patience.tries:
            asked_for = reply.rate.not_before if reply else None
            place.not_before = max(now + self.patience.wait(place.n_calls), asked_for or now)
            self.waiting.append(place)
            return
        tries = f" (asked {place.n_calls} times)" if place.n_calls > 1 else ""
        self._settled(Outcome(place.key, "failed", failure.reason, failure.detail + tries, place.n_calls))
        self.n_refusals += failure.reason in verdict.OF_THE_ACCOUNT and not self.pacer.limit.per_place
        if self.n_refusals >= REFUSALS:
            self._leave(list(self.waiting), failure.reason, f"not asked, since {REFUSALS} other places were refused: {failure.detail}")

    def _leave(self, places: Collection[_Place], reason: str, detail: str) -> None:
        """Settle places without another call. What went wrong with the calls before counts for more than why there are no more."""
        self.waiting = [place for place in self.waiting if place not in places]
        self._settled(*(_left(place, reason, detail) for place in places))

    def _settled(self, *outcomes: Outcome) -> None:
        self.outcomes |= {outcome.place: outcome for outcome in outcomes}
        self.told.settled(outcomes)

    def _break_off(self, error: Exception) -> None:
        """Settle all that is left. Answers to the calls that were under way were kept."""
        why = str(error) if isinstance(error, TwilyticsError) else type(error).__name__
        try:
            while not self.came.empty():
                came = self.came.get()
                place = self.places[came.place]
                place.failure = came.failure
                if came.is_kept:
                    self._captured(place, came)
            self._leave([place for key, place in self.places.items() if key not in self.outcomes], "broken_off", why)
        except Exception:  # the error that is on its way says what is wrong
            _log.debug("What was left could not be settled", exc_info=True)


def _left(place: _Place, reason: str, detail: str) -> Outcome:
    if place.failure is not None:
        told = f"{place.failure.detail} (asked {place.n_calls} times; then {detail})"
        return Outcome(place.key, "failed", place.failure.reason, told, place.n_calls)
    return Outcome(place.key, "skipped" if reason in SKIPPED else "failed", reason, detail)
