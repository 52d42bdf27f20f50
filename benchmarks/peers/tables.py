"""The tables that every peer makes: columns and keys, as Arrow and as SQL. Written out here, so that no peer loads the project."""

from dataclasses import dataclass

import pyarrow as pa

SQL = {
    pa.string(): 'text COLLATE "C"',
    pa.timestamp("us", "UTC"): "timestamptz",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
}
TEXT, INSTANT, COUNT, SHARE, FLAG = SQL


@dataclass(frozen=True)
class Target:
    columns: dict[str, pa.DataType]
    key: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(list(self.columns.items()))

    @property
    def sql_columns(self) -> str:
        return ", ".join(f"{name} {SQL[kind]}" for name, kind in self.columns.items())

    @property
    def sql_key(self) -> str:
        return f"PRIMARY KEY ({', '.join(self.key)})"


TARGETS = {
    "change_rate": Target(
        {"place": TEXT, "slot": INSTANT, "n_topics": COUNT, "n_new": COUNT, "n_gone": COUNT, "change_rate": SHARE},
        ("place", "slot"),
    ),
    "trend_equality": Target(
        {
            "place_a": TEXT,
            "place_b": TEXT,
            "slot": INSTANT,
            "n_shared": COUNT,
            "trend_equality": SHARE,
            "jaccard": SHARE,
            "rbo": SHARE,
        },
        ("place_a", "place_b", "slot"),
    ),
    "trendsetter": Target(
        {
            "leader": TEXT,
            "follower": TEXT,
            "slot": INSTANT,
            "lag": COUNT,
            "trendsetter": SHARE,
            "n_arrivals": COUNT,
            "arrival_share": SHARE,
        },
        ("leader", "follower", "slot", "lag"),
    ),
    "episodes": Target(
        {
            "place": TEXT,
            "topic": TEXT,
            "started_at": INSTANT,
            "title": TEXT,
            "last_seen_at": INSTANT,
            "n_slots": COUNT,
            "duration_hours": SHARE,
            "best_rank": COUNT,
            "max_volume": COUNT,
            "censored_start": FLAG,
            "censored_end": FLAG,
        },
        ("place", "topic", "started_at"),
    ),
}
