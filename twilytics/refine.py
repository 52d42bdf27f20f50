"""Which slots of which tables must be computed again, from what, and in what order. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from twilytics.schema import Daily, Running, Slotwise, Table, Trailing
from twilytics.slots import DAY, EVER, Runs, Slots, floor, merged

#: Runs so few slots apart are computed as one: a run costs more than a few slots too many.
NEAR_SLOTS = 12

#: Of a carry, and for slots: the last midnight over which it holds a run that touches these slots; None where none.
LastOpen = Callable[[Table, Slots], datetime | None]


@dataclass(frozen=True)
class Step:
    """Make the rows of ``table`` in ``writes`` (all, where None) of each input's rows in ``reads`` (all, where None)."""

    table: Table
    reads: Mapping[str, Runs | None]
    writes: Runs | None


def is_slotwise(table: Table) -> bool:
    """Whether the table can be made run by run; else it is made once all runs are done."""
    return isinstance(table.reach, Slotwise | Daily | Running)


def of_runs(tables: Iterable[Table], changed: Slots, interval: timedelta, last_open: LastOpen) -> list[Step]:
    """A step for each table that can be made run by run, in the order given: the rows that change with what was captured in ``changed``."""
    written: dict[str, Slots] = {}
    steps = []
    for table in filter(is_slotwise, tables):
        run = _reached(table, changed, interval, written, last_open)
        written[table.name] = run
        reads = {made_of.name: _around(table, made_of, run, interval) for made_of in table.looks_at}
        steps.append(Step(table, reads, (_kept(table, run, interval),)))
    return steps


def _reached(table: Table, changed: Slots, interval: timedelta, written: Mapping[str, Slots], last_open: LastOpen) -> Slots:
    match table.reach:
        case Slotwise(back, on):
            return changed.widened(interval, back, on)
        case Running(apart, carry):
            touched = changed.widened(interval, apart, apart)
            holder = next(table for table in table.looks_at if table.name == carry)
            last = last_open(holder, touched)
            days = touched.days()
            return Slots(days.since, max(days.until, last + DAY)) if last else days
        case _:
            runs = [written[made_of.name] for made_of in table.inputs if made_of.name in written] or [changed]
            return Slots(min(run.since for run in runs), max(run.until for run in runs)).days()


def _around(table: Table, made_of: Table, run: Slots, interval: timedelta) -> Runs | None:
    """The rows of an input that a run of the table's rows is made of."""
    if made_of.time is None:
        return None
    match table.reach:
        case Slotwise(back, on):
            return (run.widened(interval, back=on, on=back),)
        case Running(_, carry) if made_of.name == carry:
            return (Slots(run.since, run.since + DAY),)
        case Running(apart, _):
            return (run.widened(interval, on=apart),)
        case _:
            return (run,)


def _kept(table: Table, run: Slots, interval: timedelta) -> Slots:
    """The rows that are replaced. A carry tells of the midnights that follow: as far as what was open at the end may go on."""
    if isinstance(table.reach, Running) and table.reach.carry == table.name:
        return Slots(run.since + DAY, floor(run.until + table.reach.apart * interval, DAY) + DAY)
    return run


def of_all(tables: Iterable[Table], newest: datetime, interval: timedelta) -> list[Step]:
    """A step for each table that is made as a whole, in the order given.

    ``newest`` is the newest captured slot: what trailing windows end with.
    """
    return [Step(table, {made_of.name: _back(table, made_of, newest, interval) for made_of in table.inputs}, None) for table in tables]


def _back(table: Table, made_of: Table, newest: datetime, interval: timedelta) -> Runs | None:
    if made_of.time is None or not isinstance(table.reach, Trailing) or made_of.name in table.reach.from_the_first:
        return None
    today = floor(newest, DAY)
    begins = [floor(newest - timedelta(hours=length), DAY) for length in table.reach.hours]
    if table.reach.of_whole_days:
        return (Slots(min(begins), today),)
    if any(isinstance(other.reach, Daily) and made_of in other.inputs for other in table.inputs):
        # The roll-up tells of whole days; of the days that a window cuts, only the slots can.
        return merged(Slots(begin, begin + DAY) for begin in begins)
    if any(isinstance(other.reach, Trailing) and made_of in other.inputs for other in table.inputs):
        return (Slots(today, newest + interval),)
    return (Slots(min(begins), newest + interval),)


def near(runs: Iterable[Slots], interval: timedelta) -> Runs:
    """The runs, those joined that lie near to each other."""
    return merged(runs, NEAR_SLOTS * interval)


def chunks(runs: Iterable[Slots], captured: Sequence[datetime], target: int, interval: timedelta) -> list[Slots]:
    """The runs cut at slots so that no piece holds many more than ``target`` of the capture times, and in bounded memory."""
    pieces: list[Slots] = []
    ordered = sorted(floor(instant, interval) for instant in captured)
    for run in runs:
        inside = [slot for slot in ordered if run.since <= slot < run.until]
        cuts = sorted({slot for slot in inside[target::target] if run.since < slot})
        ends = [run.since, *cuts, run.until]
        pieces += [Slots(since, until) for since, until in pairwise(ends) if since < until]
    return pieces


def at_once(runs: Iterable[Slots], captured: Sequence[datetime], most: int, past: datetime | None) -> Runs:
    """Of these runs, the newest ones that together hold no more than ``most`` of the capture times.

    They are cut at the end of what was done before, the ``past``: readers want what comes after it first.
    """
    parts = (EVER,) if past is None else (Slots(EVER.since, past), Slots(past, EVER.until))
    pieces = [Slots(max(run.since, part.since), min(run.until, part.until)) for part in parts for run in runs]
    ordered = sorted(captured)
    found: list[Slots] = []
    for piece in sorted((piece for piece in pieces if piece.since < piece.until), reverse=True):
        most -= bisect_left(ordered, piece.until) - bisect_left(ordered, piece.since)
        if most < 0:
            break
        found.append(piece)
    return merged(found)
