"""Slots that are to be computed again from bronze: which they are, how much that is, and putting them on the list."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from twilytics import estimating
from twilytics.bronze import answers
from twilytics.errors import TwilyticsError
from twilytics.estimating import Estimate
from twilytics.gold import captures
from twilytics.noting import captured_in
from twilytics.observatory import Observatory
from twilytics.slots import Slots, floor, merged

#: Fewer answers say more about fixed costs than about the pace.
TELLING_ANSWERS = 1_000


@dataclass(frozen=True)
class Plan:
    """``n_answers`` in ``n_slots`` slots, in these runs. ``n_rows`` by table is what they come to at most, ``estimates`` what that
    takes here, with each engine; the first is the one that TWILYTICS_ENGINE names."""

    runs: tuple[Slots, ...]
    n_slots: int
    n_answers: int
    n_rows: Mapping[str, int] = field(hash=False)
    estimates: tuple[Estimate, ...]


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
            if not any(run.since <= slot < run.until for run in state.refining()):
                n_answers.pop(slot, None)
    return planned(observatory, n_answers, sum(n_answers.values()))


def run_of(since: datetime | None, until: datetime | None) -> Slots | None:
    """The slots that were asked for, None where none were. Raise :class:`TwilyticsError` where one end is missing."""
    if (since is None) != (until is None):
        raise TwilyticsError("a backfill needs both --since and --until; without both it goes on with what was put off")
    return Slots(since, until) if since is not None and until is not None else None


def left(observatory: Observatory) -> Plan:
    """What was put off so far."""
    runs, interval = observatory.ledger.to_backfill, observatory.settings.interval
    captured = captured_in(observatory.lake, runs)
    return planned(observatory, {floor(instant, interval) for instant in captured}, len(captured))


def planned(observatory: Observatory, slots: Iterable[datetime], n_answers: int) -> Plan:
    """What the refinement of these slots comes to, which hold so many answers."""
    interval = observatory.settings.interval
    runs = merged(Slots(slot, slot + interval) for slot in slots)
    n_slots = sum((run.until - run.since) // interval for run in runs)
    load = estimating.planned(observatory, n_answers, n_slots)
    return Plan(runs, n_slots, n_answers, load.n_rows, estimating.estimates(observatory, load))


def ask(observatory: Observatory, asked: Slots, *, only_missing: bool = False) -> Plan:
    """Put the plan's slots on the list of what comes slice by slice, with what is on it already. No watermark moves, and it survives
    an interruption. Batches on a cluster take all at once."""
    with observatory.lake.locked():
        found, state = plan(observatory, asked, only_missing=only_missing), observatory.ledger
        is_at_once = observatory.settings.refines_in_batches
        observatory.save(state.touched(found.runs) if is_at_once else state.put_off(found.runs))
    return found


def note_pace(observatory: Observatory, n_answers: int, seconds: float) -> None:
    """Remember how fast so many answers were refined, checked and published: what the next plan is told by."""
    if n_answers >= TELLING_ANSWERS:
        observatory.save(observatory.ledger.paced(observatory.settings.engine, n_answers / seconds))
