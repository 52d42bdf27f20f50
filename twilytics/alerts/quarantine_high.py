"""Far more was set aside of a place's answers than is usual there."""

from twilytics.alerts.alert import Alert

#: Against the median of so many days before, of which so many have to be known.
DAYS, DAYS_KNOWN = 28, 7
TIMES = 3
#: Usually nothing is set aside: of 20,450 real lists of 2020 and 2022 no entry was. So a floor decides, and a single name that nobody
#: can read, in each list of a day, has to stay below it: more than a row a capture, and never fewer than ten.
ROWS, ROWS_PER_SLOT = 10, 1

#: Days are of 24 hours before now, so that the last one is whole at any hour. A day without a row counts as 0 where the place was asked.
QUERY = f"""
WITH asked AS (
    SELECT place, floor(extract(epoch FROM now() - slot) / 86400) AS days_ago, count(*) AS n_slots
    FROM gold.coverage WHERE slot > now() - interval '{(DAYS + 1) * 24} hours' AND slot <= now() GROUP BY place, days_ago
), aside AS (
    SELECT place, floor(extract(epoch FROM now() - slot) / 86400) AS days_ago, sum(n_rows) AS n_rows
    FROM gold.set_aside WHERE slot > now() - interval '{(DAYS + 1) * 24} hours' AND slot <= now() GROUP BY place, days_ago
), days AS (
    SELECT place, days_ago, n_slots, coalesce(n_rows, 0) AS n_rows FROM asked LEFT JOIN aside USING (place, days_ago)
), usual AS (
    SELECT place, percentile_cont(0.5) WITHIN GROUP (ORDER BY n_rows) AS n_rows
    FROM days WHERE days_ago > 0 GROUP BY place HAVING count(*) >= {DAYS_KNOWN}
)
SELECT place AS subject, today.n_rows::double precision AS value,
    today.n_rows || ' rows were set aside in 24 hours, ' || round(usual.n_rows) || ' usually' AS says
FROM days today JOIN usual USING (place)
WHERE days_ago = 0 AND today.n_rows > {TIMES} * usual.n_rows AND today.n_rows > {ROWS_PER_SLOT} * n_slots AND today.n_rows >= {ROWS}
"""  # noqa: S608 - numbers of this module

ALERT = Alert(
    key="quarantine_high",
    title="More was set aside than usual",
    severity="warning",
    query=QUERY,
    value_is="rows set aside in 24 hours",
    todo=(
        "`twilytics quarantine list --by reason` tells why, `twilytics quarantine show` shows the rows as they came: the source may "
        "have changed its format. Nothing is lost; after a fix `twilytics quarantine retry` tries them again."
    ),
    over="as usual again",
)
