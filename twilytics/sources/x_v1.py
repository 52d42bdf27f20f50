"""X, version 1.1: GET trends/place. A list of one object with ``trends``; the bare object is read as well."""

from collections.abc import Mapping, Sequence
from typing import Any

from twilytics.sources.entry import Entry, Unreadable, listed, shown
from twilytics.sources.refusals import told

NAME = "x-v1.1"


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`Unreadable` for an error answer or another shape."""
    body = payload[0] if isinstance(payload, list) and payload else payload
    if not isinstance(body, Mapping):
        raise Unreadable("wrong_shape", f"no object with trends: {shown(payload)}")
    return listed(told(body, "trends"), "trends", _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["name"], item.get("tweet_volume"), item.get("promoted_content") is not None)
