"""How many posts about a topic the source counted over the last 24 hours before it was asked, as read from its answer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa

from twilytics import columns
from twilytics.bronze import tweets
from twilytics.schema import Check, Table
from twilytics.silver import about_topics
from twilytics.silver import tweets as posts
from twilytics.sources import COUNTS
from twilytics.sources.bodies import parsed

TABLE = Table(
    name="silver.tweet_counts",
    description=__doc__,
    grain=("answer",),
    columns=(
        *about_topics.ASKED,
        replace(posts.TABLE.column("position"), description="0: the whole answer."),
        columns.count("n_tweets", "Posts that were counted; NULL where the answer could not be read, or none came.", nullable=True),
        *about_topics.SET_ASIDE,
    ),
    inputs=(tweets.TABLE,),
    checks=(
        Check(
            "counted_or_reason",
            "(n_tweets IS NULL) = (reason IS NOT NULL)",
            "An answer without a count that nobody set aside would vanish silently.",
            breaks={"n_tweets": None, "reason": None, "scope": None},
        ),
        about_topics.SCOPE_WITH_REASON,
    ),
)


def transform(tweets: pa.Table, *, interval: timedelta) -> pa.Table:
    """Answers in, counts out, in the order of the answers. Each answer's row depends on it alone."""

    def found(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"position": 0, "n_tweets": COUNTS[answer["source"]](parsed(answer["payload"]))}

    return about_topics.read(TABLE, tweets, COUNTS, interval, found)
