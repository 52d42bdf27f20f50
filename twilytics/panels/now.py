"""What trends where at the end of the shown time, and what is new."""

from twilytics.gold import change_rate, coverage, places
from twilytics.panels.panel import GRID, Dashboard, Panel, Term
from twilytics.panels.shared import CHANGE_OVER_TIME, FRESHNESS, PLACES, TREND

TRENDING = Panel(
    "trending-now",
    "Trending",
    "table",
    "Each place's newest list, the top ranks of all places first.",
    """
    SELECT trends.rank, places.name, trends.title, trends.volume, newest.slot, trends.place, trends.topic
    FROM gold.places
    CROSS JOIN LATERAL (
        SELECT max(captures.slot) AS slot FROM gold.captures WHERE captures.place = places.place AND $__timeFilter(captures.slot)
    ) AS newest
    JOIN gold.trends ON trends.place = places.place AND trends.slot = newest.slot
    WHERE places.place IN (${place:sqlstring})
    ORDER BY trends.rank, places.name LIMIT 500
    """,
    (TREND, Term(places.TABLE, ("name",))),
    height=14,
    links=("place", "topic"),
)
NEW = Panel(
    "new-now",
    "New since the capture before",
    "table",
    "Topics of each place's newest list that the list before did not have.",
    """
    WITH newest AS (
        SELECT places.place, places.name, (
            SELECT max(captures.slot) FROM gold.captures WHERE captures.place = places.place AND $__timeFilter(captures.slot)
        ) AS slot
        FROM gold.places WHERE places.place IN (${place:sqlstring})
    ), both_lists AS MATERIALIZED (
        SELECT newest.place, newest.name, newest.slot, (
            SELECT max(captures.slot) FROM gold.captures WHERE captures.place = newest.place AND captures.slot < newest.slot
        ) AS slot_before
        FROM newest
    )
    SELECT trends.rank, both_lists.name, trends.title, trends.volume, both_lists.slot, trends.place, trends.topic
    FROM both_lists JOIN gold.trends ON trends.place = both_lists.place AND trends.slot = both_lists.slot
    LEFT JOIN gold.trends AS earlier
        ON earlier.place = both_lists.place AND earlier.slot = both_lists.slot_before AND earlier.topic = trends.topic
    WHERE both_lists.slot_before IS NOT NULL AND earlier.topic IS NULL
    ORDER BY trends.rank, both_lists.name LIMIT 500
    """,
    (TREND, Term(places.TABLE, ("name",))),
    height=14,
    links=("place", "topic"),
)
CHANGE = Panel(
    "change-now",
    "Change rate, newest",
    "bars",
    "How much of each place's newest list is new; no bar where the slot before was not captured.",
    """
    SELECT places.name, change_rate.change_rate
    FROM gold.places
    CROSS JOIN LATERAL (
        SELECT max(captures.slot) AS slot FROM gold.captures WHERE captures.place = places.place AND $__timeFilter(captures.slot)
    ) AS newest
    JOIN gold.change_rate ON change_rate.place = places.place AND change_rate.slot = newest.slot
    WHERE places.place IN (${place:sqlstring})
    ORDER BY change_rate.change_rate DESC NULLS LAST, places.name
    """,
    (Term(change_rate.TABLE, ("change_rate",)), Term(places.TABLE, ("name",))),
)
STATE = Panel(
    "coverage-state",
    "Captured, late, failed, skipped",
    "states",
    "What became of each slot that was to be captured. A slot without a colour is one that nobody tried to capture.",
    """
    SELECT coverage.slot AS time, places.name AS metric, coverage.state
    FROM gold.coverage JOIN gold.places ON places.place = coverage.place
    WHERE coverage.place IN (${place:sqlstring}) AND $__timeFilter(coverage.slot)
    ORDER BY 1, 2
    """,
    (Term(coverage.TABLE, ("state",)),),
    width=GRID,
    not_in_report="its calendar of coverage shows the same by day",
)
DASHBOARD = Dashboard("now", "Now", __doc__, (FRESHNESS, TRENDING, NEW, CHANGE, CHANGE_OVER_TIME, STATE), (PLACES,), since="now-24h")
