"""X, version 2: GET /2/tweets/counts/recent. How many posts about a topic were written, hour by hour, wherever."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from twilytics.sources import x_access, x_search
from twilytics.sources.entry import Unreadable
from twilytics.sources.limit import Limit
from twilytics.sources.post import of
from twilytics.sources.refusals import told
from twilytics.sources.reply import Reply
from twilytics.sources.values import volume_of
from twilytics.sources.wire import Wire

NAME = "x-v2-counts"
TOKEN = x_access.TOKEN
ACCESS = x_access.ACCESS
LIMIT = Limit(300, timedelta(minutes=15), usd=x_access.PRICES_USD["counts"])
place_id = x_search.place_id
#: What X's own volumes of trends are said to count.
WITHIN = timedelta(hours=24)
SPARE = timedelta(seconds=30)  # X wants the range to end some seconds ago


def ask(place_id: str, wire: Wire) -> Reply:
    """The reply about a topic. Raise :class:`~twilytics.sources.reply.Unanswered` where none comes."""
    until = wire.now() - SPARE
    range_ = {"start_time": f"{until - WITHIN:%Y-%m-%dT%H:%M:%SZ}", "end_time": f"{until:%Y-%m-%dT%H:%M:%SZ}"}

    def call(session: x_access.Session) -> None:
        params = {"query": x_search.query(place_id), "granularity": "hour", **range_}
        x_access.client(session).request("GET", "/2/tweets/counts/recent", params=params)

    return x_access.through(wire, call)


def counted(payload: object) -> int:
    """The posts of the last 24 hours that the answer counts, by the spans that begin within them.

    Raise :class:`Unreadable` for an error answer, another shape, or a count that is none.
    """
    if not isinstance(payload, Mapping):
        raise Unreadable.found("wrong_shape", "no object with data", payload)
    spans = told(payload, "data")
    if not isinstance(spans, list) or not spans:  # of a topic without posts X tells spans of 0
        raise Unreadable.found("wrong_shape", "no list of spans under data", spans)
    found = [(_instant(of(span, "start")), _instant(of(span, "end")), _count(of(span, "tweet_count"))) for span in spans]
    newest = max(end for _, end, _ in found)
    return sum(count for begin, _, count in found if begin >= newest - WITHIN)


def _instant(told: object) -> datetime:
    try:
        return datetime.fromisoformat(str(told)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable.found("wrong_shape", "a span begins or ends at no time", told) from None


def _count(told: object) -> int:
    number, _ = volume_of(told)
    if number is None:
        raise Unreadable.found("wrong_shape", "tweet_count of a span is no count", told)
    return number
