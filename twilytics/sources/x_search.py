"""X, version 2: GET /2/tweets/search/recent. The newest posts about a topic, wherever they were written."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from twilytics.sources import x_access
from twilytics.sources.entry import Unreadable
from twilytics.sources.limit import Limit
from twilytics.sources.post import Post, listed, of, tags
from twilytics.sources.refusals import told
from twilytics.sources.reply import Reply
from twilytics.sources.wire import Wire

NAME = "x-v2-search"
TOKEN = x_access.TOKEN
ACCESS = x_access.ACCESS
POSTS = 10  # the fewest that X gives a request: each that is read costs
LIMIT = Limit(450, timedelta(minutes=15), usd=POSTS * x_access.PRICES_USD["post"])
FIELDS = {
    "tweet.fields": "author_id,created_at,entities,geo,lang,public_metrics",
    "expansions": "geo.place_id",
    "place.fields": "country_code,full_name",
}
#: X's search knows no places of its trends: what it finds is from the whole world.
WORLDWIDE = "1"
HASHTAG = re.compile(r"[#＃]\w+")
LONGEST_QUERY = 512


def place_id(key: str) -> str:
    """A topic is asked for by its name as shown."""
    return key


def query(title: str) -> str:
    """A search for the topic and nothing else: what a stranger named it is no operator."""
    if HASHTAG.fullmatch(title):
        return f"#{title[1:]}"
    return '"' + " ".join(title.replace('"', " ").replace("\\", " ").split())[: LONGEST_QUERY - 2] + '"'


def ask(place_id: str, wire: Wire) -> Reply:
    """The reply about a topic. Raise :class:`~twilytics.sources.reply.Unanswered` where none comes."""

    def call(session: x_access.Session) -> None:
        x_access.client(session).request(
            "GET", "/2/tweets/search/recent", params={"query": query(place_id), "max_results": POSTS, **FIELDS}
        )

    return x_access.through(wire, call)


def posts(payload: object) -> Sequence[Post]:
    """The posts in the order of the answer, none where nothing was found.

    Raise :class:`Unreadable` for an error answer or another shape.
    """
    if not isinstance(payload, Mapping):
        raise Unreadable.found("wrong_shape", "no object with data", payload)
    if of(payload, "meta", "result_count") == 0 and payload.get("data") in (None, []):
        return ()
    places = {of(place, "id"): place for place in of(payload, "includes", "places") or () if isinstance(of(place, "id"), str)}
    items = told(payload, "data")
    if items == []:
        raise Unreadable("wrong_shape", "data is empty, and no result_count of 0 says that nothing was found")
    return listed(items, "data", lambda item: _post(item, places))


def _post(item: object, places: Mapping[str, Any]) -> Post:
    at = of(item, "geo", "place_id")
    place = places.get(at) if isinstance(at, str) else None
    metrics = of(item, "public_metrics")
    return Post(
        of(item, "id"),
        of(item, "author_id"),
        of(item, "created_at"),
        of(item, "lang"),
        of(place, "full_name") or at,
        of(place, "country_code"),
        of(item, "geo", "coordinates", "coordinates"),
        of(item, "geo"),
        tags(of(item, "entities", "hashtags"), "tag"),
        *(of(metrics, name) for name in ("like_count", "retweet_count", "reply_count", "quote_count")),
    )
