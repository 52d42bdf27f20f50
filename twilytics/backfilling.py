"""Slots that are to be computed again from bronze: which they are, how much that is, and putting them on the list."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from twilytics.bronze import answers
from twilytics.errors import TwilyticsError
from twilytics.gold import captures
from twilytics.observatory import Observatory
from twilytics.slots import Slots, floor, merged

#: Measured: x-2020's 4,543 answers are refined, checked and published in some 20 s with duckdb, the slots' fixed costs included.
ANSWERS_A_SECOND = {"duckdb": 200.0, "spark": 30.0}


@dataclass(frozen=True)
class Plan:
    """``n_answers`` in ``n_slots`` slots, in these runs; ``seconds`` is a rough guess."""

    runs: tuple[Slots, ...]
    n_slots: int
    n_answers: int
    seconds: float


def plan(observatory: Observatory, asked: Slots, *, only_missing: bool = False) -> Plan:
    """What of the asked slots (widened to whole ones) has answers in bronze; with ``only_missing``, and no capture in gold.

    Raise :class:`TwilyticsError` where the range is none.
    """
    settings, lake = observatory.settings, observatory.lake
    if asked.since >= asked.until:
        raise TwilyticsError(f"--since has to be before --until: {asked} holds no slot")
    interval = settings.interval
    whole = Slots(floor(asked.since, interval), floor(asked.until - timedelta(microseconds=1), interval) + interval)
    captured = lake.read(answers.TABLE, (whole,), columns=["captured_at"])["captured_at"].to_pylist()
    n_answers = Counter(floor(instant, interval) for instant in captured)
    if only_missing:
        for slot in lake.read(captures.TABLE, (whole,), columns=["slot"])["slot"].unique().to_pylist():
            n_answers.pop(slot, None)
    total = sum(n_answers.values())
    runs = merged(Slots(slot, slot + interval) for slot in n_answers)
    return Plan(runs, len(n_answers), total, total / ANSWERS_A_SECOND[settings.engine])


def ask(observatory: Observatory, asked: Slots, *, only_missing: bool = False) -> Plan:
    """Put the plan's slots on the list of what the next cycle refines. No watermark moves, and it survives an interruption."""
    with observatory.lake.locked():
        found = plan(observatory, asked, only_missing=only_missing)
        observatory.save(observatory.ledger.touched(found.runs))
    return found
