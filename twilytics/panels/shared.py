"""What several dashboards have: the line that says how fresh the data are, and what the viewer chooses."""

from twilytics.gold import batches, captures, change_rate, coverage, quality, trends
from twilytics.panels.panel import GRID, Mark, Panel, Term, Variable
from twilytics.schema import Column

FRESHNESS = Panel(
    "data-up-to",
    "Freshness",
    "stat",
    "How far the data reach and what is missing from them: the newest slot of all places, the places that were captured in it, slots "
    "of the shown time that were asked for in vain, rules that stop a publication and did not hold when they were looked at last, and "
    "the newest publication.",
    """
    SELECT
        newest.slot AS data_up_to,
        (SELECT count(*) FROM gold.captures WHERE captures.slot = newest.slot) AS n_places,
        (SELECT count(*) FROM gold.places) AS n_followed,
        (SELECT count(*) FROM gold.coverage WHERE $__timeFilter(slot) AND state IN ('failed', 'skipped')) AS n_missing,
        (SELECT count(*) FROM gold.quality
            WHERE run = (SELECT max(run) FROM gold.quality) AND severity = 'fail' AND n_failed > 0) AS n_failing,
        (SELECT max(published_at) FROM gold.batches) AS published_at
    FROM (SELECT max(slot) AS slot FROM gold.captures) AS newest
    WHERE newest.slot IS NOT NULL
    """,
    (Term(captures.TABLE, ("slot",)), Term(coverage.TABLE, ("state",)), Term(quality.TABLE, ("severity", "n_failed")), Term(batches.TABLE)),
    own=(
        Column("data_up_to", "timestamp", "The newest slot of all places."),
        Column("n_places", "bigint", "Places that were captured in the newest slot.", minimum=0, unit="short"),
        Column("n_followed", "bigint", "Places that were ever captured.", minimum=0, unit="short"),
        Column("n_missing", "bigint", "Slots in the shown time that failed or were skipped.", minimum=0, unit="short", warns_from=1),
        Column("n_failing", "bigint", "Rules that stop a publication and do not hold.", minimum=0, unit="short", warns_from=1),
    ),
    width=GRID,
    height=4,
    not_in_report="the page begins with it",
)

CHANGE_OVER_TIME = Panel(
    "change-over-time",
    "Change rate over time",
    "lines",
    "A line a place; above two months of shown time, the means of whole days.",
    """
    SELECT change_rate.slot AS time, places.name AS metric, change_rate.change_rate
    FROM gold.change_rate JOIN gold.places ON places.place = change_rate.place
    WHERE change_rate.place IN (${place:sqlstring}) AND $__timeFilter(change_rate.slot)
        AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz <= interval '62 days'
    UNION ALL
    SELECT by_day.day, places.name, by_day.change_rate
    FROM gold.change_rate_by_day AS by_day JOIN gold.places ON places.place = by_day.place
    WHERE by_day.place IN (${place:sqlstring}) AND $__timeFilter(by_day.day)
        AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz > interval '62 days'
    ORDER BY 1, 2
    """,
    (Term(change_rate.TABLE, ("change_rate",)),),
)

GAPS = Mark(
    "Gaps",
    """
    SELECT slot AS time, count(*)::text || ' places not captured: ' || min(coalesce(reason, state)) AS text
    FROM gold.coverage WHERE $__timeFilter(slot) AND state IN ('failed', 'skipped') GROUP BY slot ORDER BY slot LIMIT 500
    """,
)
FAILED_GATES = Mark(
    "Failed gates",
    """
    SELECT run AS time, 'not published: ' || min(table_name || ', ' || rule) AS text
    FROM gold.quality WHERE $__timeFilter(run) AND severity = 'fail' AND n_failed > 0 GROUP BY run ORDER BY run LIMIT 500
    """,
    is_bad=True,
)

TREND = Term(trends.TABLE, ("rank", "topic", "title", "volume"))

_PLACES = "SELECT name AS __text, place AS __value FROM gold.places ORDER BY name, place"
PLACES = Variable("place", "Places", _PLACES, is_multi=True)
PLACE = Variable("place", "Place", _PLACES)
PLACE_A = Variable("place_a", "Place", _PLACES)
PLACE_B = Variable(
    "place_b",
    "compared with",
    "SELECT name AS __text, place AS __value FROM gold.places WHERE place <> ${place_a:sqlstring} ORDER BY name, place",
)
LAG = Variable("lag", "Slots later", "SELECT lag::text FROM (SELECT DISTINCT lag FROM gold.trendsetter_by_day) AS lags ORDER BY lag")
WINDOW = Variable(
    "window",
    "Window",
    "SELECT (window_hours / 24)::text || ' d' AS __text, window_hours::text AS __value "
    "FROM (SELECT DISTINCT window_hours FROM gold.change_summary) AS windows ORDER BY window_hours",
)
TOPIC = Variable(
    "topic",
    "Topic",
    "SELECT title AS __text, topic AS __value FROM gold.topics WHERE $__timeFilter(last_seen_at) "
    "ORDER BY n_slots DESC, n_places DESC, topic LIMIT 500",
    follows_time=True,
)
