"""How much is posted about a topic that trended in a place, and by how many: of the topics that were asked about.

    n_tweets: posts of the last 24 hours, as the source counted them

X's search knows no places of its trends: the posts are those of the whole world, as X's own volumes are, and every place that
has the topic in that slot has the same numbers. Authors, posts with a place, and languages are those among the posts that were
read (ten a topic and slot), NULL where none was asked for, or where one of them does not tell; 0 where there was none to read.
Where the trends told no volume, n_tweets is the volume.
"""

from dataclasses import replace
from functools import reduce

import ibis
import ibis.expr.types as ir

from twilytics import columns
from twilytics.schema import Check, Column, Table
from twilytics.silver import entries, snapshots, tweet_counts, tweets

LANGUAGES = 3

TABLE = Table(
    name="gold.topic_volume",
    description=__doc__,
    grain=("place", "slot", "topic"),
    columns=(
        columns.PLACE,
        columns.SLOT,
        columns.TOPIC,
        replace(tweet_counts.TABLE.column("n_tweets"), description="Posts of the last 24 hours; NULL where nobody counted."),
        columns.count(
            "n_authors", "Different authors of the posts that were read; NULL where the author of one is not known.", nullable=True
        ),
        columns.count("n_geo", "Posts of those with a place or coordinates; NULL where one tells them unreadably.", nullable=True),
        Column("languages", "string", "The most frequent languages of those, at most three, the first first: de,en.", nullable=True),
    ),
    inputs=(entries.TABLE, snapshots.TABLE, tweets.TABLE, tweet_counts.TABLE),
    checks=(
        Check(
            "counted_or_read",
            "n_tweets IS NOT NULL OR n_authors IS NOT NULL OR n_geo IS NOT NULL OR languages IS NOT NULL",
            "A topic of which nothing is known has no row.",
            breaks={"n_tweets": None, "n_authors": None, "n_geo": None, "languages": None},
        ),
    ),
)


def transform(entries: ir.Table, snapshots: ir.Table, tweets: ir.Table, tweet_counts: ir.Table) -> ir.Table:
    listed = entries.filter(entries.topic.notnull() & ~entries.is_promoted).semi_join(snapshots, "answer")
    listed = listed.select("place", "slot", "topic").distinct()
    found = _read(tweets).outer_join(_counted(tweet_counts), ["slot", "topic"])
    about = found.select(
        "n_tweets",
        "n_authors",
        "n_geo",
        "languages",
        at=ibis.coalesce(found.slot, found.slot_right),
        topic_asked=ibis.coalesce(found.topic, found.topic_right),
    )
    about = about.filter(ibis.coalesce(about.n_tweets, about.n_authors, about.n_geo).notnull() | about.languages.notnull())
    joined = listed.join(about, [listed.slot == about["at"], listed.topic == about.topic_asked])
    return joined.select(*(column.name for column in TABLE.columns))


def _counted(tweet_counts: ir.Table) -> ir.Table:
    """The first count of each topic in a slot."""
    by_time = ibis.window(group_by=["slot", "topic"], order_by=["captured_at", "answer"])
    counted = tweet_counts.filter(tweet_counts.n_tweets.notnull()).mutate(nth=ibis.row_number().over(by_time))
    return counted.filter(counted.nth == 0).select("slot", "topic", "n_tweets")


def _read(tweets: ir.Table) -> ir.Table:
    """Of each topic in a slot what the posts tell that were read, each post once, as it was read first."""
    asked = tweets.filter(tweets.scope.isnull() | (tweets.scope == "value"))
    by_time = ibis.window(group_by=["slot", "topic", "tweet"], order_by=["captured_at", "answer", "position"])
    once = asked.mutate(nth=ibis.row_number().over(by_time)).filter(lambda t: t.nth == 0)
    has_place = once.written_in.notnull() | once.latitude.notnull()
    counted = once.group_by("slot", "topic").agg(
        n_authors=_known(once.author.nunique(), once.tweet.notnull() & once.author.isnull()),
        n_geo=_known(_n(has_place), once.reason.fill_null("") == "post_place"),
    )
    languages = _languages(once)
    joined = counted.left_join(languages, ["slot", "topic"])
    return joined.select("slot", "topic", "n_authors", "n_geo", "languages")


def _n(which: ir.BooleanValue) -> ir.IntegerScalar:
    return ibis.ifelse(which, 1, 0).cast("int64").sum()


def _known(number: ir.IntegerScalar, is_unknown: ir.BooleanValue) -> ir.IntegerScalar:
    """The number of posts, NULL where it is not known of one of them."""
    return ibis.ifelse(_n(is_unknown) == 0, number, ibis.null("int64"))


def _languages(posts: ir.Table) -> ir.Table:
    """The most frequent ones in one text; of as many posts, by their codes."""
    spoken = posts.filter(posts.lang.notnull()).group_by("slot", "topic", "lang").agg(n=lambda t: t.count())
    by_frequency = ibis.window(group_by=["slot", "topic"], order_by=[ibis.desc("n"), "lang"])
    ranked = spoken.mutate(nth=ibis.row_number().over(by_frequency))
    nth = ranked.group_by("slot", "topic").agg(**{f"lang_{n}": ranked.lang.max(where=ranked.nth == n) for n in range(LANGUAGES)})
    rest = ((ibis.literal(",") + nth[f"lang_{n}"]).fill_null("") for n in range(1, LANGUAGES))
    return nth.select("slot", "topic", languages=reduce(lambda text, more: text + more, rest, nth.lang_0))
