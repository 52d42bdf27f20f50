"""Bluesky: app.bsky.unspecced.getTrends, and its elder getTrendingTopics. Both are unspecced: expect change."""

from collections.abc import Mapping, Sequence
from typing import Any

from twilytics.sources.entry import Entry, Unreadable, listed, shown
from twilytics.sources.refusals import told

NAME = "bluesky"


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`Unreadable` for an error answer or another shape."""
    if not isinstance(payload, Mapping):
        raise Unreadable("wrong_shape", f"no object with trends: {shown(payload)}")
    key = "trends" if "trends" in payload else "topics"
    return listed(told(payload, key), key, _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    display_name = item.get("displayName")
    return Entry(item["topic"] if display_name in (None, "") else display_name, item.get("postCount"))
