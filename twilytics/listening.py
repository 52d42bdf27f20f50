"""Ask X about the topics that trend: how many posts there are of each, and some of them, each a call that costs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from twilytics import pacing
from twilytics.answers import Answer
from twilytics.asking import ask_all
from twilytics.observatory import Observatory
from twilytics.outcomes import Outcome
from twilytics.pacer import pacer
from twilytics.patience import Clock, Patience
from twilytics.sources import Source, verdict, x_counts, x_search
from twilytics.sources.bodies import parsed
from twilytics.sources.judgement import judged
from twilytics.sources.post import of
from twilytics.sources.values import topic_of
from twilytics.sources.wire import Wire

#: The cheap one first: with what is left of a budget, more topics are told of.
SOURCES: tuple[Source, ...] = (x_counts, x_search)


@dataclass(frozen=True)
class About:
    """What came of asking ``source`` about topics; each outcome's ``place`` is the topic as shown."""

    source: str
    outcomes: tuple[Outcome, ...]

    @property
    def missing(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.state != "captured")


def top_titles(lists: Sequence[Answer], k: int) -> list[str]:
    """The ``k`` first topics of each list, as shown: all first ones first, so that a budget's end costs the last ones. Each topic once.

    Of a place that was captured more than once, the earliest list tells, as in the snapshot.
    """
    by_place: dict[tuple[str, str], Answer] = {}
    for answer in sorted(lists, key=lambda answer: (answer.captured_at, answer.id)):
        by_place.setdefault((answer.source, answer.place_id), answer)
    ranked = [list(_topics(answer))[:k] for answer in by_place.values()]
    titles: dict[str, str] = {}
    for rank in range(k):
        for topics in ranked:
            if rank < len(topics):
                titles.setdefault(*topics[rank])
    return list(titles.values())


def _topics(answer: Answer) -> Iterator[tuple[str, str]]:
    """Each topic with its name as shown, in the order of the list."""
    seen: set[str] = set()
    for _, topic, title, _, is_promoted, _, _, _ in judged(answer.source, answer.payload):
        if topic is not None and title is not None and not is_promoted and topic not in seen:
            seen.add(topic)
            yield topic, title


def listen(
    observatory: Observatory,
    answers: Sequence[Answer],
    k: int,
    *,
    until: datetime,
    clock: Clock,
    patience: Patience | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[tuple[About, ...], list[Answer]]:
    """Ask about the top ``k`` topics of each place's list among a slot's readable ``answers``, but for those that these tell of already.

    Answers go into the spool as they come. Return what came of it, and what failed, as answers that are to be kept as well.
    """
    settings = observatory.settings
    titles = top_titles([answer for answer in answers if answer.title is None], k)
    found, failed = [], []
    for source in SOURCES:
        known = {topic_of(answer.title)[0] for answer in answers if answer.source == source.NAME and answer.title is not None}
        outcomes = ask_all(
            source,
            [title for title in titles if topic_of(title)[0] not in known],
            wire=Wire(settings.x_bearer_token, settings.x_api_url, now=clock.now),
            keep=partial(_keep, observatory, clock),
            until=until,
            pacer=pacer(source.NAME),
            before_call=partial(_pay, observatory, clock, pacing.LIMITS[source.NAME].usd),
            progress=progress,
            patience=patience,
            clock=clock,
        )
        found.append(About(source.NAME, tuple(outcomes)))
        failed += [_failure(source.NAME, outcome, min(clock.now(), until)) for outcome in outcomes if outcome.asked_at is None]
    return tuple(found), failed


def _pay(observatory: Observatory, clock: Clock, usd: float, _title: str) -> None:
    observatory.store.spending.add(clock.now(), usd, observatory.settings.x_monthly_budget_usd)


def _keep(observatory: Observatory, clock: Clock, answer: Answer) -> None:
    """A topic was asked for as if it were a place. Posts that there were fewer of than were paid for are given back."""
    observatory.spool.write([replace(answer, place_id=x_search.WORLDWIDE, title=answer.place_id)])
    if answer.source == x_search.NAME and verdict.unreadable(answer.source, answer.payload) is None:
        n_read = len(of(parsed(answer.payload), "data") or ())
        observatory.store.spending.give_back(clock.now(), max(x_search.POSTS - n_read, 0) * pacing.PRICES_USD["post"])


def _failure(source: str, outcome: Outcome, at: datetime) -> Answer:
    return Answer(source, x_search.WORLDWIDE, at, at, b"", outcome.reason, outcome.detail, outcome.place)
