"""A place's list changes faster or slower than it does at this hour of the week."""

from twilytics.alerts.alert import Alert
from twilytics.gold.weekly import MARGIN, WEEKS, WEEKS_KNOWN

#: While the place is known for fewer weeks, the same hour of so many days: 3 in 13,613 lay outside.
DAYS_KNOWN = 20
#: An older slot is no news, such as the last one of an archive.
HOURS = 48

#: The days before are looked up one by one, by the key: that is 56 rows a place, whatever the history weighs.
QUERY = f"""
WITH newest AS (
    SELECT DISTINCT ON (place) place, slot, change_rate
    FROM gold.change_rate WHERE slot > now() - interval '{HOURS} hours' ORDER BY place, slot DESC
), judged AS (
    SELECT newest.place, newest.slot, newest.change_rate AS rate, n_weeks >= {WEEKS_KNOWN} AS is_weekly,
        CASE WHEN n_weeks >= {WEEKS_KNOWN} THEN low_week WHEN n_days >= {DAYS_KNOWN} THEN low_day END AS low,
        CASE WHEN n_weeks >= {WEEKS_KNOWN} THEN high_week WHEN n_days >= {DAYS_KNOWN} THEN high_day END AS high
    FROM newest CROSS JOIN LATERAL (
        SELECT count(*) AS n_days, min(past.change_rate) AS low_day, max(past.change_rate) AS high_day,
            count(*) FILTER (WHERE days % 7 = 0) AS n_weeks, min(past.change_rate) FILTER (WHERE days % 7 = 0) AS low_week,
            max(past.change_rate) FILTER (WHERE days % 7 = 0) AS high_week
        FROM generate_series(1, {WEEKS * 7}) AS days
        JOIN gold.change_rate past ON past.place = newest.place AND past.slot = newest.slot - days * interval '24 hours'
        WHERE past.change_rate IS NOT NULL
    ) AS before
)
SELECT place AS subject, rate AS value,
    to_char(rate, 'FM0.00') || ' of the topics were new at ' || to_char(slot AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC, '
        || to_char(low, 'FM0.00') || ' to ' || to_char(high, 'FM0.00') || ' before at this hour of the '
        || CASE WHEN is_weekly THEN 'week' ELSE 'day' END AS says
FROM judged WHERE rate > high + {MARGIN} OR rate < low - {MARGIN}
"""  # noqa: S608 - numbers of this module

ALERT = Alert(
    key="change_unusual",
    title="A place changes unlike its week",
    severity="info",
    query=QUERY,
    value_is="share of the topics that are new",
    todo=(
        "Look at what is new there: something may have happened. Where nothing did, the source may have changed what it lists, or answers "
        "from a cache; `twilytics quarantine list` and the rules of gold.quality tell more."
    ),
    over="within its week again",
)
