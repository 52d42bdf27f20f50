"""Ask X about the topics that trend: how many posts there are of each, and some of them, each a call that costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from twilytics.answers import Answer
from twilytics.outcomes import Outcome, missing
from twilytics.slot_calls import SlotCalls
from twilytics.sources import Source, x_counts, x_search
from twilytics.sources.judgement import judged
from twilytics.sources.values import topic_of

#: The cheap one first: with what is left of a budget, more topics are told of.
SOURCES: tuple[Source, ...] = (x_counts, x_search)


@dataclass(frozen=True)
class About:
    """What came of asking ``source`` about topics; each outcome's ``place`` is the topic as shown."""

    source: str
    outcomes: tuple[Outcome, ...]

    @property
    def missing(self) -> tuple[Outcome, ...]:
        return missing(self.outcomes)


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


def listen(calls: SlotCalls, answers: Sequence[Answer], k: int) -> tuple[About, ...]:
    """Ask about the top ``k`` topics of each place's list among the slot's readable ``answers``, but for those that these tell of."""
    titles = top_titles([answer for answer in answers if answer.title is None], k)
    found = []
    for source in SOURCES:
        known = {topic_of(answer.title)[0] for answer in answers if answer.source == source.NAME and answer.title is not None}
        unknown = [title for title in titles if topic_of(title)[0] not in known]
        found.append(About(source.NAME, tuple(calls.ask(source, unknown, _about))))
    return tuple(found)


def _about(answer: Answer) -> Answer:
    """A topic was asked for as if it were a place."""
    return replace(answer, place_id=x_search.WORLDWIDE, title=answer.place_id)
