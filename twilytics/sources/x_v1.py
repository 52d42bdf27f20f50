"""X, version 1.1: GET trends/place. A list of one object with ``trends``; the bare object is read as well."""

from collections.abc import Mapping, Sequence
from typing import Any

from twilytics.sources import x_access
from twilytics.sources.entry import Entry, Unreadable, listed, volume_in
from twilytics.sources.refusals import told
from twilytics.sources.reply import Reply
from twilytics.sources.wire import Wire

NAME = "x-v1.1"
TOKEN = x_access.TOKEN
ACCESS: Mapping[str, str] = {
    **x_access.ACCESS,
    "453": "X's version 1.1 has trends for old access levels only, not for this one: TWILYTICS_SOURCE=x-v2 asks version 2",
}
LIMIT = x_access.LIMIT
LISTED = x_access.TOPICS
place_id = x_access.woeid


def ask(place_id: str, wire: Wire) -> Reply:
    """The reply for a WOEID; this version gives 50 topics unasked. Raise :class:`~twilytics.sources.reply.Unanswered` where none comes."""

    def call(session: x_access.Session) -> None:
        import tweepy  # type: ignore[import-untyped]

        api = tweepy.API(tweepy.OAuth2BearerHandler(x_access.NO_TOKEN), parser=tweepy.parsers.RawParser())
        api.session = session
        api.get_place_trends(place_id)

    return x_access.through(wire, call)


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`Unreadable` for an error answer or another shape."""
    body = payload[0] if isinstance(payload, list) and payload else payload
    if not isinstance(body, Mapping):
        raise Unreadable.found("wrong_shape", "no object with trends", payload)
    return listed(told(body, "trends"), "trends", _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["name"], volume_in(item, "tweet_volume"), item.get("promoted_content") is not None)
