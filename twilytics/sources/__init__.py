"""Where trends come from: one parser a source, by the name that archives and settings call it."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from twilytics.sources import bluesky, mastodon, ranked_list, simulated, x_v1, x_v2
from twilytics.sources.entry import Entry

Parser = Callable[[object], Sequence[Entry]]

PARSERS: Mapping[str, Parser] = MappingProxyType(
    {module.NAME: module.entries for module in (x_v2, x_v1, mastodon, bluesky, ranked_list, simulated)}
)
