"""What every number means, in plain Python from metrics.md: slow, obvious, and independent of the product's code.

An answer is ``(place, captured_at, [(title, volume), …])``. Slots are hours, where no other interval is asked for.
What follows from episodes stands in ``reference_lives``.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from itertools import combinations, permutations
from typing import Any

HOUR = timedelta(hours=1)
WINDOWS = (24, 7 * 24, 30 * 24, 365 * 24)
Answer = tuple[str, datetime, list[tuple[str, int | None]]]
Row = dict[str, Any]
Lists = dict[tuple[str, datetime], list[Row]]


def topic(title: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", title).split())
    return unicodedata.normalize("NFKC", text.lstrip("#").strip().casefold())


def slot_of(captured_at: datetime, interval: timedelta) -> datetime:
    midnight = datetime.combine(captured_at, time(), captured_at.tzinfo)
    return midnight + (captured_at - midnight) // interval * interval


def lists(answers: Iterable[Answer], interval: timedelta = HOUR) -> Lists:
    """T(p, t): the entries of the earliest capture of each place and slot that has a topic."""
    found: dict[tuple[str, datetime], tuple[datetime, list[Row]]] = {}
    for place, captured_at, entries in answers:
        key = place, slot_of(captured_at, interval)
        once = {}
        for title, volume in entries:
            if topic(title) and topic(title) not in once:
                once[topic(title)] = {"topic": topic(title), "title": title, "volume": volume, "rank": len(once) + 1}
        if once and (key not in found or captured_at < found[key][0]):
            found[key] = captured_at, list(once.values())
    return {key: ranked for key, (_, ranked) in found.items()}


def listed(of: Lists, place: str, slot: datetime) -> list[str] | None:
    return [entry["topic"] for entry in of[place, slot]] if (place, slot) in of else None


def overlap(a: list[str], b: list[str]) -> float:
    return len(set(a) & set(b)) / max(len(a), len(b))


def trends(of: Lists) -> list[Row]:
    return [{"place": place, "slot": slot, **entry} for (place, slot), ranked in of.items() for entry in ranked]


def set_aside(answers: Iterable[Answer], interval: timedelta = HOUR) -> list[Row]:
    """Of a list without any topic the whole, else the entries without one, be the answer chosen for its slot or not."""
    counted = Counter[tuple[str, datetime, str, str]]()
    for place, captured_at, entries in answers:
        nameless = sum(not topic(title) for title, _ in entries)
        flaw, n = (("entry", "topic_empty"), nameless) if nameless < len(entries) else (("answer", "no_topics"), 1)
        counted[(place, slot_of(captured_at, interval), *flaw)] += n
    return [dict(zip(("place", "slot", "scope", "reason", "n_rows"), (*key, n), strict=True)) for key, n in counted.items() if n]


def change_rate(of: Lists, interval: timedelta = HOUR) -> list[Row]:
    rows = []
    for place, slot in of:
        now, before = listed(of, place, slot), listed(of, place, slot - interval)
        known = before is not None
        rows.append(
            {
                "place": place,
                "slot": slot,
                "n_topics": len(now),
                "n_new": len(set(now) - set(before)) if known else None,
                "n_gone": len(set(before) - set(now)) if known else None,
                "change_rate": 1 - overlap(now, before) if known else None,
            }
        )
    return rows


def rbo(a: list[str], b: list[str], p: float = 0.9) -> float:
    """Webber, Moffat & Zobel 2010, equation 32, as printed."""
    short, long = sorted((a, b), key=len)
    s, l = len(short), len(long)  # noqa: E741  (the paper's letters)
    x = [0] + [len(set(short[:d]) & set(long[:d])) for d in range(1, l + 1)]
    agreed = sum(x[d] / d * p**d for d in range(1, l + 1))
    beyond = sum(x[s] * (d - s) / (s * d) * p**d for d in range(s + 1, l + 1))
    return (1 - p) / p * (agreed + beyond) + ((x[l] - x[s]) / l + x[s] / s) * p**l


def trend_equality(of: Lists) -> list[Row]:
    rows = []
    places, slots = sorted({place for place, _ in of}), {slot for _, slot in of}
    for a, b in combinations(places, 2):
        for slot in slots:
            of_a, of_b = listed(of, a, slot), listed(of, b, slot)
            if of_a and of_b:
                shared, both = set(of_a) & set(of_b), set(of_a) | set(of_b)
                rows.append(
                    {
                        "place_a": a,
                        "place_b": b,
                        "slot": slot,
                        "n_shared": len(shared),
                        "trend_equality": overlap(of_a, of_b),
                        "jaccard": len(shared) / len(both),
                        "rbo": rbo(of_a, of_b),
                    }
                )
    return rows


def trendsetter(of: Lists, interval: timedelta = HOUR) -> list[Row]:
    rows = []
    for leader, follower in permutations({place for place, _ in of}, 2):
        for slot in {slot for place, slot in of if place == leader}:
            for lag in range(1, 7):
                led, followed = listed(of, leader, slot), listed(of, follower, slot + lag * interval)
                if not followed:
                    continue
                before = listed(of, follower, slot + (lag - 1) * interval)
                arrivals = set(followed) - set(before) if before is not None else None
                rows.append(
                    {
                        "leader": leader,
                        "follower": follower,
                        "slot": slot,
                        "lag": lag,
                        "trendsetter": overlap(led, followed),
                        "n_arrivals": len(arrivals) if arrivals is not None else None,
                        "arrival_share": len(arrivals & set(led)) / len(arrivals) if arrivals else None,
                    }
                )
    return rows


def change_summary(of: Lists, interval: timedelta = HOUR) -> list[Row]:
    rows = []
    newest = max(slot for _, slot in of)
    for place in {place for place, _ in of}:
        first = min(slot for key, slot in of if key == place)
        for hours in WINDOWS:
            inside = [row for row in change_rate(of, interval) if row["place"] == place and row["slot"] > newest - hours * HOUR]
            rates = [row["change_rate"] for row in inside if row["change_rate"] is not None]
            possible = min(hours * HOUR // interval, (newest - first) // interval + 1)
            rows.append(
                {
                    "place": place,
                    "window_hours": hours,
                    "total": sum(rates) if rates else None,
                    "max": max(rates) if rates else None,
                    "avg": sum(rates) / len(rates) if rates else None,
                    "min": min(rates) if rates else None,
                    "n_slots": len(rates),
                    "coverage": len(inside) / possible,
                }
            )
    return rows


def top_topics(of: Lists) -> list[Row]:
    rows = []
    newest = max(slot for _, slot in of)
    for place in {place for place, _ in of}:
        for hours in WINDOWS:
            seen: dict[str, list[tuple[datetime, dict[str, Any]]]] = {}
            for (where, slot), ranked in of.items():
                if where == place and slot > newest - hours * HOUR:
                    for entry in ranked:
                        seen.setdefault(entry["topic"], []).append((slot, entry))
            summed = [
                {
                    "topic": key,
                    "title": max(shown, key=lambda item: item[0])[1]["title"],
                    "frequency": len(shown),
                    "best_rank": min(entry["rank"] for _, entry in shown),
                    "max_volume": max((entry["volume"] for _, entry in shown if entry["volume"] is not None), default=None),
                }
                for key, shown in seen.items()
            ]
            summed.sort(key=lambda row: (-row["frequency"], row["best_rank"], row["topic"]))
            rows += [{"place": place, "window_hours": hours, "position": n, **row} for n, row in enumerate(summed[:50], 1)]
    return rows


def different(found: list[Row], expected: list[Row]) -> list[tuple[Any, Any]]:
    """The rows in which two tables differ, doubles by more than 1e-9; rows are paired by all that is no double, then by the doubles."""

    def key(row: Row) -> tuple[list[tuple[str, str]], list[tuple[str, float]]]:
        known = {name: value for name, value in row.items() if value is not None}
        exact = sorted((name, repr(value)) for name, value in known.items() if not isinstance(value, float))
        return exact, sorted((name, round(value, 6)) for name, value in known.items() if isinstance(value, float))

    def alike(a: Any, b: Any) -> bool:
        return math.isclose(a, b, abs_tol=1e-9) if isinstance(a, float) and isinstance(b, float) else a == b

    if len(found) != len(expected):
        return [(f"{len(found)} rows", f"{len(expected)} rows")]
    pairs = zip(sorted(found, key=key), sorted(expected, key=key), strict=True)
    return [(a, b) for a, b in pairs if a.keys() != b.keys() or not all(alike(a[name], b[name]) for name in a)]
