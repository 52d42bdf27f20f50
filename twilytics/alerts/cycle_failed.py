"""A cycle ended without its end. Prefect sees that, whatever the database does, and the next cycle that ends well is the all-clear."""

from twilytics.alerts.alert import Alert

ALERT = Alert(
    key="cycle_failed",
    title="A cycle failed",
    severity="critical",
    query=None,
    value_is="1: there is no more to count",
    todo="Read what it says. `twilytics doctor` looks at each part; the next cycle goes on from where this one stopped.",
    over="a cycle ended well again",
)
