"""Short ways to write histories down: a list is a string of one-letter topics, best first."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pyarrow as pa

from twilytics.bronze import pairs
from twilytics.gold import captures, trends
from twilytics.render import arrow

START = datetime(2020, 7, 18, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def listed(**places: dict[int, str]) -> tuple[pa.Table, pa.Table]:
    """The rows of `trends` and `captures` for places with their lists by hour from START on."""
    shown, captured = [], []
    for place, by_hour in places.items():
        for hour, topics in by_hour.items():
            slot = START + hour * HOUR
            captured.append(
                {"place": place, "slot": slot, "captured_at": slot, "source": "list", "n_topics": len(topics), "n_rejected": 0},
            )
            shown += [
                {"place": place, "slot": slot, "rank": rank, "topic": topic, "title": topic.upper(), "volume": None}
                for rank, topic in enumerate(topics, 1)
            ]
    return (
        pa.Table.from_pylist(shown, schema=arrow.schema(trends.TABLE)),
        pa.Table.from_pylist(captured, schema=arrow.schema(captures.TABLE)),
    )


def every_pair(places: Iterable[str]) -> pa.Table:
    """The rows of `pairs` where all pairs are kept."""
    found = [{"place_a": a, "place_b": b} for a, b in combinations(sorted(places), 2)]
    return pa.Table.from_pylist(found, schema=arrow.schema(pairs.TABLE))


#: The toy example of the metrics' definition.
TOY = {"b": {0: "abcde", 1: "abcfg", 2: "afghi"}, "s": {0: "abxyz", 1: "abcxy", 2: "abcfg"}}
