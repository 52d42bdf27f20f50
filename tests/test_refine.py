from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from twilytics.refine import chunks, near, of_all, of_runs
from twilytics.schema import Column, Daily, Keyed, Running, Settled, Slotwise, Table, Trailing, Whole
from twilytics.slots import DAY, Slots, fewer, merged, without

HOUR = timedelta(hours=1)
NOON = datetime(2020, 7, 18, 12, tzinfo=UTC)
SLOT = Column("slot", "timestamp", "")


def table(name: str, *inputs: Table, **options) -> Table:
    return Table(f"gold.{name}", "", ("slot",), (SLOT,), inputs=inputs, **options)


def hours(since: int, until: int) -> Slots:
    return Slots(NOON + since * HOUR, NOON + until * HOUR)


BASE = table("base")
MIDNIGHT = NOON.replace(hour=0)


def days(since: int, until: int) -> Slots:
    return Slots(MIDNIGHT + since * DAY, MIDNIGHT + until * DAY)


def nothing_open(_carry: Table, _touched: Slots) -> None:
    return None


def test_a_slot_reaches_so_many_rows_back_and_on_and_these_look_at_as_many_around():
    made = table("made", BASE, reach=Slotwise(back=6, on=1))
    (step,) = of_runs([made], hours(0, 1), HOUR, nothing_open)
    assert step.writes == (hours(-6, 2),)
    assert step.reads == {"gold.base": (hours(-7, 8),)}


def test_a_day_is_made_of_the_whole_day():
    made = table("made", BASE, reach=Daily())
    (step,) = of_runs([made], hours(11, 13), HOUR, nothing_open)
    assert step.writes == (days(0, 2),)
    assert step.reads == {"gold.base": step.writes}


CARRY = table("carry", BASE, reach=Running(3, carry="gold.carry"))
RUNS = table("runs", BASE, CARRY, reach=Running(3, carry="gold.carry"))


def test_runs_are_made_from_midnight_to_the_end_of_the_day_in_which_the_last_that_is_touched_ended():
    asked = []

    def last_open(carry: Table, touched: Slots) -> datetime:
        asked.append((carry.name, touched))
        return MIDNIGHT + 5 * DAY

    carry, runs_of = of_runs([CARRY, RUNS], hours(0, 1), HOUR, last_open)
    assert asked == [("gold.carry", hours(-3, 4))] * 2
    # What was open over the midnight of day 5 ended in that day, and may go on no longer than over the next.
    assert runs_of.writes == (days(0, 6),)
    assert carry.writes == (days(1, 7),)
    around = (Slots(MIDNIGHT, MIDNIGHT + 6 * DAY + 3 * HOUR),)
    assert runs_of.reads == carry.reads == {"gold.base": around, "gold.carry": (days(0, 1),)}


def test_what_was_open_within_the_touched_days_reaches_no_further_than_these():
    for last_open in (nothing_open, lambda _carry, _touched: MIDNIGHT):
        (step,) = of_runs([RUNS], hours(0, 1), HOUR, last_open)
        assert step.writes == (days(0, 1),)
    (step,) = of_runs([RUNS], hours(9, 10), HOUR, nothing_open)  # three slots on it is another day
    assert step.writes == (days(0, 2),)
    (step,) = of_runs([RUNS], hours(-12, -11), HOUR, nothing_open)  # and three back
    assert step.writes == (days(-1, 1),)


def test_where_slots_are_long_a_carry_tells_of_as_many_midnights_as_three_of_them_pass():
    (step,) = of_runs([CARRY], days(0, 1), DAY, nothing_open)
    assert step.writes == (days(-2, 8),)
    assert step.reads == {"gold.base": (days(-3, 7),), "gold.carry": (days(-3, -2),)}


def test_a_day_of_runs_is_made_anew_as_far_as_the_runs_are():
    daily = table("daily", RUNS, reach=Daily())
    *_, step = of_runs([CARRY, RUNS, daily], hours(-12, -11), HOUR, lambda _carry, _touched: MIDNIGHT + 2 * DAY)
    assert step.writes == (days(-1, 3),)
    assert step.reads == {"gold.runs": step.writes}


def test_only_what_is_made_run_by_run_is_made_of_runs():
    keyed = table("keyed", RUNS, reach=Keyed("slot", of="gold.runs"))
    others = [table("whole", BASE, reach=Whole()), keyed, table("settled", RUNS, reach=Settled())]
    assert of_runs([*others, table("long", BASE, reach=Trailing((24,)))], hours(0, 1), HOUR, nothing_open) == []


def test_a_window_reads_the_rollup_and_of_the_slots_only_the_days_it_cuts():
    rollup = table("rollup", BASE, reach=Daily())
    ever = table("ever")
    made = table("made", BASE, rollup, ever, reach=Trailing((24, 48), from_the_first=("gold.ever",)), time=None)
    (step,) = of_all([made], NOON, HOUR)
    assert step.writes is None
    assert step.reads == {
        "gold.base": (days(-2, 0),),
        "gold.rollup": (Slots(MIDNIGHT - 2 * DAY, NOON + HOUR),),
        "gold.ever": None,
    }


def test_the_whole_days_of_a_window_and_the_cut_one_are_read_up_to_midnight_and_by_whom_they_are_summed_for_only_today():
    rollup = table("rollup", BASE, reach=Daily())
    longer = table("longer", rollup, reach=Trailing((24, 48), of_whole_days=True), time=None)
    made = table("made", BASE, rollup, longer, reach=Trailing((24, 48)), time=None)
    of_whole_days, of_windows = of_all([longer, made], NOON, HOUR)
    assert of_whole_days.reads == {"gold.rollup": (days(-2, 0),)}
    assert of_windows.reads == {"gold.base": (days(-2, 0),), "gold.rollup": (Slots(MIDNIGHT, NOON + HOUR),), "gold.longer": None}


def test_a_whole_table_reads_everything():
    made = table("made", BASE, reach=Whole(), time=None)
    (step,) = of_all([made], NOON, HOUR)
    assert (step.reads, step.writes) == ({"gold.base": None}, None)


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


@given(runs, st.integers(1, 5))
def test_fewer_runs_cover_these_and_leave_out_only_gaps_that_are_longer_than_those_they_cover(given_runs, at_most):
    whole = merged(given_runs)
    found = fewer(given_runs, at_most)
    assert len(found) <= at_most
    assert merged(found) == found
    assert covered(found) >= covered(given_runs)
    gaps = {Slots(before.until, after.since): after.since - before.until for before, after in pairwise(whole)}
    left = {Slots(before.until, after.since) for before, after in pairwise(found)}
    assert left <= gaps.keys()
    assert len(whole) > at_most or found == whole
    joined = [length for gap, length in gaps.items() if gap not in left]
    assert all(gaps[gap] > max(joined, default=timedelta(0)) for gap in left)


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
