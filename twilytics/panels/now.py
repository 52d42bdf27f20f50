"""What trends where at the end of the shown time, and what is new."""

from twilytics.gold import change_rate, coverage, places
from twilytics.panels.panel import GRID, Dashboard, Panel, Term
from twilytics.panels.shared import CHANGE_OVER_TIME, FRESHNESS, PLACES, TREND

#: The places, each with its newest capture of the shown time.
NEWEST = """FROM gold.places
    CROSS JOIN LATERAL (
        SELECT max(captures.slot) AS slot FROM gold.captures WHERE captures.place = places.place AND $__timeFilter(captures.slot)
    ) AS newest"""

TRENDING = Panel(
    "trending-now",
    "Trending",
    "table",
    "Each place's newest list, the top ranks of all places first.",
    f"""
    SELECT trends.rank, places.name, trends.title, trends.volume, newest.slot, trends.place, trends.topic
    {NEWEST}
    JOIN gold.trends ON trends.place = places.place AND trends.slot = newest.slot
    WHERE places.place IN (${{place:sqlstring}})
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
    f"""
    SELECT trends.rank, places.name, trends.title, trends.volume, newest.slot, trends.place, trends.topic
    {NEWEST}
    CROSS JOIN LATERAL (
        SELECT max(captures.slot) AS slot FROM gold.captures WHERE captures.place = places.place AND captures.slot < newest.slot
    ) AS before
    JOIN gold.trends ON trends.place = places.place AND trends.slot = newest.slot
    WHERE places.place IN (${{place:sqlstring}}) AND before.slot IS NOT NULL AND trends.topic NOT IN (
        SELECT earlier.topic FROM gold.trends AS earlier WHERE earlier.place = places.place AND earlier.slot = before.slot
    )
    ORDER BY trends.rank, places.name LIMIT 500
    """,  # noqa: S608  (of what stands above)
    (TREND, Term(places.TABLE, ("name",))),
    height=14,
    links=("place", "topic"),
)
CHANGE = Panel(
    "change-now",
    "Change rate, newest",
    "bars",
    "How much of each place's newest list is new; no bar where the slot before was not captured.",
    f"""
    SELECT places.name, change_rate.change_rate
    {NEWEST}
    JOIN gold.change_rate ON change_rate.place = places.place AND change_rate.slot = newest.slot
    WHERE places.place IN (${{place:sqlstring}})
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
