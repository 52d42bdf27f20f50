"""The checks stopped a publication: readers see what was published before."""

from twilytics.alerts.alert import Alert

#: Characters of what was found.
SHOWN = 200

QUERY = f"""
SELECT table_name || ': ' || rule AS subject, n_failed::double precision AS value,
    n_failed || ' of ' || n_checked || ' rows break it: ' || left(observed, {SHOWN}) AS says
FROM gold.quality WHERE run = (SELECT max(run) FROM gold.quality) AND severity = 'fail' AND n_failed > 0
"""  # noqa: S608 - numbers of this module

ALERT = Alert(
    key="gate_failed",
    title="A check stopped the publication",
    severity="critical",
    query=QUERY,
    value_is="rows that break the rule",
    todo=(
        'The last good state stays published. `twilytics query "SELECT * FROM gold.quality WHERE n_failed > 0 ORDER BY run DESC"` shows '
        "which rows; when the cause is mended, `twilytics backfill` makes these slots anew and publishes them."
    ),
    over="the rule holds again",
)
