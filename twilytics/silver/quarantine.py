"""What was set aside, and why: entries that cannot be read, answers without a readable topic, volumes that are none; and
likewise the posts, and the counts of posts, of answers about a topic. Less what people dropped for the same reason.

The answer itself stays in bronze, byte for byte.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from twilytics.bronze import dropped
from twilytics.schema import Table
from twilytics.silver import entries, tweet_counts, tweets

TABLE = Table(
    name="silver.quarantine",
    description=__doc__,
    grain=("answer", "position"),
    columns=tuple(
        replace(entries.TABLE.column(name), nullable=name == "detail")
        for name in ("answer", "position", "source", "place", "slot", "captured_at", "scope", "reason", "detail")
    ),
    inputs=(entries.TABLE, tweets.TABLE, tweet_counts.TABLE, dropped.TABLE),
)


def transform(entries: ir.Table, tweets: ir.Table, tweet_counts: ir.Table, dropped: ir.Table) -> ir.Table:
    # A call without an answer has nothing that could be set aside: `gold.coverage` tells of it.
    flawed = (rows.filter(rows.reason.notnull() & (rows.scope != "call")) for rows in (entries, tweets, tweet_counts))
    set_aside = ibis.union(*(rows.select(*(column.name for column in TABLE.columns)) for rows in flawed))
    return set_aside.anti_join(dropped, ["answer", "position", "reason"])
