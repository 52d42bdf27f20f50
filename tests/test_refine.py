from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from twilytics.refine import chunks, near, steps, writes
from twilytics.schema import Column, Daily, Slotwise, Table, Trailing, Whole
from twilytics.slots import DAY, Slots, merged, without

HOUR = timedelta(hours=1)
NOON = datetime(2020, 7, 18, 12, tzinfo=UTC)
SLOT = Column("slot", "timestamp", "")


def table(name: str, *inputs: Table, **options) -> Table:
    return Table(f"gold.{name}", "", ("slot",), (SLOT,), inputs=inputs, **options)


def hours(since: int, until: int) -> Slots:
    return Slots(NOON + since * HOUR, NOON + until * HOUR)


BASE = table("base")


def test_a_slot_reaches_so_many_rows_back_and_on_and_these_look_at_as_many_around():
    made = table("made", BASE, reach=Slotwise(back=6, on=1))
    (step,) = steps([made], hours(0, 1), None, HOUR)
    assert step.writes == hours(-6, 2)
    assert step.reads == {"gold.base": (hours(-7, 8),)}


def test_a_day_is_made_of_the_whole_day():
    made = table("made", BASE, reach=Daily())
    (step,) = steps([made], hours(11, 13), None, HOUR)
    assert step.writes == Slots(NOON.replace(hour=0), NOON.replace(hour=0) + 2 * DAY)
    assert step.reads == {"gold.base": (step.writes,)}


def test_a_window_reads_the_rollup_and_of_the_slots_only_the_days_it_cuts():
    rollup = table("rollup", BASE, reach=Daily())
    ever = table("ever")
    made = table("made", BASE, rollup, ever, reach=Trailing((24, 48), from_the_first=("gold.ever",)), time=None)
    (step,) = steps([made], hours(0, 1), NOON, HOUR)
    midnight = NOON.replace(hour=0)
    assert step.writes is None
    assert step.reads == {
        "gold.base": (Slots(midnight - 2 * DAY, midnight),),
        "gold.rollup": (Slots(midnight - 2 * DAY, NOON + HOUR),),
        "gold.ever": None,
    }


def test_a_whole_table_reads_everything():
    made = table("made", BASE, reach=Whole(), time=None)
    assert steps([made], hours(0, 1), NOON, HOUR)[0].reads == {"gold.base": None}
    assert writes(made, hours(0, 1), HOUR) is None


runs = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 9)), max_size=12).map(
    lambda drawn: [hours(since, since + length) for since, length in drawn]
)


def covered(found) -> set[datetime]:
    return {slot for run in found for slot in (run.since + n * HOUR for n in range((run.until - run.since) // HOUR))}


@given(runs)
def test_merged_runs_cover_the_same_slots_in_order_and_apart(given_runs):
    found = merged(given_runs)
    assert covered(found) == covered(given_runs)
    assert all(before.until < after.since for before, after in pairwise(found))


@given(runs, runs)
def test_what_is_done_is_gone_and_nothing_else(given_runs, done):
    left = merged(given_runs)
    for run in done:
        left = without(left, run)
    assert covered(left) == covered(given_runs) - covered(done)


@given(runs, st.lists(st.integers(0, 300), max_size=60), st.integers(1, 7))
def test_chunks_cover_their_runs_and_hold_no_more_than_a_slot_over_the_target(given_runs, captured, target):
    whole = merged(given_runs)
    instants = [NOON + n * HOUR + timedelta(minutes=n % 60) for n in captured]
    found = chunks(whole, instants, target, HOUR)
    assert covered(found) == covered(whole)
    assert sorted(found) == found
    assert all(before.until <= after.since for before, after in pairwise(found))
    for chunk in found:
        slots = [instant.replace(minute=0) for instant in instants if chunk.since <= instant < chunk.until]
        fullest = max((slots.count(slot) for slot in slots), default=0)
        assert len(slots) < target + fullest + 1


def test_runs_few_slots_apart_are_computed_as_one():
    assert near([hours(0, 1), hours(13, 14)], HOUR) == (hours(0, 14),)
    assert near([hours(0, 1), hours(14, 15)], HOUR) == (hours(0, 1), hours(14, 15))
