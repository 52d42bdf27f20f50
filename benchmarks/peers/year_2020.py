"""The way of the student project of 2020: everything anew each hour, a data frame an entry, an INSERT a row.

Each list is put together from one data frame a rank, and each two lists that are compared are joined as data frames of
their own; rows go to PostgreSQL one INSERT at a time. The project did this in Spark, where a single list took seconds,
and committed each row: pandas and one transaction are kinder. rbo and the episodes, which it did not have, are done in
its manner. What it takes grows with slots × places² × lags, a millisecond and more each: feasible for some weeks of two
or three places or a few days of twelve; the year of twelve would take it hours.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from benchmarks.peers import script
from benchmarks.peers.postgres import RowByRow
from benchmarks.peers.tables import TARGETS

P = 0.9
Lists = dict[tuple[str, datetime], pd.DataFrame]
Row = dict[str, Any]


def lists(trends: pd.DataFrame) -> Lists:
    """Each list, put together from a frame an entry."""
    return {
        key: pd.concat([pd.DataFrame([entry], columns=listed.columns) for entry in listed.sort_values("rank").itertuples(index=False)])
        for key, listed in trends.groupby(["place", "slot"])
    }


def equality(a: pd.DataFrame, b: pd.DataFrame) -> tuple[int, float]:
    n_shared = len(a.merge(b, on="topic"))
    return n_shared, n_shared / max(len(a), len(b))


def arrivals(of: Lists, place: str, slot: datetime, step: timedelta) -> pd.DataFrame | None:
    """The topics that were not in the list before; None where there is none."""
    now, before = of[place, slot], of.get((place, slot - step))
    return None if before is None else now[~now["topic"].isin(before["topic"])]


def change_rate(of: Lists, step: timedelta) -> Iterator[Row]:
    for (place, slot), now in of.items():
        row = {"place": place, "slot": slot, "n_topics": len(now), "n_new": None, "n_gone": None, "change_rate": None}
        if (before := of.get((place, slot - step))) is not None:
            n_shared, share = equality(now, before)
            row |= {"n_new": len(now) - n_shared, "n_gone": len(before) - n_shared, "change_rate": 1 - share}
        yield row


def rbo(a: list[str], b: list[str]) -> float:
    """Webber, Moffat & Zobel 2010, equation 32."""
    short, long = sorted((a, b), key=len)
    s, l = len(short), len(long)  # noqa: E741  (the paper's letters)
    x = [len(set(short[:depth]) & set(long[:depth])) for depth in range(l + 1)]
    agreed = sum(x[d] / d * P**d for d in range(1, l + 1))
    beyond = sum(x[s] * (d - s) / (s * d) * P**d for d in range(s + 1, l + 1))
    return (1 - P) / P * (agreed + beyond) + ((x[l] - x[s]) / l + x[s] / s) * P**l


def trend_equality(of: Lists) -> Iterator[Row]:
    for (place_a, slot), a in of.items():
        for place_b in {place for place, _ in of if place > place_a}:
            if (b := of.get((place_b, slot))) is not None:
                n_shared, share = equality(a, b)
                jaccard = n_shared / (len(a) + len(b) - n_shared)
                keys = {"place_a": place_a, "place_b": place_b, "slot": slot}
                yield keys | {"n_shared": n_shared, "trend_equality": share, "jaccard": jaccard, "rbo": rbo([*a["topic"]], [*b["topic"]])}


def trendsetter(of: Lists, step: timedelta) -> Iterator[Row]:
    for leader, follower in permutations(sorted({place for place, _ in of}), 2):
        for slot in (slot for place, slot in of if place == leader):
            for lag in range(1, 7):
                later = slot + lag * step
                if (follower, later) not in of:
                    continue
                _, share = equality(of[leader, slot], of[follower, later])
                row = {"leader": leader, "follower": follower, "slot": slot, "lag": lag, "trendsetter": share}
                arrived = arrivals(of, follower, later, step)
                n_arrivals = None if arrived is None else len(arrived)
                led = equality(of[leader, slot], arrived)[0] / n_arrivals if n_arrivals else None
                yield row | {"n_arrivals": n_arrivals, "arrival_share": led}


def episodes(of: Lists, step: timedelta) -> Iterator[Row]:
    for place in sorted({place for place, _ in of}):
        slots = sorted(slot for captured, slot in of if captured == place)
        going_on: dict[str, Row] = {}
        for before, slot, after in zip([None, *slots[:-1]], slots, [*slots[1:], None], strict=True):
            is_first = before is None or slot - before > 3 * step
            is_last = after is None or after - slot > 3 * step
            seen: dict[str, Row] = {}
            for entry in of[place, slot].itertuples(index=False):
                begun = {"place": place, "topic": entry.topic, "started_at": slot, "censored_start": is_first}
                run = going_on.pop(entry.topic, begun | {"n_slots": 0, "best_rank": entry.rank, "max_volume": None})
                told = [volume for volume in (run["max_volume"], entry.volume) if not pd.isna(volume)]
                seen[entry.topic] = run | {
                    "title": entry.title,
                    "last_seen_at": slot,
                    "n_slots": run["n_slots"] + 1,
                    "duration_hours": (slot + step - run["started_at"]) / timedelta(hours=1),
                    "best_rank": min(run["best_rank"], entry.rank),
                    "max_volume": max(told, default=None),
                    "censored_end": is_last,
                }
            yield from going_on.values()
            going_on = seen
            if is_last:
                yield from going_on.values()
                going_on = {}


def compute(trends: Path, captures: Path, interval: int) -> Iterator[script.Piece]:  # noqa: ARG001 - the lists tell what was captured
    step = timedelta(minutes=interval)
    of = lists(pd.read_parquet(trends, dtype_backend="numpy_nullable"))
    made = {
        "change_rate": change_rate(of, step),
        "trend_equality": trend_equality(of),
        "trendsetter": trendsetter(of, step),
        "episodes": episodes(of, step),
    }
    for table, rows in made.items():
        yield table, pa.Table.from_pylist(list(rows), schema=TARGETS[table].schema)


if __name__ == "__main__":
    script.main("year_2020", __doc__, compute, RowByRow)
