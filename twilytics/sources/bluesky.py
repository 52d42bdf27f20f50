"""Bluesky: app.bsky.unspecced.getTrends, and its elder getTrendingTopics. Both are unspecced: expect change."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from twilytics.errors import SettingError
from twilytics.sources.entry import Entry, Unreadable, listed, volume_in
from twilytics.sources.limit import Limit
from twilytics.sources.refusals import told
from twilytics.sources.reply import Reply
from twilytics.sources.wire import Wire

NAME = "bluesky"
TOKEN = None
ACCESS: Mapping[str, str] = {
    "not_found": "Bluesky promises nothing of this call: it may have moved",
}
NETWORK = "public.api.bsky.app"  # the one place: Bluesky ranks what trends in the whole network
LIMIT = Limit(3000, timedelta(minutes=5))
LISTED = 25  # Bluesky gives at most 25


def place_id(key: str) -> str:
    """Raise :class:`SettingError` for anything but the network as a whole."""
    if key != NETWORK:
        raise SettingError(f"Bluesky has one list for the whole network, whose place is {NETWORK}; it has none for {key!r}")
    return key


def ask(place_id: str, wire: Wire) -> Reply:
    """The reply of the network. Raise :class:`~twilytics.sources.reply.Unanswered` where none comes."""
    return wire.get(f"https://{place_id}", "/xrpc/app.bsky.unspecced.getTrends", {"limit": LISTED})


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`Unreadable` for an error answer or another shape."""
    if not isinstance(payload, Mapping):
        raise Unreadable.found("wrong_shape", "no object with trends", payload)
    key = "trends" if "trends" in payload else "topics"
    return listed(told(payload, key), key, _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    display_name = item.get("displayName")
    return Entry(item["topic"] if display_name in (None, "") else display_name, volume_in(item, "postCount"))
