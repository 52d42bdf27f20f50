"""Which slots of which tables must be computed again, from what, and in what order. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from twilytics.schema import Daily, Slotwise, Table, Trailing
from twilytics.slots import DAY, Slots, floor, merged

#: Runs so few slots apart are computed as one: a run costs more than a few slots too many.
NEAR_SLOTS = 12


@dataclass(frozen=True)
class Step:
    """Make the rows of ``table`` in ``writes`` (all, where None) of each input's rows in ``reads`` (all, where None)."""

    table: Table
    reads: Mapping[str, tuple[Slots, ...] | None]
    writes: Slots | None


def is_slotwise(table: Table) -> bool:
    """Whether the table can be made run by run; else it is made anew once all runs are done."""
    return isinstance(table.reach, Slotwise | Daily)


def writes(table: Table, changed: Slots, interval: timedelta) -> Slots | None:
    """The table's rows that change with what was captured in ``changed``; None stands for all."""
    match table.reach:
        case Slotwise(back, on):
            return changed.widened(interval, back, on)
        case Daily():
            return changed.days()
        case _:
            return None


def steps(tables: Iterable[Table], changed: Slots, newest: datetime | None, interval: timedelta) -> list[Step]:
    """A step a table, in the order given. ``newest`` is the newest captured slot: what trailing windows end with."""
    found = []
    for table in tables:
        run = writes(table, changed, interval)
        reads = {made_of.name: _reads(table, made_of, run, newest, interval) for made_of in table.inputs}
        found.append(Step(table, reads, run))
    return found


def _reads(table: Table, made_of: Table, run: Slots | None, newest: datetime | None, interval: timedelta) -> tuple[Slots, ...] | None:
    if made_of.time is None:
        return None
    match table.reach:
        case Slotwise(back, on) if run is not None:
            return (run.widened(interval, back=on, on=back),)
        case Daily() if run is not None:
            return (run,)
        case Trailing(hours, from_the_first) if newest is not None and made_of.name not in from_the_first:
            begins = [floor(newest - timedelta(hours=length), DAY) for length in hours]
            if any(isinstance(other.reach, Daily) and made_of in other.inputs for other in table.inputs):
                # The roll-up tells of whole days; of the days that a window cuts, only the slots can.
                return merged(Slots(begin, begin + DAY) for begin in begins)
            return (Slots(min(begins), newest + interval),)
        case _:
            return None


def near(runs: Iterable[Slots], interval: timedelta) -> tuple[Slots, ...]:
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
