"""Two places beside each other, by the three metrics of 2020, and all places as maps of heat."""

from twilytics import columns
from twilytics.gold import change_rate, places, trend_equality, trends, trendsetter
from twilytics.panels.panel import GRID, Dashboard, Panel, Term
from twilytics.panels.shared import FRESHNESS, LAG, PLACE_A, PLACE_B, PLACES
from twilytics.schema import Column

FIRST = Column("name_a", "string", "A place.")
SECOND = Column("name_b", "string", "The place that it is compared with.")
EQUALITY = Term(trend_equality.TABLE, ("n_shared", "trend_equality", "jaccard", "rbo"))

EXPLAINED = Panel(
    "three-metrics",
    "The three metrics, in words",
    "words",
    "What the numbers of this page mean, with a worked example.",
    width=GRID,
    height=10,
    not_in_report="each of its panels has its definition one click away",
    words="""\
**Change rate**: which share of a place's list is new since the slot before. 0: the list stood still. 1: it was wholly replaced.
**Trend equality**: which share of their topics two places have in common in one slot.
**Trendsetter**: which share of one place's list the other place has *some slots later*; of two places the one whose topics the
other has later sets the trend. All three divide by the longer of the two lists.

*Example*, two places B and S with lists of five, in three slots:

| slot | B | S |
|---|---|---|
| 0 | a b c d e | a b x y z |
| 1 | a b c f g | a b c x y |
| 2 | a f g h i | a b c f g |

- Change rate of B in slot 1: of a b c f g the two topics f and g are new: 2 / 5 = **0.4**. In slot 2 (h, i): **0.4**.
- Trend equality in slot 0: a and b are in both lists: 2 / 5 = **0.4**; in slots 1 and 2 three are: **0.6**.
- Trendsetter B → S, one slot later: of B's list in slot 0 S has a, b, c in slot 1: **0.6**; of B's in slot 1 all in slot 2: **1.0**.
  S → B: **0.4**, then **0.2**. B leads.
""",
)
CHANGE = Panel(
    "change-of-pair",
    "Change rate of both",
    "lines",
    "How much of each of the two lists was new.",
    """
    SELECT change_rate.slot AS time, places.name AS metric, change_rate.change_rate
    FROM gold.change_rate JOIN gold.places ON places.place = change_rate.place
    WHERE change_rate.place IN (${place_a:sqlstring}, ${place_b:sqlstring}) AND $__timeFilter(change_rate.slot)
    ORDER BY 1, 2
    """,
    (Term(change_rate.TABLE, ("change_rate",)),),
    width=8,
    not_in_report="it asks for a pair; the report has the change rate of every place",
)
ALIKE = Panel(
    "equality-of-pair",
    "How alike they are",
    "lines",
    "Shared topics by the longer list (trend equality), by all topics of both (Jaccard), and weighted by rank (RBO).",
    """
    SELECT slot AS time, trend_equality, jaccard, rbo
    FROM gold.trend_equality
    WHERE (place_a IN (${place_a:sqlstring}) AND place_b IN (${place_b:sqlstring})
        OR place_a IN (${place_b:sqlstring}) AND place_b IN (${place_a:sqlstring})) AND $__timeFilter(slot)
    ORDER BY 1
    """,
    (EQUALITY,),
    width=8,
    not_in_report="it asks for a pair; the report has the mean of every pair",
)
LEADING = Panel(
    "trendsetter-of-pair",
    "Who has it later",
    "lines",
    "A line each way: how much of the first place's list the second has so many slots later.",
    """
    SELECT trendsetter.slot AS time, leaders.name || ' → ' || followers.name AS metric, trendsetter.trendsetter
    FROM gold.trendsetter
    JOIN gold.places AS leaders ON leaders.place = trendsetter.leader
    JOIN gold.places AS followers ON followers.place = trendsetter.follower
    WHERE (trendsetter.leader IN (${place_a:sqlstring}) AND trendsetter.follower IN (${place_b:sqlstring})
            OR trendsetter.leader IN (${place_b:sqlstring}) AND trendsetter.follower IN (${place_a:sqlstring}))
        AND trendsetter.lag = nullif(${lag:sqlstring}, '')::bigint AND $__timeFilter(trendsetter.slot)
    ORDER BY 1, 2
    """,
    (Term(trendsetter.TABLE, ("lag", "trendsetter")),),
    width=8,
    not_in_report="it asks for a pair; the report has all pairs",
)
BY_RANK = Panel(
    "shared-by-rank",
    "Shared among the first ranks",
    "bars",
    "Which share of the first so many ranks both lists have in common, as a mean over the shown time.",
    """
    WITH first_lists AS MATERIALIZED (
        SELECT slot, topic, rank FROM gold.trends WHERE place IN (${place_a:sqlstring}) AND $__timeFilter(slot)
    ), second_lists AS MATERIALIZED (
        SELECT slot, topic, rank FROM gold.trends WHERE place IN (${place_b:sqlstring}) AND $__timeFilter(slot)
    ), shared AS MATERIALIZED (
        SELECT greatest(first_lists.rank, second_lists.rank) AS depth, count(*) AS n
        FROM first_lists JOIN second_lists ON second_lists.slot = first_lists.slot AND second_lists.topic = first_lists.topic GROUP BY 1
    ), slots AS MATERIALIZED (
        SELECT count(*) AS n FROM (
            SELECT slot FROM first_lists WHERE rank = 1 INTERSECT SELECT slot FROM second_lists WHERE rank = 1
        ) AS both_captured
    )
    SELECT told.depth::text AS first_ranks,
        CAST(coalesce(sum(shared.n), 0) AS double precision) / (told.depth * slots.n) AS shared_share
    FROM (VALUES (1), (3), (5), (10), (20), (30), (40), (50)) AS told (depth)
    CROSS JOIN slots LEFT JOIN shared ON shared.depth <= told.depth
    WHERE slots.n > 0 GROUP BY told.depth, slots.n
    ORDER BY told.depth
    """,
    (Term(trends.TABLE, ("rank", "topic")),),
    own=(
        Column("first_ranks", "string", "So many ranks, from the first on."),
        columns.share(
            "shared_share", "Mean share of these ranks that both lists have. Lists that are shorter count as if filled with others."
        ),
    ),
    not_in_report="it asks for a pair; RBO says in one number what it shows",
)
PLACES_MAP = Panel(
    "map",
    "Map of places",
    "map",
    "Where the places are; the darker and larger, the faster their lists changed over the days of the shown time.",
    """
    SELECT places.name, places.latitude, places.longitude,
        sum(by_day.change_rate * by_day.n_change_rate) / sum(by_day.n_change_rate) AS change_rate
    FROM gold.places JOIN gold.change_rate_by_day AS by_day ON by_day.place = places.place
    WHERE places.place IN (${place:sqlstring}) AND places.latitude IS NOT NULL AND places.longitude IS NOT NULL
        AND by_day.day > $__timeFrom()::timestamptz - interval '1 day' AND by_day.day <= $__timeTo()::timestamptz
        AND by_day.n_change_rate > 0
    GROUP BY places.place, places.name, places.latitude, places.longitude ORDER BY places.name
    """,
    (Term(places.TABLE, ("name", "latitude", "longitude")), Term(change_rate.TABLE, ("change_rate",))),
    height=12,
)


def _heat(measure: str, title: str, reads: str) -> Panel:
    """A map of heat over all pairs, each pair both ways."""
    asked = f"""
    SELECT first_places.name AS name_a, second_places.name AS name_b,
        sum(by_day.{measure} * by_day.n_{measure}) / sum(by_day.n_{measure}) AS {measure}
    FROM (
        SELECT place_a AS place, place_b AS other, day, {measure}, n_{measure} FROM gold.trend_equality_by_day
        UNION ALL SELECT place_b, place_a, day, {measure}, n_{measure} FROM gold.trend_equality_by_day
    ) AS by_day
    JOIN gold.places AS first_places ON first_places.place = by_day.place
    JOIN gold.places AS second_places ON second_places.place = by_day.other
    WHERE by_day.place IN (${{place:sqlstring}}) AND by_day.other IN (${{place:sqlstring}})
        AND by_day.day > $__timeFrom()::timestamptz - interval '1 day' AND by_day.day <= $__timeTo()::timestamptz
    GROUP BY by_day.place, by_day.other, first_places.name, second_places.name ORDER BY 1, 2
    """  # noqa: S608  (two measures, below)
    return Panel(
        f"{measure.replace('_', '-')}-matrix", title, "matrix", reads, asked, (EQUALITY,), own=(FIRST, SECOND), width=GRID, height=14
    )


EQUALITIES = _heat(
    "trend_equality", "Trend equality of all places", "The mean over the days of the shown time: the darker, the more alike."
)
OVERLAPS = _heat("rbo", "Rank-biased overlap of all places", "As trend equality, but what both lists have high up counts more.")

DASHBOARD = Dashboard(
    "compare",
    "Compare",
    __doc__,
    (FRESHNESS, EXPLAINED, CHANGE, ALIKE, LEADING, BY_RANK, PLACES_MAP, EQUALITIES, OVERLAPS),
    (PLACE_A, PLACE_B, LAG, PLACES),
)
