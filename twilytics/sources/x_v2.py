"""X, version 2: GET /2/trends/by/woeid/:id. Errors beside the data concern single entries; the data counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from twilytics.sources import x_access
from twilytics.sources.entry import Entry, Unreadable, listed, volume_in
from twilytics.sources.refusals import told
from twilytics.sources.reply import Reply
from twilytics.sources.wire import Wire

NAME = "x-v2"
TOKEN = x_access.TOKEN
ACCESS = x_access.ACCESS
LIMIT = x_access.LIMIT
LISTED = x_access.TOPICS
place_id = x_access.woeid


def ask(place_id: str, wire: Wire) -> Reply:
    """The reply for a WOEID. Raise :class:`~twilytics.sources.reply.Unanswered` where none comes."""

    def call(session: x_access.Session) -> None:
        x_access.client(session).request("GET", f"/2/trends/by/woeid/{place_id}", params={"max_trends": x_access.TOPICS})

    return x_access.through(wire, call)


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`Unreadable` for an error answer or another shape."""
    if not isinstance(payload, Mapping):
        raise Unreadable.found("wrong_shape", "no object with data", payload)
    return listed(told(payload, "data"), "data", _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["trend_name"], volume_in(item, "tweet_count"))
