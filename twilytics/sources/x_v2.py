"""X, version 2: GET /2/trends/by/woeid/:id. Errors beside the data concern single entries; the data counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from twilytics.sources.entry import Entry, Unreadable, listed, shown
from twilytics.sources.refusals import told

NAME = "x-v2"


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`Unreadable` for an error answer or another shape."""
    if not isinstance(payload, Mapping):
        raise Unreadable("wrong_shape", f"no object with data: {shown(payload)}")
    return listed(told(payload, "data"), "data", _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["trend_name"], item.get("tweet_count"))
