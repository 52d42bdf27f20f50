"""What the answers say: a line a table, in the order in which readers meet them. The module of each is named for it."""

TABLES = (
    "places",
    "captures",
    "coverage",
    "trends",
    "change_rate",
    "trend_equality",
    "trendsetter",
    "episodes",
    "topics",
    "survival",
    "lead_lag",
    "change_summary",
    "top_topics",
    "topic_days",
    "topic_windows",
    "topic_places",
    "place_days",
    "open_runs",
    "lifetimes",
    "leads",
)
