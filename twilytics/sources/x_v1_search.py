"""X, version 1.1: posts as its searches gave them, for archives only: nobody is let in there any more."""

from collections.abc import Mapping, Sequence

from twilytics.sources.post import Post, listed, of, tags
from twilytics.sources.refusals import refuse

NAME = "x-v1.1-search"
LISTS = ("statuses", "results")  # of the standard search, and of the premium one


def posts(payload: object) -> Sequence[Post]:
    """The posts in the order of the answer. Raise :class:`Unreadable` for an error answer or another shape."""
    items = payload
    if isinstance(payload, Mapping):
        refuse(payload)
        items = next((payload[key] for key in LISTS if key in payload), None)
    return listed(items, "what should hold the posts", _post)


def _post(item: object) -> Post:
    return Post(
        of(item, "id_str") or of(item, "id"),
        of(item, "user", "id_str") or of(item, "user", "id"),
        of(item, "created_at"),
        of(item, "lang"),
        of(item, "place", "full_name"),
        of(item, "place", "country_code"),
        of(item, "coordinates", "coordinates"),
        of(item, "place") or of(item, "coordinates"),
        tags(of(item, "entities", "hashtags"), "text"),
        *(of(item, name) for name in ("favorite_count", "retweet_count", "reply_count", "quote_count")),
    )
