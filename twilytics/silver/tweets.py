"""The posts that were found for a topic, one row each, without their texts and with their authors as keyed hashes.

A search that found nothing has one row with position 0 and no post, as has one that cannot be read or that failed, with its
`reason`.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyarrow as pa

from twilytics import columns, hashing
from twilytics.bronze import tweets
from twilytics.schema import Check, Column, Table
from twilytics.silver import about_topics
from twilytics.sources import POSTS, post
from twilytics.sources.bodies import parsed
from twilytics.sources.entry import kind
from twilytics.sources.post import Post

#: What author hashes are a kind of: as erasure names it, so that both know an author by the same hash.
AUTHOR = "author"

TABLE = Table(
    name="silver.tweets",
    description=__doc__,
    grain=("answer", "position"),
    columns=(
        *about_topics.ASKED,
        Column("position", "bigint", "Position in the answer as it came, from 1; 0 stands for the whole answer.", minimum=0),
        Column("tweet", "string", "X's number of the post.", nullable=True, identifies="tweet"),
        Column(
            "author",
            "string",
            "Keyed hash of the author's number: HMAC-SHA256 with TWILYTICS_HASH_KEY.",
            nullable=True,
            identifies="author",
        ),
        Column("created_at", "timestamp", "When it was written.", nullable=True),
        Column("lang", "string", "Its language as X sees it, a BCP 47 code.", nullable=True),
        Column("written_in", "string", "The place that its author named, else the source's number of it.", nullable=True),
        Column("country_code", "string", "ISO 3166-1 alpha-2 of that place.", nullable=True),
        Column("latitude", "double", "Degrees north, where the author told them.", nullable=True, minimum=-90, maximum=90, unit="degree"),
        Column("longitude", "double", "Degrees east, where the author told them.", nullable=True, minimum=-180, maximum=180, unit="degree"),
        Column("hashtags", "string", "Its hashtags as topics, separated by blanks.", nullable=True, identifies="anything"),
        columns.count("n_likes", "Likes when it was read.", nullable=True),
        columns.count("n_reposts", "Reposts when it was read.", nullable=True),
        columns.count("n_replies", "Replies when it was read.", nullable=True),
        columns.count("n_quotes", "Posts that quoted it when it was read.", nullable=True),
        *about_topics.SET_ASIDE,
    ),
    inputs=(tweets.TABLE,),
    checks=(
        Check(
            "post_or_reason",
            "tweet IS NOT NULL OR reason IS NOT NULL OR position = 0",
            "A post without a number that nobody set aside would vanish silently.",
            breaks={"tweet": None, "reason": None, "scope": None, "position": 1},
        ),
        about_topics.SCOPE_WITH_REASON,
    ),
)


def transform(tweets: pa.Table, *, interval: timedelta, key: bytes) -> pa.Table:
    """Answers in, posts out, in the order of the answers. Each answer's rows depend on it alone."""

    def found(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
        posts = POSTS[answer["source"]](parsed(answer["payload"]))
        yield from ([_row(position, one, key) for position, one in enumerate(posts, start=1)] or [{"position": 0}])

    return about_topics.read(TABLE, tweets, POSTS, interval, found)


def _row(position: int, found: Post, key: bytes) -> dict[str, Any]:
    tweet, author = post.identity(found.id), post.identity(found.author_id)
    if tweet is None:
        return {"position": position, "scope": "entry", "reason": "post_unnamed", "detail": f"id: {kind(found.id)}"}
    values, reason, detail = post.judged(found)
    told = {"scope": "value", "reason": reason, "detail": detail} if reason else {}
    return {"position": position, "tweet": tweet, "author": hashing.digest(key, AUTHOR, author) if author else None, **values, **told}
