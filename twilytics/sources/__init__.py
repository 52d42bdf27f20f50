"""Where trends come from: one module a source, by the name that archives and settings call it."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from twilytics.sources import bluesky, mastodon, ranked_list, simulated, x_counts, x_search, x_v1, x_v1_search, x_v2
from twilytics.sources.entry import Entry
from twilytics.sources.limit import Limit
from twilytics.sources.post import Post
from twilytics.sources.reply import Reply
from twilytics.sources.wire import Wire

Parser = Callable[[object], Sequence[Entry]]


class Source(Protocol):
    """What a module owes whose source can be asked.

    ``TOKEN`` is the setting that holds its access token, None where it wants none. ``ACCESS`` says what to do about a refusal,
    by a reason of :data:`twilytics.sources.reasons.CALL` or by the source's own code. ``LIMIT`` is how often it may be asked.
    """

    @property
    def NAME(self) -> str: ...  # noqa: N802
    @property
    def TOKEN(self) -> str | None: ...  # noqa: N802
    @property
    def ACCESS(self) -> Mapping[str, str]: ...  # noqa: N802
    @property
    def LIMIT(self) -> Limit: ...  # noqa: N802

    def place_id(self, key: str) -> str:
        """The source's own id of a place. Raise :class:`~twilytics.errors.SettingError` where it cannot be asked for that."""
        ...

    def ask(self, place_id: str, wire: Wire) -> Reply:
        """One call for one place. Raise :class:`~twilytics.sources.reply.Unanswered` where no whole reply comes."""
        ...


class TrendSource(Source, Protocol):
    """A source that ranks what trends in a place: ``LISTED`` entries at most."""

    @property
    def LISTED(self) -> int: ...  # noqa: N802

    def entries(self, payload: object) -> Sequence[Entry]:
        """What an answer lists. Raise :class:`~twilytics.sources.entry.Unreadable` where it lists nothing."""
        ...


LIVE: Mapping[str, TrendSource] = MappingProxyType({module.NAME: module for module in (x_v2, x_v1, mastodon, bluesky)})

PARSERS: Mapping[str, Parser] = MappingProxyType(
    {source.NAME: source.entries for source in LIVE.values()} | {module.NAME: module.entries for module in (ranked_list, simulated)}
)

#: What answers about a topic hold, by the name of what was asked: the posts that were found, or how many there are.
POSTS: Mapping[str, Callable[[object], Sequence[Post]]] = MappingProxyType(
    {module.NAME: module.posts for module in (x_search, x_v1_search)}
)
COUNTS: Mapping[str, Callable[[object], int]] = MappingProxyType({x_counts.NAME: x_counts.counted})
ABOUT_TOPICS = frozenset({*POSTS, *COUNTS})
