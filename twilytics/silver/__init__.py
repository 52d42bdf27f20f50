"""The answers as read: what the published tables are made of. A line a table, named for its module."""

TABLES = (
    "entries",
    "tweets",
    "tweet_counts",
    "quarantine",
    "snapshots",
)
