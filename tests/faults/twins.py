"""The rules that are told of clean answers again, counted otherwise: by looking from each row at those around it."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from duckdb import DuckDBPyConnection

from tests.faults.encoded import is_encoded_twice

Twin = Callable[[DuckDBPyConnection, timedelta], int]
DAY = timedelta(days=1)
Times = dict[str, list[tuple[datetime, datetime]]]


def sql(question: str) -> Twin:
    def counted(database: DuckDBPyConnection, step: timedelta) -> int:
        ((n,),) = database.execute(question.format(step=f"INTERVAL {step // timedelta(minutes=1)} MINUTE")).fetchall()
        return int(n)

    return counted


def encoded_twice(database: DuckDBPyConnection, _step: timedelta) -> int:
    titles = database.execute("SELECT title, count(*) FROM trends GROUP BY title").fetchall()
    return sum(n for title, n in titles if is_encoded_twice(title))


def unlike_the_week(database: DuckDBPyConnection, _step: timedelta) -> int:
    rates = {(place, slot): rate for place, slot, rate in database.execute("SELECT place, slot, change_rate FROM change_rate").fetchall()}
    n = 0
    for (place, slot), rate in rates.items():
        past = [known for week in range(1, 9) if (known := rates.get((place, slot - 7 * week * DAY))) is not None]
        n += rate is not None and len(past) >= 6 and not min(past) - 0.25 <= rate <= max(past) + 0.25
    return n


def silent_places(database: DuckDBPyConnection, _step: timedelta) -> int:
    """Stretches without a place that are three slots of others long, or longer."""
    captured = times(database)
    slots = sorted({slot for of_place in captured.values() for slot, _ in of_place})
    number = {slot: n for n, slot in enumerate(slots)}
    numbers = ([*(number[slot] for slot, _ in of_place), len(slots)] for of_place in captured.values())
    return sum(later - earlier > 3 for one in numbers for earlier, later in pairwise(one))


def moved_in_their_slots(database: DuckDBPyConnection, step: timedelta) -> int:
    """How often captures lie three quarters of an hour from where they lay in their slots before, for the first time in two days."""
    n = 0
    for of_place in times(database).values():
        last, begin = None, 0
        for here, (slot, at) in enumerate(of_place):
            while of_place[begin][0] < slot - 28 * DAY:
                begin += 1
            past = [(other_at - other).total_seconds() for other, other_at in of_place[begin:here]]
            away = abs((at - slot).total_seconds() - median(past)) if len(past) >= 24 else 0
            is_off = min(away, step.total_seconds() - away) >= 2700
            n += is_off and (last is None or slot - last > 2 * DAY)
            last = slot if is_off else last
    return n


def answered_twice(database: DuckDBPyConnection, step: timedelta) -> int:
    """Slots with two answers that are close together where the slot before has one, or with none in a slot nearby."""
    answers: dict[tuple[str, datetime], list[datetime]] = defaultdict(list)
    question = """
        SELECT place, slot, min(captured_at), bool_or(topic IS NOT NULL AND NOT is_promoted) FROM entries GROUP BY place, slot, answer
    """
    for place, slot, at, is_list in database.execute(question).fetchall():
        answers[place, slot] += [at] if is_list else []

    def is_lost(place: str, slot: datetime) -> bool:
        if (place, slot) in answers:
            return False
        back = next((k for k in range(1, DAY // step + 1) if (place, slot - k * step) in answers), DAY // step)
        on = next((k for k in range(1, DAY // step + 1) if (place, slot + k * step) in answers), DAY // step)
        return (back + on) * step <= DAY

    n = 0
    for (place, slot), at in answers.items():
        if len(at) == 2:
            earlier = next((k for k in range(1, 1000) if (place, slot - k * step) in answers), None)
            is_alone = earlier is not None and len(answers[place, slot - earlier * step]) == 1
            is_close = max(at) - min(at) < step / 2
            n += (is_alone and is_close) or any(is_lost(place, slot + k * step) for k in range(-(DAY // step), DAY // step + 1))
    return n


def times(database: DuckDBPyConnection) -> Times:
    """By place its slots and capture times, in order."""
    found: Times = defaultdict(list)
    for place, slot, at in database.execute("SELECT place, slot, captured_at FROM captures ORDER BY slot").fetchall():
        found[place].append((slot, at))
    return found


TWINS: dict[tuple[str, str], Twin] = {
    ("gold.captures", "full_list"): sql("""
        SELECT count(*) FROM captures AS here WHERE n_topics < 0.6 * (
            SELECT CASE WHEN count(*) >= 24 THEN median(n_topics) END FROM captures AS past
            WHERE past.place = here.place AND past.slot < here.slot AND past.slot >= here.slot - INTERVAL 28 DAY
        )
    """),
    ("gold.captures", "clocks_agree"): answered_twice,
    ("gold.captures", "captured_at_its_time"): moved_in_their_slots,
    ("gold.captures", "place_is_heard_of"): silent_places,
    ("gold.coverage", "every_slot_is_asked_for"): sql("""
        SELECT count(*) FROM coverage AS here
        WHERE NOT EXISTS (SELECT 1 FROM coverage AS before WHERE before.place = here.place AND before.slot = here.slot - {step})
            AND EXISTS (SELECT 1 FROM coverage AS before
                WHERE before.place = here.place AND before.slot < here.slot AND before.slot >= here.slot - INTERVAL 1 DAY)
    """),
    ("gold.trend_equality", "two_lists"): sql("""
        WITH lists AS (SELECT place, slot, list(topic ORDER BY rank) AS topics FROM trends GROUP BY place, slot)
        SELECT count(*) FROM lists a JOIN lists b ON a.slot = b.slot AND a.place < b.place AND a.topics = b.topics AND len(a.topics) >= 10
    """),
    ("gold.change_rate", "weekly_profile"): unlike_the_week,
    ("gold.trends", "list_moves"): sql("""
        WITH lists AS (SELECT place, slot, list((title, volume) ORDER BY rank) AS list FROM trends GROUP BY place, slot),
        nth AS (SELECT *, row_number() OVER (PARTITION BY place ORDER BY slot) AS n FROM lists)
        SELECT count(*) FROM nth AS here WHERE (
            SELECT count(*) FROM nth AS past WHERE past.place = here.place AND past.n BETWEEN here.n - 5 AND here.n - 1
            AND past.list::VARCHAR = here.list::VARCHAR
        ) = 5
    """),
    ("gold.trends", "volumes_of_one_unit"): sql("""
        SELECT count(*) FROM (
            SELECT now.place, now.slot, median(now.volume / before.volume) AS ratio, count(*) AS n
            FROM trends now JOIN trends before ON now.place = before.place AND now.topic = before.topic AND now.slot = before.slot + {step}
            WHERE now.volume > 0 AND before.volume > 0 GROUP BY ALL
        ) WHERE n >= 3 AND NOT ratio BETWEEN 0.02 AND 50
    """),
    ("gold.trends", "decoded_once"): encoded_twice,
}
