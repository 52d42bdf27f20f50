"""Who leads: whose topics others have later, and whether that may be chance."""

from twilytics import columns
from twilytics.gold import lead_lag, places, trendsetter
from twilytics.panels.panel import GRID, Dashboard, Panel, Term
from twilytics.panels.shared import FRESHNESS, LAG, PLACE_A, PLACE_B, PLACES
from twilytics.schema import Column

LEADER = Column("leader_name", "string", "The place that had it before.")
FOLLOWER = Column("follower_name", "string", "The place that it then arrived in.")
FIRST = Column("name_a", "string", "The pair's first place.")
SECOND = Column("name_b", "string", "The pair's second place.")
SHOWN = Term(trendsetter.TABLE, ("lag", "trendsetter", "n_arrivals", "arrival_share"))

#: The chosen ordered pairs with their names, a row a day.
BY_DAY = """FROM gold.trendsetter_by_day AS by_day
    JOIN gold.places AS leaders ON leaders.place = by_day.leader
    JOIN gold.places AS followers ON followers.place = by_day.follower
    WHERE by_day.leader IN (${place:sqlstring}) AND by_day.follower IN (${place:sqlstring})
        AND by_day.lag = nullif(${lag:sqlstring}, '')::bigint
        AND by_day.day > $__timeFrom()::timestamptz - interval '1 day' AND by_day.day <= $__timeTo()::timestamptz"""

ARRIVALS = Panel(
    "arrival-share",
    "Who had it before",
    "matrix",
    "The mean share of the column's arrivals that the row had so many slots before, over the days of the shown time.",
    f"""
    SELECT leaders.name AS leader_name, followers.name AS follower_name,
        sum(by_day.arrival_share * by_day.n_arrival_share) / sum(by_day.n_arrival_share) AS arrival_share
    {BY_DAY}
        AND by_day.n_arrival_share > 0
    GROUP BY by_day.leader, by_day.follower, leaders.name, followers.name ORDER BY 1, 2
    """,
    (SHOWN,),
    own=(LEADER, FOLLOWER),
    width=GRID,
    height=14,
)
RANKING = Panel(
    "trendsetters",
    "Trendsetters",
    "table",
    "The ordered pairs by the share of what arrived in the follower that the leader had before.",
    f"""
    SELECT leaders.name AS leader_name, followers.name AS follower_name,
        sum(by_day.arrival_share * by_day.n_arrival_share) / sum(by_day.n_arrival_share) AS arrival_share,
        CAST(sum(by_day.n_arrivals) AS bigint) AS n_arrivals,
        sum(by_day.trendsetter * by_day.n_trendsetter) / sum(by_day.n_trendsetter) AS trendsetter
    {BY_DAY}
    GROUP BY by_day.leader, by_day.follower, leaders.name, followers.name HAVING sum(by_day.n_arrival_share) > 0
    ORDER BY arrival_share DESC, 1, 2 LIMIT 50
    """,
    (SHOWN,),
    own=(LEADER, FOLLOWER),
)
BY_LAG = Panel(
    "trendsetter-by-lag",
    "Trendsetter by lag",
    "bars",
    "How much of each list of the one place the other has so many slots later: the way in which the bars fall more slowly leads.",
    """
    SELECT by_day.lag::text AS slots_later,
        sum(CASE WHEN by_day.leader IN (${place_a:sqlstring}) THEN by_day.trendsetter * by_day.n_trendsetter END)
            / sum(CASE WHEN by_day.leader IN (${place_a:sqlstring}) THEN by_day.n_trendsetter END) AS first_leads,
        sum(CASE WHEN by_day.leader IN (${place_b:sqlstring}) THEN by_day.trendsetter * by_day.n_trendsetter END)
            / sum(CASE WHEN by_day.leader IN (${place_b:sqlstring}) THEN by_day.n_trendsetter END) AS second_leads
    FROM gold.trendsetter_by_day AS by_day
    WHERE (by_day.leader IN (${place_a:sqlstring}) AND by_day.follower IN (${place_b:sqlstring})
            OR by_day.leader IN (${place_b:sqlstring}) AND by_day.follower IN (${place_a:sqlstring}))
        AND by_day.day > $__timeFrom()::timestamptz - interval '1 day' AND by_day.day <= $__timeTo()::timestamptz
    GROUP BY by_day.lag ORDER BY by_day.lag
    """,
    (Term(trendsetter.TABLE, ("lag", "trendsetter")),),
    own=(
        Column("slots_later", "string", "Slots between the two lists."),
        columns.share("first_leads", "Trendsetter, from the place that was chosen first.", nullable=True),
        columns.share("second_leads", "Trendsetter, from the place that it is compared with.", nullable=True),
    ),
    not_in_report="it asks for a pair; the report has all pairs at one lag",
)
FINDINGS = Panel(
    "lead-lag",
    "Who is first",
    "table",
    "Which place of a pair topics reach first, in words. Where chance would do as well, no difference can be told.",
    f"""
    SELECT first_places.name AS name_a, second_places.name AS name_b, lead_lag.window_days,
        CASE
            WHEN lead_lag.is_nested THEN 'one contains the other: no finding'
            WHEN lead_lag.q_value IS NULL OR lead_lag.q_value > {lead_lag.FALSE_FINDINGS} OR lead_lag.a_first = lead_lag.b_first
                THEN '{lead_lag.NO_DIFFERENCE}'
            WHEN lead_lag.a_first > lead_lag.b_first THEN first_places.name || ' is first'
            ELSE second_places.name || ' is first'
        END AS finding,
        lead_lag.a_first, lead_lag.b_first, lead_lag.ties, lead_lag.median_lead_hours, lead_lag.q_value
    FROM gold.lead_lag
    JOIN gold.places AS first_places ON first_places.place = lead_lag.place_a
    JOIN gold.places AS second_places ON second_places.place = lead_lag.place_b
    WHERE lead_lag.place_a IN (${{place:sqlstring}}) AND lead_lag.place_b IN (${{place:sqlstring}}) AND lead_lag.n_shared > 0
    ORDER BY lead_lag.is_nested, lead_lag.q_value NULLS LAST, lead_lag.n_shared DESC, 1, 2, 3 LIMIT 500
    """,  # noqa: S608  (constants)
    (Term(lead_lag.TABLE, ("window_days", "a_first", "b_first", "ties", "median_lead_hours", "q_value", "is_nested")), Term(places.TABLE)),
    own=(FIRST, SECOND, Column("finding", "string", "What may be said of the pair.")),
    width=GRID,
    height=12,
)
DASHBOARD = Dashboard("leads", "Who leads", __doc__, (FRESHNESS, ARRIVALS, RANKING, BY_LAG, FINDINGS), (PLACES, LAG, PLACE_A, PLACE_B))
