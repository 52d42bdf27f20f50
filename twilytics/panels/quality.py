"""What the data are worth: rules that did not hold, what was set aside, what is missing."""

from dataclasses import replace

from twilytics import columns
from twilytics.gold import captures, coverage, places, set_aside
from twilytics.gold import quality as results
from twilytics.panels.panel import GRID, Dashboard, Panel, Term
from twilytics.panels.shared import FRESHNESS, PLACES
from twilytics.schema import Column

BROKEN = Panel(
    "rules",
    "Rules that did not hold",
    "table",
    "As of the newest run of the checks. fail stops the publication, warn publishes and tells, note is only kept.",
    """
    SELECT severity, table_name, rule, n_failed, n_checked, observed, examples, slots, run
    FROM gold.quality WHERE run = (SELECT max(run) FROM gold.quality) AND n_failed > 0
    ORDER BY CASE severity WHEN 'fail' THEN 1 WHEN 'warn' THEN 2 ELSE 3 END, table_name, rule
    """,
    (Term(results.TABLE, results.TABLE.names),),
    width=GRID,
)
HISTORY = Panel(
    "rules-over-time",
    "Broken rules by severity",
    "lines",
    "Rules that did not hold in each run of the checks.",
    """
    SELECT run AS time, severity AS metric, count(*) FILTER (WHERE n_failed > 0) AS n_rules
    FROM gold.quality WHERE $__timeFilter(run) GROUP BY run, severity ORDER BY 1, 2
    """,
    (Term(results.TABLE, ("run", "severity")),),
    own=(Column("n_rules", "bigint", "Rules that did not hold.", minimum=0, unit="short"),),
)
SET_ASIDE = Panel(
    "set-aside",
    "Quarantine by reason",
    "lines",
    "Rows that could not be read, by day and reason.",
    """
    SELECT date_trunc('day', set_aside.slot) AS time, set_aside.reason AS metric, CAST(sum(set_aside.n_rows) AS bigint) AS n_rows
    FROM gold.set_aside WHERE set_aside.place IN (${place:sqlstring}) AND $__timeFilter(set_aside.slot)
    GROUP BY 1, 2 ORDER BY 1, 2
    """,
    (Term(set_aside.TABLE, ("reason", "n_rows")),),
)
CALENDAR = Panel(
    "coverage-calendar",
    "Coverage calendar",
    "states",
    "Which share of a whole day's slots was captured, by place and day; a whole day is the fullest of the shown time.",
    """
    WITH days AS (
        SELECT place, date_trunc('day', slot) AS day, count(*) FILTER (WHERE state IN ('captured', 'late')) AS n_captured, count(*) AS n
        FROM gold.coverage WHERE place IN (${place:sqlstring}) AND $__timeFilter(slot) GROUP BY 1, 2
    )
    SELECT days.day AS time, places.name AS metric,
        CAST(days.n_captured AS double precision) / (SELECT max(whole.n) FROM days AS whole) AS captured_share
    FROM days JOIN gold.places ON places.place = days.place ORDER BY 1, 2
    """,
    (Term(coverage.TABLE, coverage.TABLE.names),),
    own=(replace(columns.share("captured_share", "Captured slots by those of a whole day."), warns_below=0.95),),
    width=GRID,
    height=12,
)
MISSING = Panel(
    "missing",
    "What is missing, and why",
    "table",
    "The newest slots of the shown time that were to be captured and were not.",
    """
    SELECT coverage.slot, places.name, coverage.state, coverage.reason, coverage.place
    FROM gold.coverage LEFT JOIN gold.places ON places.place = coverage.place
    WHERE $__timeFilter(coverage.slot) AND coverage.state IN ('failed', 'skipped')
    ORDER BY coverage.slot DESC, coverage.place LIMIT 200
    """,
    (Term(coverage.TABLE, coverage.TABLE.names),),
    own=(Column("name", "string", "The place's name; empty where it was never captured.", nullable=True),),
    width=GRID,
    links=("place",),
)
DELAY = Panel(
    "capture-delay",
    "Newest list of each place",
    "table",
    "Up to when each place's data reach, and how many topics its newest list has.",
    """
    SELECT places.name, captures.slot, captures.captured_at, captures.source, captures.n_topics, captures.n_rejected, captures.place
    FROM gold.places
    JOIN gold.captures ON captures.place = places.place
        AND captures.slot = (SELECT max(newest.slot) FROM gold.captures AS newest WHERE newest.place = places.place)
    WHERE places.place IN (${place:sqlstring})
    ORDER BY captures.slot, places.name
    """,
    (Term(captures.TABLE, captures.TABLE.names), Term(places.TABLE, ("name",))),
    links=("place",),
)
VOLUME = Panel(
    "captured-per-day",
    "Lists captured per day",
    "lines",
    "How many lists came, of all chosen places. The first and the last day may be cut.",
    """
    SELECT date_trunc('day', slot) AS time, count(*) AS n_lists
    FROM gold.captures WHERE place IN (${place:sqlstring}) AND $__timeFilter(slot) GROUP BY 1 ORDER BY 1
    """,
    (Term(captures.TABLE, captures.TABLE.names),),
    own=(columns.count("n_lists", "Lists captured."),),
)
DASHBOARD = Dashboard(
    "quality",
    "Quality and coverage",
    __doc__,
    (FRESHNESS, BROKEN, HISTORY, SET_ASIDE, CALENDAR, VOLUME, DELAY, MISSING),
    (PLACES,),
    since="now-30d",
)
