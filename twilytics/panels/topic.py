"""One topic's path over places and time."""

from twilytics.gold import episodes, places, topic_volume, topics, trends
from twilytics.panels.panel import GRID, Dashboard, Panel, Term
from twilytics.panels.shared import FRESHNESS, TOPIC
from twilytics.schema import Column

ASKS = "it asks for a topic"
#: Its captures, by way of its episodes: these are found by their key in each place, and a place's list by place and slot. Left to
#: itself PostgreSQL may read all lists of the shown time.
SEEN = """
    WITH seen AS MATERIALIZED (
        SELECT places.name, episodes.place, episodes.started_at, episodes.last_seen_at
        FROM gold.places JOIN gold.episodes ON episodes.place = places.place AND episodes.topic IN (${topic:sqlstring})
            AND episodes.last_seen_at >= $__timeFrom() AND episodes.started_at <= $__timeTo()
    )"""
LISTED = """FROM seen JOIN gold.trends ON trends.place = seen.place AND trends.slot BETWEEN seen.started_at AND seen.last_seen_at
        AND trends.topic IN (${topic:sqlstring}) AND $__timeFilter(trends.slot)
    ORDER BY 1, 2"""

FACTS = Panel(
    "topic-facts",
    "The topic, over its whole life",
    "table",
    "First and last seen, how many places had it, its best rank and how evenly it was spread.",
    """
    SELECT topics.title, topics.first_seen_at, places.name, topics.last_seen_at, topics.n_places, topics.n_episodes, topics.n_slots,
        topics.best_rank, topics.max_volume, topics.focus, topics.entropy
    FROM gold.topics LEFT JOIN gold.places ON places.place = topics.first_place
    WHERE topics.topic IN (${topic:sqlstring}) ORDER BY topics.topic
    """,
    (Term(topics.TABLE, topics.TABLE.names),),
    own=(Column("name", "string", "The place that had it first; empty where that is not known.", nullable=True),),
    width=GRID,
    height=5,
    not_in_report=ASKS,
)
RANKS = Panel(
    "topic-ranks",
    "Rank by place",
    "states",
    "Where it trended, and how high: the darker, the higher.",
    f"""{SEEN}
    SELECT trends.slot AS time, seen.name AS metric, trends.rank
    {LISTED}
    """,
    (Term(trends.TABLE, ("rank",)),),
    width=GRID,
    height=12,
    not_in_report=ASKS,
)
VOLUME = Panel(
    "topic-volume",
    "Volume",
    "lines",
    "Posts about it, as each place's list told, or as they were counted.",
    f"""{SEEN}
    SELECT trends.slot AS time, seen.name AS metric, trends.volume
    {LISTED}
    """,
    (Term(trends.TABLE, ("volume",)),),
    width=GRID,
    not_in_report=ASKS,
)
POSTS = Panel(
    "topic-posts",
    "Posts that were counted and read",
    "lines",
    "Posts of the last 24 hours, and different authors of those that were read, where X was asked about the topic (TWILYTICS_TWEETS).",
    """
    SELECT topic_volume.slot AS time, places.name AS metric, topic_volume.n_tweets, topic_volume.n_authors
    FROM gold.places JOIN gold.topic_volume ON topic_volume.place = places.place
        AND topic_volume.topic IN (${topic:sqlstring}) AND $__timeFilter(topic_volume.slot)
    ORDER BY 1, 2
    """,
    (Term(topic_volume.TABLE, topic_volume.TABLE.names),),
    width=GRID,
    not_in_report=ASKS,
)
PATH = Panel(
    "topic-path",
    "Where it went",
    "table",
    "Its episodes that were seen in the shown time, in the order in which they began.",
    """
    SELECT episodes.started_at, places.name,
        CAST(extract(epoch FROM episodes.started_at - min(episodes.started_at) OVER ()) / 3600 AS double precision) AS hours_after,
        episodes.duration_hours, episodes.best_rank, episodes.max_volume, episodes.censored_start, episodes.censored_end, places.place
    FROM gold.places
    JOIN gold.episodes ON episodes.place = places.place AND episodes.topic IN (${topic:sqlstring})
        AND episodes.last_seen_at >= $__timeFrom() AND episodes.started_at <= $__timeTo()
    ORDER BY episodes.started_at, places.name LIMIT 500
    """,
    (Term(episodes.TABLE, episodes.TABLE.names), Term(places.TABLE, ("name", "place"))),
    own=(Column("hours_after", "double", "Hours after its first episode of those shown.", minimum=0, unit="hours"),),
    width=GRID,
    height=12,
    links=("place",),
    not_in_report=ASKS,
)
DASHBOARD = Dashboard("topic", "Topic", __doc__, (FRESHNESS, FACTS, RANKS, VOLUME, POSTS, PATH), (TOPIC,))
