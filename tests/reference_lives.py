"""How long topics stay and which place they reach first, in plain Python from metrics.md: slow, obvious, and independent."""

import math
from collections.abc import Container, Iterable, Sequence
from datetime import datetime, time, timedelta
from itertools import combinations, groupby
from statistics import median

from tests.reference import HOUR, Lists, Row

DAY = timedelta(days=1)
WINDOW_DAYS = (7, 30)


def episodes(of: Lists, interval: timedelta = HOUR) -> list[Row]:
    rows = []
    for place in {place for place, _ in of}:
        shown = {slot: {entry["topic"]: entry for entry in ranked} for (where, slot), ranked in of.items() if where == place}
        for captured in unbroken(sorted(shown), 3 * interval):
            for topic in {topic for slot in captured for topic in shown[slot]}:
                for has_it, together in groupby(captured, key=lambda slot, topic=topic: topic in shown[slot]):
                    run = list(together)
                    if has_it:
                        entries = [shown[slot][topic] for slot in run]
                        rows.append(
                            {
                                "place": place,
                                "topic": topic,
                                "started_at": run[0],
                                "title": entries[-1]["title"],
                                "last_seen_at": run[-1],
                                "n_slots": len(run),
                                "duration_hours": (run[-1] - run[0] + interval) / HOUR,
                                "best_rank": min(entry["rank"] for entry in entries),
                                "max_volume": largest(entry["volume"] for entry in entries),
                                "censored_start": run[0] == captured[0],
                                "censored_end": run[-1] == captured[-1],
                            }
                        )
    return rows


def unbroken(slots: Sequence[datetime], apart: timedelta) -> list[list[datetime]]:
    """The slots in stretches: another begins where two lie further apart."""
    stretches: list[list[datetime]] = []
    for slot in slots:
        if stretches and slot - stretches[-1][-1] <= apart:
            stretches[-1].append(slot)
        else:
            stretches.append([slot])
    return stretches


def largest(volumes: Iterable[int | None]) -> int | None:
    return max((volume for volume in volumes if volume is not None), default=None)


def topics(episodes: Iterable[Row]) -> list[Row]:
    rows = []
    for topic, together in groupby(sorted(episodes, key=lambda row: row["topic"]), key=lambda row: row["topic"]):
        its = list(together)
        first, last = min(row["started_at"] for row in its), max(row["last_seen_at"] for row in its)
        began = [row for row in its if row["started_at"] == first]
        slots_of = {place: sum(row["n_slots"] for row in its if row["place"] == place) for place in {row["place"] for row in its}}
        n_slots = sum(slots_of.values())
        shares = [n / n_slots for n in slots_of.values()]
        rows.append(
            {
                "topic": topic,
                "title": min((row["place"], row["title"]) for row in its if row["last_seen_at"] == last)[1],
                "first_seen_at": first,
                "first_place": began[0]["place"] if len(began) == 1 and not began[0]["censored_start"] else None,
                "last_seen_at": last,
                "n_places": len(slots_of),
                "n_episodes": len(its),
                "n_slots": n_slots,
                "best_rank": min(row["best_rank"] for row in its),
                "max_volume": largest(row["max_volume"] for row in its),
                "focus": max(shares),
                "entropy": -sum(share * math.log2(share) for share in shares),
            }
        )
    return rows


def survival(episodes: Iterable[Row]) -> list[Row]:
    rows = []
    counted = [row for row in episodes if not row["censored_start"]]
    for place in {row["place"] for row in counted}:
        its = [row for row in counted if row["place"] == place]
        left = 1.0
        for duration in sorted({row["duration_hours"] for row in its}):
            at_risk = sum(row["duration_hours"] >= duration for row in its)
            ended = sum(row["duration_hours"] == duration and not row["censored_end"] for row in its)
            left *= 1 - ended / at_risk
            rows.append({"place": place, "duration_hours": duration, "at_risk": at_risk, "ended": ended, "survival": left})
    return rows


def lead_lag(episodes: Sequence[Row], of: Lists, pairs: Container[tuple[str, str]] | None = None) -> list[Row]:
    """Of these pairs of places, or all; none of them lies in another."""
    rows = []
    newest = max(slot for _, slot in of)
    for days in WINDOW_DAYS:
        arrived: dict[str, dict[str, datetime]] = {place: {} for place, _ in of}
        for row in episodes:
            if not row["censored_start"] and row["started_at"] > newest - timedelta(days=days):
                at = arrived[row["place"]].get(row["topic"], row["started_at"])
                arrived[row["place"]][row["topic"]] = min(at, row["started_at"])
        of_window = []
        for a, b in (pair for pair in combinations(sorted(arrived), 2) if pairs is None or pair in pairs):
            leads = [(arrived[b][topic] - arrived[a][topic]) / HOUR for topic in arrived[a].keys() & arrived[b].keys()]
            leads = [lead for lead in leads if abs(lead) <= 24]
            a_first, b_first = sum(lead > 0 for lead in leads), sum(lead < 0 for lead in leads)
            of_window.append(
                {
                    "place_a": a,
                    "place_b": b,
                    "window_days": days,
                    "n_shared": len(leads),
                    "a_first": a_first,
                    "b_first": b_first,
                    "ties": leads.count(0),
                    "median_lead_hours": median(leads) if leads else None,
                    "p_value": sign_test(a_first, b_first),
                }
            )
        tested = [row["p_value"] for row in of_window if row["p_value"] is not None]
        rows += [{**row, "q_value": adjusted(row["p_value"], tested), "is_nested": False} for row in of_window]
    return rows


def sign_test(a: int, b: int) -> float | None:
    """Two-sided: how likely a fair coin falls on either side as rarely as on its rarer one."""
    as_rare = sum(math.comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b)
    return min(1.0, 2 * as_rare) if a + b else None


def adjusted(p: float | None, tested: Sequence[float]) -> float | None:
    """Benjamini & Hochberg 1995: the least of m · p(k) / k over the k-th smallest of the m p-values that are no smaller than this one."""
    ranked = list(enumerate(sorted(tested), 1))
    return None if p is None else min(1.0, *(len(ranked) * other / k for k, other in ranked if other >= p))


def open_runs(of: Lists, interval: timedelta = HOUR) -> list[Row]:
    """At each midnight: the episodes of all that was captured before it that the place's last capture has, if that is not too long ago."""
    rows = []
    told = ("place", "topic", "started_at", "title", "last_seen_at", "n_slots", "best_rank", "max_volume", "censored_start")
    first, newest = min(slot for _, slot in of), max(slot for _, slot in of)
    midnight = datetime.combine(first, time(), first.tzinfo) + DAY
    while midnight <= newest + 3 * interval:
        before = {(place, slot): ranked for (place, slot), ranked in of.items() if slot < midnight}
        last = {place: max(slot for where, slot in before if where == place) for place, _ in before}
        rows += [
            {"day": midnight, **{name: row[name] for name in told}}
            for row in episodes(before, interval)
            if row["last_seen_at"] == last[row["place"]] >= midnight - 3 * interval
        ]
        midnight += DAY
    return rows
