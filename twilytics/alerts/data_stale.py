"""A place that is followed has no fresh capture."""

from datetime import timedelta

from twilytics.alerts.alert import Alert

#: Of the place's own intervals. A cron fires as a slot begins, so the newest slot is up to one old, two where one answer failed.
MISSED = 3
#: A place without a capture for longer was given up: else one that was taken off TWILYTICS_PLACES would alarm for ever.
#: Captures of longer ago tell of no interval either.
GIVEN_UP_DAYS = 14
#: Gaps between captures that an interval is told from.
GAPS = 3

#: Followed is what was captured in time. What an archive holds is landed late, so that it never counts, however old it is.
QUERY = f"""
WITH covered AS (
    SELECT place, slot, state FROM gold.coverage WHERE slot > now() - interval '{GIVEN_UP_DAYS * 24} hours'
), gaps AS (
    SELECT place, slot - lag(slot) OVER (PARTITION BY place ORDER BY slot) AS gap FROM covered WHERE state = 'captured'
), followed AS (
    SELECT place, percentile_disc(0.5) WITHIN GROUP (ORDER BY gap) AS step
    FROM gaps WHERE gap IS NOT NULL GROUP BY place HAVING count(*) >= {GAPS}
), newest AS (
    SELECT place, max(slot) AS slot FROM covered WHERE state IN ('captured', 'late') GROUP BY place
), stale AS (
    SELECT place, slot, step, extract(epoch FROM now() - slot)::double precision / extract(epoch FROM step)::double precision AS n
    FROM newest JOIN followed USING (place) WHERE now() - slot > {MISSED} * step
), counted AS (
    SELECT (SELECT count(*) FROM stale) > 1 AND (SELECT count(*) FROM stale) = (SELECT count(*) FROM followed) AS is_all
), told AS (
    SELECT place, n, 'the newest capture is of ' || to_char(slot AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC, ' || floor(n)
        || ' intervals of ' || round(extract(epoch FROM step) / 60) || ' minutes ago' || coalesce('; the last try: ' || (
            SELECT missed.state || ', ' || missed.reason FROM gold.coverage missed
            WHERE missed.place = stale.place AND missed.slot > stale.slot ORDER BY missed.slot DESC LIMIT 1
        ), '') AS says
    FROM stale
)
SELECT place AS subject, n AS value, says FROM told WHERE NOT (SELECT is_all FROM counted)
UNION ALL
SELECT 'all places', n, count || ' of ' || count || ' places; of ' || place || ' ' || says
FROM (SELECT *, count(*) OVER () AS count FROM told ORDER BY n, place LIMIT 1) AS first WHERE (SELECT is_all FROM counted)
"""  # noqa: S608 - numbers of this module

ALERT = Alert(
    key="data_stale",
    title="Data is stale",
    severity="critical",
    query=QUERY,
    value_is="intervals since the newest capture",
    todo=(
        "Is `twilytics serve` up? `twilytics status` tells what is missing and what still waits, `twilytics doctor` whether the source, "
        "the stores and the clock are well. A place that is not followed any more is silent after "
        f"{GIVEN_UP_DAYS} days."
    ),
    over="fresh again, or given up",
    lasting=timedelta(minutes=5),
)
