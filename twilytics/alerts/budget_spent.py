"""The month's budget is nearly spent: at its end no more is asked."""

from twilytics.alerts.alert import Alert

#: A fifth of a month is six days: time to raise the budget, or to ask for less, before asking stops.
SHARE = 0.8

#: Budget and spending of one measurement, of this month; one without a budget has none to pass.
QUERY = f"""
WITH newest AS (SELECT max(measured_at) AS measured_at FROM gold.measurements WHERE measure = 'spent_usd')
SELECT to_char(newest.measured_at AT TIME ZONE 'UTC', 'YYYY-MM') AS subject, spent.value / budget.value AS value,
    to_char(spent.value, 'FM999999990.00') || ' of ' || to_char(budget.value, 'FM999999990.00') || ' USD are spent, '
        || floor(100 * spent.value / budget.value) || ' per cent' AS says
FROM newest
JOIN gold.measurements spent ON spent.measured_at = newest.measured_at AND spent.measure = 'spent_usd'
JOIN gold.measurements budget ON budget.measured_at = newest.measured_at AND budget.measure = 'budget_usd'
WHERE newest.measured_at >= date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    AND budget.value > 0 AND spent.value >= {SHARE} * budget.value
"""  # noqa: S608 - numbers of this module

ALERT = Alert(
    key="budget_spent",
    title=f"{SHARE:.0%} of the month's budget is spent",
    severity="warning",
    query=QUERY,
    value_is="share of the budget that is spent",
    todo=(
        "`twilytics plan` tells what the month comes to. Raise TWILYTICS_X_MONTHLY_BUDGET_USD, or follow fewer places, or at a longer "
        "TWILYTICS_INTERVAL_MINUTES: when the budget is spent, asking stops until the month is over."
    ),
    over="a new month, or a higher budget",
)
