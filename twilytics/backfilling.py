"""Slots that are to be computed again from bronze: which they are, how much that is, and putting them on the list."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from twilytics.bronze import answers
from twilytics.errors import TwilyticsError
from twilytics.gold import captures
from twilytics.observatory import Observatory
from twilytics.slots import Slots, floor, merged
from twilytics.tables import of_layer

#: Of a backfill that nothing like it came before, on two cores: 104,000 answers of 12 places are refined, checked and published
#: in some 4 minutes with duckdb, in some 15 with spark.
ANSWERS_A_SECOND = {"duckdb": 400.0, "spark": 110.0}
#: Fewer answers say more about fixed costs than about the pace.
TELLING_ANSWERS = 1_000


@dataclass(frozen=True)
class Plan:
    """``n_answers`` in ``n_slots`` slots, in these runs. ``n_rows`` by gold table is what they come to where the lake's captures
    so far are a measure, empty where it has none; ``seconds`` goes by the last large refinement here, or is a rough guess where
    ``is_guess``."""

    runs: tuple[Slots, ...]
    n_slots: int
    n_answers: int
    n_rows: Mapping[str, int] = field(hash=False)
    seconds: float
    is_guess: bool


def plan(observatory: Observatory, asked: Slots, *, only_missing: bool = False) -> Plan:
    """What of the asked slots (widened to whole ones) has answers in bronze.

    With ``only_missing``, and no capture in gold, or a refinement that did not get to its end. Raise :class:`TwilyticsError`
    where the range is none.
    """
    lake, state, interval = observatory.lake, observatory.ledger, observatory.settings.interval
    if asked.since >= asked.until:
        raise TwilyticsError(f"--since has to be before --until: {asked} holds no slot")
    whole = Slots(floor(asked.since, interval), floor(asked.until - timedelta(microseconds=1), interval) + interval)
    captured = lake.read(answers.TABLE, (whole,), columns=["captured_at"])["captured_at"].to_pylist()
    n_answers = Counter(floor(instant, interval) for instant in captured)
    if only_missing:
        for slot in lake.read(captures.TABLE, (whole,), columns=["slot"])["slot"].unique().to_pylist():
            if not any(run.since <= slot < run.until for run in state.to_refine):
                n_answers.pop(slot, None)
    return planned(observatory, n_answers, sum(n_answers.values()))


def planned(observatory: Observatory, slots: Iterable[datetime], n_answers: int) -> Plan:
    """What the refinement of these slots comes to, which hold so many answers."""
    settings, interval = observatory.settings, observatory.settings.interval
    pace = observatory.ledger.pace.get(settings.engine)
    seconds = n_answers / (pace or ANSWERS_A_SECOND[settings.engine])
    runs = merged(Slots(slot, slot + interval) for slot in slots)
    n_slots = sum((run.until - run.since) // interval for run in runs)
    return Plan(runs, n_slots, n_answers, _rows(observatory, n_answers), seconds, is_guess=pace is None)


def _rows(observatory: Observatory, n_answers: int) -> dict[str, int]:
    lake = observatory.lake
    n_captured = lake.n_rows(captures.TABLE)
    tables = [table for table in of_layer("gold") if table.time and table.is_published]
    return {table.name: round(lake.n_rows(table) * n_answers / n_captured) for table in tables} if n_captured else {}


def ask(observatory: Observatory, asked: Slots, *, only_missing: bool = False) -> Plan:
    """Put the plan's slots on the list of what the next cycle refines. No watermark moves, and it survives an interruption."""
    with observatory.lake.locked():
        found = plan(observatory, asked, only_missing=only_missing)
        observatory.save(observatory.ledger.touched(found.runs))
    return found


def note_pace(observatory: Observatory, n_answers: int, seconds: float) -> None:
    """Remember how fast so many answers were refined, checked and published: what the next plan is told by."""
    if n_answers >= TELLING_ANSWERS:
        observatory.save(observatory.ledger.paced(observatory.settings.engine, n_answers / seconds))
