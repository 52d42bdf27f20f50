"""What is to be erased, by its plain names and IDs: known only while the command runs, and never written down."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote_plus

from twilytics.answers import Answer
from twilytics.errors import TwilyticsError
from twilytics.redaction import is_id, is_readable
from twilytics.sources.reasons import CALL
from twilytics.topics import topic_key

# Whatever its encoding, the name is to be found in what could not be read.
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1")
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
NUMBER = re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True)
class Named:
    """Topics by their name, posts and authors by their ID. Raise :class:`TwilyticsError` for what names nothing."""

    # Not shown, so that no traceback and no log does.
    topics: tuple[str, ...] = field(default=(), repr=False)
    tweets: tuple[str, ...] = field(default=(), repr=False)
    authors: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not (self.topics or self.tweets or self.authors):
            raise TwilyticsError("nothing was named: say what is to be erased, by --topic NAME, --tweet ID or --author ID")
        if "" in self._keys:
            raise TwilyticsError("--topic is empty: nothing is left of it but white space and #. Give the name as the trends show it")
        for option, ids in (("--tweet", self.tweets), ("--author", self.authors)):
            for told in ids:
                if not is_id(told):
                    raise TwilyticsError(f"{option} {told!r} is no ID: X's are numbers, as in 1276035977375477760")

    @property
    def tombstones(self) -> Iterator[tuple[str, str]]:
        """By kind the texts that are to be known again."""
        for kind, texts in (("topic", self._keys), ("tweet", self.tweets), ("author", self.authors)):
            yield from ((kind, text) for text in texts)

    def in_unreadable(self, answer: Answer) -> set[tuple[str, str]]:
        """By kind and text what of it the answer holds; nothing where it can be read, so that a keyed hash finds it there."""
        if answer.fault in CALL or is_readable(answer):
            return set()
        texts = list(_spellings(answer))
        # A list of trends that cannot be read holds no posts, a broken line of an archive may.
        may_hold_posts = bool(self.tweets or self.authors) and (answer.fault is not None or answer.title is not None)
        numbers = set(_numbers(texts)) if may_hold_posts else set()
        found = {("topic", key) for key in self._keys if any(key in text for text in texts)}
        return found | {(kind, text) for kind, text in self.tombstones if kind != "topic" and text in numbers}

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(map(topic_key, self.topics))


def _numbers(texts: Iterable[str]) -> Iterator[str]:
    return (number for text in texts for number in NUMBER.findall(text))


def _spellings(answer: Answer) -> Iterator[str]:
    """The answer's text, as a topic's key is spelt: by each encoding, without JSON's, HTML's and addresses' escapes."""
    for encoding in ENCODINGS:
        text = answer.payload.decode(encoding, "replace") + f" {answer.detail or ''}"
        plain = html.unescape(ESCAPE.sub(lambda found: chr(int(found[1], 16)), text))
        # Halves of a surrogate pair, each of which was escaped, become what they are together.
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield topic_key.__wrapped__(plain)
        yield topic_key.__wrapped__(unquote_plus(plain))
