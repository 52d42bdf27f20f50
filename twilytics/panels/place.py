"""One place: what was there longest, how fast its list turns over, how long topics live."""

from twilytics.gold import change_summary, episodes, places, survival, top_topics, trends
from twilytics.panels.panel import GRID, Dashboard, Panel, Term
from twilytics.panels.shared import CHANGE_OVER_TIME, FRESHNESS, PLACE, WINDOW
from twilytics.schema import Column

NAMED = Term(places.TABLE, ("name",))

TOP = Panel(
    "top-topics",
    "Top topics",
    "table",
    "The topics that were present in most slots of the window.",
    """
    SELECT position, title, frequency, best_rank, max_volume, topic
    FROM gold.top_topics WHERE place IN (${place:sqlstring}) AND window_hours = nullif(${window:sqlstring}, '')::bigint
    ORDER BY position, place
    """,
    (Term(top_topics.TABLE, ("window_hours", "position", "title", "topic", "frequency", "best_rank", "max_volume")),),
    height=12,
    links=("topic",),
)
DISTRIBUTION = Panel(
    "topic-distribution",
    "Distribution of topics",
    "bars",
    "How many slots of the window the twenty topics had that were present longest.",
    """
    SELECT title, frequency FROM gold.top_topics
    WHERE place IN (${place:sqlstring}) AND window_hours = nullif(${window:sqlstring}, '')::bigint
        AND position <= 20 ORDER BY position, place
    """,
    (Term(top_topics.TABLE, ("title", "frequency")),),
    height=12,
)
SUMMARY = Panel(
    "change-summary",
    "Change rate by window",
    "table",
    "Sum, largest, mean and smallest change rate over each window that ends with the newest slot.",
    """
    SELECT window_hours, total, max, avg, min, n_slots, coverage
    FROM gold.change_summary WHERE place IN (${place:sqlstring}) ORDER BY place, window_hours
    """,
    (Term(change_summary.TABLE, ("window_hours", "total", "max", "avg", "min", "n_slots", "coverage")),),
    height=7,
)
RACE = Panel(
    "rank-race",
    "Rank race of the day",
    "states",
    "The ranks of the twelve topics that came highest in the last 24 hours of the shown time: the darker, the higher.",
    """
    WITH ended AS (
        SELECT max(slot) AS slot FROM gold.captures WHERE place IN (${place:sqlstring}) AND $__timeFilter(slot)
    ), listed AS (
        SELECT trends.slot, trends.topic, trends.title, trends.rank FROM gold.trends, ended
        WHERE trends.place IN (${place:sqlstring}) AND trends.slot > ended.slot - interval '24 hours' AND trends.slot <= ended.slot
    ), best AS (
        SELECT topic, max(title) AS title FROM listed GROUP BY topic ORDER BY min(rank), count(*) DESC, topic LIMIT 12
    )
    SELECT listed.slot AS time, best.title AS metric, min(listed.rank) AS rank
    FROM listed JOIN best ON best.topic = listed.topic GROUP BY listed.slot, best.topic, best.title ORDER BY 1, 2
    """,
    (Term(trends.TABLE, ("rank", "title")),),
    width=GRID,
    height=12,
    not_in_report="it follows one place; Grafana draws it",
)
SURVIVAL = Panel(
    "survival",
    "How long topics live",
    "bars",
    "The estimated share of a place's topics that trend for longer than so many hours.",
    """
    SELECT told.hours::text || ' h' AS longer_than, (
        SELECT survival.survival FROM gold.survival
        WHERE survival.place IN (${place:sqlstring}) AND survival.duration_hours <= told.hours
        ORDER BY survival.duration_hours DESC, survival.place LIMIT 1
    ) AS survival
    FROM (VALUES (1), (2), (3), (6), (12), (24), (48), (96), (168)) AS told (hours)
    WHERE told.hours <= (SELECT max(survival.duration_hours) FROM gold.survival WHERE survival.place IN (${place:sqlstring}))
        AND told.hours >= (SELECT min(survival.duration_hours) FROM gold.survival WHERE survival.place IN (${place:sqlstring}))
    ORDER BY told.hours
    """,
    (Term(survival.TABLE, ("duration_hours", "at_risk", "ended", "survival")),),
    own=(Column("longer_than", "string", "Hours for which a topic trends."),),
)
LONGEST = Panel(
    "longest-lived",
    "Longest-lived",
    "table",
    "The longest episodes that were last seen in the shown time.",
    """
    SELECT episodes.title, places.name, episodes.duration_hours, episodes.best_rank, episodes.max_volume, episodes.started_at,
        episodes.last_seen_at, episodes.censored_end, episodes.topic
    FROM gold.episodes JOIN gold.places ON places.place = episodes.place
    WHERE episodes.place IN (${place:sqlstring}) AND $__timeFilter(episodes.last_seen_at)
    ORDER BY episodes.duration_hours DESC, episodes.started_at, episodes.topic, places.place LIMIT 25
    """,
    (
        NAMED,
        Term(episodes.TABLE, ("title", "duration_hours", "best_rank", "max_volume", "started_at", "last_seen_at", "censored_end")),
    ),
    links=("topic",),
)
COME_BACKS = Panel(
    "come-backs",
    "Come-backs",
    "table",
    "Topics that went and came back in the shown time: those with the most episodes.",
    """
    SELECT max(episodes.title) AS title, places.name, count(*) AS n_episodes, min(episodes.started_at) AS started_at,
        max(episodes.last_seen_at) AS last_seen_at, min(episodes.best_rank) AS best_rank, episodes.topic
    FROM gold.episodes JOIN gold.places ON places.place = episodes.place
    WHERE episodes.place IN (${place:sqlstring}) AND $__timeFilter(episodes.last_seen_at)
    GROUP BY places.place, places.name, episodes.topic HAVING count(*) > 1
    ORDER BY count(*) DESC, max(episodes.last_seen_at) DESC, episodes.topic, places.place LIMIT 25
    """,
    (
        NAMED,
        Term(episodes.TABLE, ("title", "started_at", "last_seen_at", "best_rank")),
    ),
    own=(Column("n_episodes", "bigint", "Episodes in the shown time.", minimum=2, unit="short"),),
    links=("topic",),
)
DASHBOARD = Dashboard(
    "place",
    "Place",
    __doc__,
    (FRESHNESS, TOP, DISTRIBUTION, SUMMARY, CHANGE_OVER_TIME, RACE, SURVIVAL, LONGEST, COME_BACKS),
    (PLACE, WINDOW),
)
