"""What came in, as it came. A line a table, named for its module."""

TABLES = (
    "answers",
    "tweets",
    "catalogue",
    "pairs",
    "dropped",
    "tombstones",
)
