"""Ask the source for the current slot: which places are still to be captured, and what came of them.

Answers go into the spool as they come. So does what failed, as an answer without a payload whose `fault` says why: that is how
`gold.coverage` knows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from twilytics import pacing, places, turns
from twilytics.answers import Answer
from twilytics.bronze import answers, tweets
from twilytics.errors import SettingError
from twilytics.gold import captures
from twilytics.listening import About, listen
from twilytics.observatory import Observatory
from twilytics.outcomes import Outcome, missing
from twilytics.patience import Clock, Patience
from twilytics.settings import Settings
from twilytics.slot_calls import SlotCalls
from twilytics.slots import Slots, floor
from twilytics.snapshot import answer_of
from twilytics.sources import LIVE, verdict, x_access

#: Asking may take most of an interval: whoever wants a turn is told so soon, and Prefect tries it again.
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Asked:
    """What came of the places of a slot; ``n_known`` had been captured before and were not asked for again. ``about``: what came of
    asking about the topics that trend there."""

    slot: datetime
    n_known: int
    outcomes: tuple[Outcome, ...]
    about: tuple[About, ...] = ()

    @property
    def n_captured(self) -> int:
        return len(self.outcomes) - len(self.missing)

    @property
    def missing(self) -> tuple[Outcome, ...]:
        return missing(self.outcomes)


def can_ask(settings: Settings) -> bool:
    """Whether the source answers without more settings."""
    return LIVE[settings.source].TOKEN is None or settings.x_bearer_token is not None


def check(settings: Settings) -> None:
    """Raise :class:`SettingError` where the source cannot be asked for these places at this interval, or not without a token."""
    source = LIVE[settings.source]
    if not can_ask(settings):
        raise SettingError(
            f"{source.TOKEN} is not set, and {source.NAME} answers nobody without it: set it, or TWILYTICS_SOURCE=mastodon, "
            "which needs none; `twilytics run --no-land` only catches up"
        )
    if settings.tweets != "off" and settings.x_bearer_token is None:
        raise SettingError(f"TWILYTICS_TWEETS={settings.tweets} asks X, which wants {x_access.TOKEN}: set it, or TWILYTICS_TWEETS=off")
    n_places = len(places.followed(settings.places, settings.source))
    pacing.check(pacing.Plan(source.NAME, n_places, settings.interval))
    if settings.tweets != "off":
        pacing.check_topics(settings.tweets, n_places, settings.interval)


def capture(
    observatory: Observatory,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    clock: Clock | None = None,
    patience: Patience | None = None,
) -> Asked:
    """Ask for the places of the settings that the current slot does not have yet. Again is harmless.

    Raise :class:`SettingError` as :func:`check` does, before any call, and :class:`ServiceError` where another program of this HOME
    is still asking.
    """
    check(observatory.settings)
    # Two at once would ask, and pay, for each place twice.
    lock, what = observatory.settings.home / "asking.lock", f"asking {observatory.settings.source}"
    with turns.taken(lock, PATIENCE_SECONDS, what, instead="catch up only, with `twilytics run --no-land`"):
        return _capture(observatory, progress, clock or Clock(), patience)


def _capture(observatory: Observatory, progress: Callable[[int, int], None], clock: Clock, patience: Patience | None) -> Asked:
    settings, interval, now = observatory.settings, observatory.settings.interval, clock.now()
    source = LIVE[settings.source]
    slot = Slots(floor(now, interval), floor(now, interval) + interval)
    followed = places.followed(settings.places, settings.source)
    lists = (answer for answer in _readable(observatory, slot) if answer.title is None)
    in_gold = observatory.lake.read(captures.TABLE, (slot,), columns=["place"])["place"].to_pylist()
    known = {*in_gold, *(places.place_key(answer.source, answer.place_id) for answer in lists)}
    wanted = [place for place in followed if place not in known]
    calls = SlotCalls(observatory, slot, clock, patience, progress)
    outcomes = calls.ask(source, wanted)
    about = () if settings.tweets == "off" else listen(calls, _readable(observatory, slot), settings.tweets)
    return Asked(slot.since, len(followed) - len(wanted), tuple(outcomes), about)


def _readable(observatory: Observatory, slot: Slots) -> Sequence[Answer]:
    """The answers that the slot has, in the lake or still on their way there, and that can be read."""
    landed = [answer_of(row) for table in (answers.TABLE, tweets.TABLE) for row in observatory.lake.read(table, (slot,)).to_pylist()]
    spooled = [answer for segment in observatory.spool.segments() for answer in observatory.spool.read(segment)]
    within = (answer for answer in (*landed, *spooled) if slot.since <= answer.captured_at < slot.until and answer.fault is None)
    return [answer for answer in within if verdict.unreadable(answer.source, answer.payload) is None]
