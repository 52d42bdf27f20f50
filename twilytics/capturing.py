"""Ask the source for the current slot: which places are still to be captured, and what came of them.

Answers go into the spool as they come. So does what failed, as an answer without a payload whose `fault` says why: that is how
`gold.coverage` knows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from twilytics import pacing, places
from twilytics.answers import Answer
from twilytics.asking import ask_all
from twilytics.bronze import answers as bronze_answers
from twilytics.bronze import tweets
from twilytics.errors import SettingError
from twilytics.gold import captures
from twilytics.listening import About, listen
from twilytics.observatory import Observatory
from twilytics.outcomes import Outcome
from twilytics.pacer import pacer
from twilytics.patience import Clock, Patience
from twilytics.settings import Settings
from twilytics.slots import Slots, floor
from twilytics.sources import LIVE, Source, verdict, x_access
from twilytics.sources.bounds import Bounds
from twilytics.sources.wire import Wire

#: Before the next slot: what is under way then still has to end, and to be landed.
SPARE = timedelta(seconds=Bounds().total_s + 10)


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
        return tuple(outcome for outcome in self.outcomes if outcome.state != "captured")


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
    pacing.check(pacing.Plan(source.NAME, len(places.followed(settings.places, settings.source)), settings.interval))


def capture(
    observatory: Observatory,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    clock: Clock | None = None,
    patience: Patience | None = None,
) -> Asked:
    """Ask for the places of the settings that the current slot does not have yet. Again is harmless.

    Raise :class:`SettingError` as :func:`check` does, before any call.
    """
    settings, clock = observatory.settings, clock or Clock()
    check(settings)
    source, interval = LIVE[settings.source], settings.interval
    now = clock.now()
    slot = Slots(floor(now, interval), floor(now, interval) + interval)
    followed = places.followed(settings.places, settings.source)
    lists = (answer for answer in _readable(observatory, slot) if answer.title is None)
    in_gold = observatory.lake.read(captures.TABLE, (slot,), columns=["place"])["place"].to_pylist()
    known = {*in_gold, *(places.place_key(answer.source, answer.place_id) for answer in lists)}
    wanted = [place for place in followed if place not in known]
    price = pacing.LIMITS[source.NAME].usd

    def before_call(_place: str) -> None:
        if price:
            observatory.store.spending.add(clock.now(), price, settings.x_monthly_budget_usd)

    outcomes = ask_all(
        source,
        wanted,
        wire=Wire(settings.x_bearer_token, settings.x_api_url, now=clock.now) if source.TOKEN else Wire(now=clock.now),
        keep=lambda answer: observatory.spool.write([answer]),
        until=slot.until - SPARE,
        pacer=pacer(source.NAME),
        before_call=before_call,
        progress=progress,
        patience=patience,
        clock=clock,
    )
    last = slot.until - timedelta(microseconds=1)
    observatory.spool.write(_failures(source, outcomes, min(clock.now(), last)))
    about: tuple[About, ...] = ()
    if settings.tweets != "off":
        about, failed = listen(
            observatory,
            _readable(observatory, slot),
            settings.tweets,
            until=slot.until - SPARE,
            clock=clock,
            patience=patience,
            progress=progress,
        )
        observatory.spool.write(failed)
    return Asked(slot.since, len(followed) - len(wanted), tuple(outcomes), about)


def _readable(observatory: Observatory, slot: Slots) -> Sequence[Answer]:
    """The answers that the slot has, in the lake or still on their way there, and that can be read."""
    names = [field.name for field in fields(Answer)]
    landed = [
        Answer(**row)
        for table in (bronze_answers.TABLE, tweets.TABLE)
        for row in observatory.lake.read(table, (slot,), [name for name in names if name in table.names]).to_pylist()
    ]
    spooled = [answer for segment in observatory.spool.segments() for answer in observatory.spool.read(segment)]
    within = (answer for answer in (*landed, *spooled) if slot.since <= answer.captured_at < slot.until and answer.fault is None)
    return [answer for answer in within if verdict.unreadable(answer.source, answer.payload) is None]


def _failures(source: Source, outcomes: Iterable[Outcome], at: datetime) -> list[Answer]:
    """What is to be told of the slot by places without an answer; where one came that cannot be read, it is kept already."""
    return [
        Answer(source.NAME, source.place_id(outcome.place), at.astimezone(UTC), at.astimezone(UTC), b"", outcome.reason, outcome.detail)
        for outcome in outcomes
        if outcome.state != "captured" and outcome.asked_at is None
    ]
