"""What people are told of without looking: a module an alert. Grafana's rules and the messages of a cycle are of this one list."""

from twilytics.alerts import budget_spent, change_unusual, cycle_failed, data_stale, gate_failed, quarantine_high, watched_topic
from twilytics.alerts.alert import Alert

#: In the order in which a message tells them: the worst first.
ALERTS: tuple[Alert, ...] = (
    cycle_failed.ALERT,
    gate_failed.ALERT,
    data_stale.ALERT,
    budget_spent.ALERT,
    quarantine_high.ALERT,
    change_unusual.ALERT,
    watched_topic.ALERT,
)
#: Those that a table tells of.
ASKED: tuple[tuple[Alert, str], ...] = tuple((alert, alert.query) for alert in ALERTS if alert.query is not None)
BY_KEY = {alert.key: alert for alert in ALERTS}
