"""One row of a table that breaks none of its rules, made from the declaration, and rows that differ from it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from twilytics.render import arrow
from twilytics.schema import Column, Table

Row = dict[str, Any]

#: What a check wants of a row and no column tells by itself.
WANTED: dict[str, Row] = {
    "silver.entries": {"topic": "hsv", "title": "HSV"},
    "silver.tweets": {"tweet": "12"},
    "silver.tweet_counts": {"n_tweets": 3},
    "gold.topic_volume": {"n_tweets": 3, "n_authors": 2, "n_geo": 1},
    "gold.coverage": {"state": "captured"},
    "gold.set_aside": {"scope": "entry"},
    "gold.episodes": {"started_at": datetime(2020, 7, 18, 11, tzinfo=UTC), "duration_hours": 2.0},
    "gold.topics": {"n_places": 2, "n_episodes": 2, "n_slots": 2, "focus": 0.5, "entropy": 0.5},
}

#: What a second row has where one more, or NULL again, would break a check.
SECOND: dict[str, Row] = {
    "gold.coverage": {"state": "late"},
    "gold.set_aside": {"scope": "value"},
    "gold.leads": {"n_shared": 3},
    "gold.lead_lag": {"n_shared": 3, "p_value": 0.5, "q_value": 0.5},
}


def row(table: Table) -> Row:
    """NULL where that is allowed, else something in the column's range; texts are the columns' names, so they differ."""
    return {column.name: None if column.nullable else value(column) for column in table.columns} | WANTED.get(table.name, {})


def value(column: Column) -> Any:
    least = 0 if column.minimum is None else column.minimum
    match column.type:
        case "string":
            return column.name
        case "bigint":
            return int(least)
        case "double":
            return float(least)
        case "boolean":
            return False
        case "timestamp":
            return datetime(2020, 7, 18, 12, tzinfo=UTC)
        case "binary":
            return b"payload"


def other(column: Column, than: Any) -> Any:
    """A second value that the column may have."""
    match column.type:
        case "string":
            return f"{than} too"
        case "bigint":
            return than + 1
        case "double":
            return than + 0.25
        case "boolean":
            return not than
        case "timestamp":
            return than + timedelta(hours=1)
        case "binary":
            return than + b" too"


def differing(table: Table, original: Row, *, in_all_but: tuple[str, ...]) -> Row:
    """A row with other values in all columns that hold one, but for the given ones."""
    changed = (column for column in table.columns if column.name not in in_all_but and original[column.name] is not None)
    chosen = {name: value for name, value in SECOND.get(table.name, {}).items() if name not in in_all_but}
    return original | {column.name: other(column, original[column.name]) for column in changed} | chosen


def rows(table: Table, *given: Row) -> pa.Table:
    """The rows as they stand in memory. A declaration's examples spell instants out, as it knows no clock."""
    told = [{name: _instant(value) if table.column(name).type == "timestamp" else value for name, value in row.items()} for row in given]
    return pa.Table.from_pylist(told, schema=arrow.schema(table))


def _instant(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
