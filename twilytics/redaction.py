"""An answer without what was erased. Pure: the same answer and the same tombstones give the same bytes, whenever and however often.

So an answer that was redacted and one that is replayed from its archive have one identity. What cannot be read has no
entries to take out, and goes as a whole. Other people's posts that quote what was erased stay.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from twilytics.answers import Answer
from twilytics.sources import PARSERS
from twilytics.sources.bodies import tolerantly
from twilytics.sources.entry import ERASED, Unreadable
from twilytics.sources.reasons import CALL
from twilytics.topics import topic_key

#: Whether something of that kind and text was erased.
Holds = Callable[[str, str], bool]

DEEPEST = 200  # levels; no answer has more than some 20
OWN = ("id", "id_str")
#: Numbers that Mastodon writes as text.
COUNTS = frozenset({"day", "uses", "accounts"})
_MARK = json.dumps(ERASED, separators=(",", ":")).encode()


def redact(answer: Answer, holds: Holds) -> Answer | None:
    """The answer itself where nothing in it was erased; None where nothing of it may be kept."""
    if holds("answer", answer.id) or (answer.title is not None and holds("topic", topic_key(answer.title))):
        return None
    if answer.fault in CALL:
        return answer
    try:
        value = structure(answer.payload)
    except Unreadable:
        return answer
    walk = _Walk(holds, in_lists=answer.title is None, in_posts=answer.title is not None or answer.fault is not None)
    redacted = walk.value(value)
    if redacted is value:
        return answer
    return replace(answer, payload=_encoded(redacted)) if is_readable(answer) else None


def is_id(text: str) -> bool:
    """Whether it can be X's number of a post or an author."""
    return text.isascii() and text.isdigit()


def n_erased(answer: Answer) -> int:
    """How many entries, posts and people were taken out of it."""
    return answer.payload.count(_MARK)


def structure(payload: bytes) -> object:
    """The payload as JSON. Raise :class:`Unreadable` where it is none, or nested more deeply than any answer."""
    # Always by the same parser: what was redacted would else be read by another one than what it was redacted from.
    value = tolerantly(payload)
    level: list[Any] = [value]
    n_levels = 0
    while level:
        n_levels += 1
        if n_levels > DEEPEST:
            raise Unreadable("not_json", f"nested more than {DEEPEST} levels deep")
        level = [inner for outer in level for inner in _inner(outer)]
    return value


def is_readable(answer: Answer) -> bool:
    """Whether it is known what stands where in the answer, so that it can be taken out."""
    if answer.fault is not None:
        return False
    try:
        value = structure(answer.payload)
        if answer.title is None:
            PARSERS[answer.source](value)
    except (Unreadable, KeyError):
        return False
    return True


def _inner(value: object) -> Iterator[Any]:
    yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class _Walk:
    """Through a value: what was erased of it replaced, everything else as it is.

    What decides whether an object goes is never changed unless the object goes: else a second walk could not do what one does.
    """

    def __init__(self, holds: Holds, *, in_lists: bool, in_posts: bool) -> None:
        self.holds, self.in_lists, self.in_posts = holds, in_lists, in_posts

    def value(self, value: object, key: str = "") -> object:
        if isinstance(value, dict):
            if self.in_posts and (self._is_author(value) if key == "user" else self._is_erased(value)):
                return ERASED
            walked = {name: self.value(inner, name) for name, inner in value.items()}
            return walked if any(walked[name] is not inner for name, inner in value.items()) else value
        if isinstance(value, list):
            items = [ERASED if self.in_lists and self._is_topic(item) else self.value(item, key) for item in value]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        # A number is an ID only where its name says so: as a count it may be any.
        is_id = isinstance(value, str) or key.endswith(("id", "ids"))
        return None if self.in_posts and is_id and key not in (*OWN, "author_id") and self._is_either(value) else value

    def _is_topic(self, item: object) -> bool:
        names = [item] if isinstance(item, str) else ()
        if isinstance(item, dict):
            names = [name for key, name in item.items() if isinstance(name, str) and key not in COUNTS]
        return any(self.holds("topic", topic_key(name)) for name in names)

    def _is_erased(self, post: Mapping[str, Any]) -> bool:
        """Whether it is, is by, or only repeats what was erased."""
        return (
            any(self._is_either(post.get(key)) for key in OWN)
            or self._is("author", post.get("author_id"))
            or self._is_author(post.get("user"))
            or any(self._is_erased(repeated) for repeated in _repeated(post))
        )

    def _is_author(self, user: object) -> bool:
        return isinstance(user, dict) and (
            any(self._is("author", user.get(key)) for key in (*OWN, "author_id")) or self._is_author(user.get("user"))
        )

    def _is_either(self, told: object) -> bool:
        return self._is("tweet", told) or self._is("author", told)

    def _is(self, kind: str, told: object) -> bool:
        number = told if isinstance(told, str) else str(told) if type(told) is int else ""
        return is_id(number) and self.holds(kind, number)


def _repeated(post: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The posts that this one only passes on: of the same text, by somebody else."""
    referenced = post.get("referenced_tweets")
    told = [post.get("retweeted_status"), *(referenced if isinstance(referenced, list) else ())]
    for number, other in enumerate(told):
        if isinstance(other, dict) and (number == 0 or other.get("type") == "retweeted"):
            yield other
