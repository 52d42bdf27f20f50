"""Which plans fit under a rate limit, and how calls are spread under it: by simulated clocks, whole days in seconds."""

import threading
from collections import deque
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faulty import NOON, FakeClock, answer
from twilytics import listening
from twilytics.asking import ask_all
from twilytics.errors import SettingError
from twilytics.pacer import Pacer
from twilytics.pacing import LIMITS, USUAL, Plan, check
from twilytics.patience import Clock
from twilytics.places import of
from twilytics.settings import Settings
from twilytics.sources import LIVE, x_access
from twilytics.sources.limit import Limit
from twilytics.sources.rate import Rate
from twilytics.sources.reply import Reply
from twilytics.sources.wire import Wire

HOUR, QUARTER, SECOND = timedelta(hours=1), timedelta(minutes=15), timedelta(seconds=1)
ALL = list(of("x-v2"))


def test_every_source_has_a_setting_and_a_limit():
    assert tuple(LIVE) == get_args(Settings.model_fields["source"].annotation)
    assert {*LIVE, *(source.NAME for source in listening.SOURCES)} == set(LIMITS)


def test_467_places_hourly_are_refused_with_the_plans_that_fit():
    with pytest.raises(SettingError) as refused:
        check(Plan("x-v2", 467, HOUR))
    assert str(refused.value) == (
        "x-v2 cannot be asked for 467 places every hour: that is 467 calls, and 300 are allowed (75 in 15 minutes). "
        "What fits: 300 places every hour, or 467 places every two hours"
    )


@pytest.mark.parametrize(
    ("source", "n_places", "n_minutes", "share", "fitting"),
    [
        ("x-v2", 300, 60, 1.0, "300 places every hour"),
        ("x-v2", 301, 60, 301 / 300, "300 places every hour, or 301 places every two hours"),
        ("x-v2", 2, 60, 2 / 300, "2 places every hour"),
        ("x-v2", 26, 5, 26 / 25, "25 places every 5 minutes, or 26 places every 10 minutes"),
        ("x-v1.1", 1, 5, 1 / 25, "1 place every 5 minutes"),
        ("x-v2", 10_000, 60, 10_000 / 300, "300 places every hour"),
        ("x-v2", 7_200, 720, 2.0, "3600 places every 12 hours, or 7200 places once a day"),
        ("mastodon", 5_000, 5, 1 / 300, "5000 places every 5 minutes"),
        ("bluesky", 1, 5, 1 / 3000, "1 place every 5 minutes"),
    ],
)
def test_a_plan_says_its_share_of_the_limit_and_what_fits(source, n_places, n_minutes, share, fitting):
    plan = Plan(source, n_places, timedelta(minutes=n_minutes))
    assert (plan.share, plan.fits) == (pytest.approx(share), share <= 1)
    assert ", or ".join(map(str, plan.that_fit())) == fitting
    assert all(fit.fits for fit in plan.that_fit())


def test_a_plan_says_what_a_month_costs():
    assert Plan("x-v2", 2, HOUR).usd_a_month == pytest.approx(2 * 24 * 30 * 0.01)
    assert Plan("mastodon", 100, HOUR).usd_a_month == 0
    assert x_access.PRICES_OF == "2026-11"


def test_the_intervals_on_offer_divide_a_day():
    assert all(timedelta(days=1) % interval == timedelta(0) for interval in USUAL)


class Metered:
    """X with its limit: 75 calls from the first one on for 15 minutes, and 429 after that. It may tell so in its headers, or not."""

    NAME, TOKEN, ACCESS = "x-v2", None, {}

    def __init__(self, tells: bool) -> None:
        self.tells = tells
        self.began = None
        self.n = 0
        self.calls = []
        self.n_refused = 0
        self.lock = threading.Lock()

    def place_id(self, key):
        return key

    def ask(self, place_id, wire):
        with self.lock:
            now = wire.now()
            self.calls.append(now)
            if self.began is None or now >= self.began + QUARTER:
                self.began, self.n = now, 0
            self.n += 1
            self.n_refused += self.n > 75
            rate = Rate(75, max(0, 75 - self.n), self.began + QUARTER) if self.tells else Rate()
            return Reply(answer("x-v2", place_id, 3), now, 200 if self.n <= 75 else 429, rate)


@pytest.fixture
def hours():
    """How many places were captured in each hour, each run with a pacer of its own where the process is begun anew."""

    def run(source, places, n_hours, is_begun_anew=False, late=timedelta(0), width=1):
        clock = FakeClock()
        clocks = Clock(clock.now, clock.sleep, clock.stopped)
        pacer = Pacer(LIMITS["x-v2"])
        captured = []
        for nth in range(n_hours):
            clock.time = max(clock.time, NOON + nth * HOUR + late * (nth % 2))
            outcomes = ask_all(
                source, places, wire=Wire(now=clock.now), keep=lambda _: None, until=NOON + (nth + 1) * HOUR - 30 * SECOND,
                clock=clocks, pacer=None if is_begun_anew else pacer, width=width,
            )  # fmt: skip
            captured.append(sum(outcome.state == "captured" for outcome in outcomes))
            assert all(NOON + nth * HOUR <= outcome.asked_at < NOON + (nth + 1) * HOUR for outcome in outcomes if outcome.asked_at)
        return captured

    return run


def busiest(calls, within=QUARTER):
    recent, most = deque(), 0
    for call in calls:
        recent.append(call)
        while recent[0] <= call - within:
            recent.popleft()
        most = max(most, len(recent))
    return most


@pytest.mark.parametrize("width", [1, 16])
@pytest.mark.parametrize("tells", [True, False])
def test_300_places_hourly_stay_under_75_in_15_minutes_and_miss_none(hours, tells, width):
    source = Metered(tells)
    assert hours(source, ALL[:300], 6, width=width) == [300] * 6
    assert (busiest(source.calls), source.n_refused) == (75, 0)


@pytest.mark.parametrize("width", [1, 16])
def test_without_memory_the_headers_keep_it_under_the_limit(hours, width):
    """The run before has left 60 calls of the window that this one begins in: the first reply says so, before they are used up."""
    source = Metered(tells=True)
    assert hours(source, ALL[:240], 6, is_begun_anew=True, late=timedelta(minutes=7), width=width) == [240] * 6
    assert source.n_refused == 0


@pytest.mark.parametrize("width", [1, 16])
def test_without_memory_a_window_that_is_used_up_is_heard_of_by_one_429_a_call_under_way(hours, width):
    """300 places use up four windows, the last one beyond the hour's end. The second run begins in it, and so goes on after the hour
    has begun: from the third run on, windows end before their hour does."""
    source = Metered(tells=True)
    hours(source, ALL[:300], 6, is_begun_anew=True, width=width)
    assert source.n_refused == width


def test_more_places_than_fit_are_asked_as_far_as_they_fit(hours):
    source = Metered(tells=False)
    assert hours(source, ALL[:320], 1) == [300]
    assert busiest(source.calls) == 75


def test_75_places_are_asked_at_once(hours):
    source = Metered(tells=True)
    assert hours(source, ALL[:75], 1) == [75]
    assert source.calls[-1] - source.calls[0] < SECOND


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 30), st.booleans()), max_size=60),
    st.booleans(),
)
def test_a_pacer_never_lets_more_calls_go_than_the_limit_allows(n_calls, steps, is_per_place):
    limit = Limit(n_calls, timedelta(seconds=20), is_per_place)
    pacer, now, went = Pacer(limit), NOON, {"a": [], "b": []}
    for place, seconds, is_reached in steps:
        now += seconds * SECOND
        now = max(now, pacer.free_at(place, now))
        pacer.went(place, now)
        pacer.came(place, now, None, reached=is_reached)
        if is_reached:
            went[place].append(now)
    for calls in went.values() if is_per_place else [sorted(went["a"] + went["b"])]:
        assert busiest(calls, limit.within) <= n_calls


@pytest.fixture
def pacer():
    return Pacer(Limit(75, QUARTER))


def told(pacer, *, remaining, seconds=600.0, under_way=0):
    pacer.went("berlin", NOON)
    for _ in range(under_way):
        pacer.went("berlin", NOON)
    pacer.came("berlin", NOON, Rate(75, remaining, NOON + seconds * SECOND))


def test_what_another_program_has_used_up_is_waited_for(pacer):
    told(pacer, remaining=0)
    assert pacer.free_at("stuttgart", NOON) == NOON + 601 * SECOND
    assert pacer.free_at("stuttgart", NOON + 602 * SECOND) == NOON + 602 * SECOND


def test_calls_under_way_are_counted_against_what_is_left(pacer):
    told(pacer, remaining=2, under_way=2)
    assert pacer.free_at("berlin", NOON) > NOON
    pacer.came("berlin", NOON, Rate(75, 2, NOON + 600 * SECOND))
    assert pacer.free_at("berlin", NOON) == NOON


def test_the_fewest_left_counts_in_whatever_order_the_replies_come(pacer):
    told(pacer, remaining=0)
    told(pacer, remaining=5, seconds=602)
    assert pacer.free_at("berlin", NOON) > NOON
    told(pacer, remaining=5, seconds=1500)
    assert pacer.free_at("berlin", NOON) == NOON


def test_a_429_that_says_nothing_is_guessed_at_by_doubling_up_to_the_limits_time(pacer):
    waits = []
    for nth in range(1, 8):
        fresh = Pacer(Limit(75, QUARTER))
        fresh.hold("berlin", Rate(), NOON, nth)
        waits.append((fresh.free_at("berlin", NOON) - NOON).total_seconds() - 1)
    assert waits == [60, 120, 240, 480, 900, 900, 900]


def test_a_429_of_one_instance_holds_that_instance_only():
    pacer = Pacer(LIMITS["mastodon"])
    pacer.hold("a.social", Rate(not_before=NOON + 90 * SECOND, reset=NOON + HOUR), NOON, 1)
    assert (pacer.free_at("a.social", NOON), pacer.free_at("b.social", NOON)) == (NOON + 91 * SECOND, NOON)


def test_a_reset_in_the_past_is_not_taken_for_now(pacer):
    pacer.hold("berlin", Rate(reset=NOON - HOUR), NOON, 1)
    assert pacer.free_at("berlin", NOON) == NOON + SECOND


def test_a_clock_that_is_put_back_blocks_for_one_window_at_most(pacer):
    for _ in range(75):
        pacer.went("berlin", NOON + 5 * HOUR)
    assert pacer.free_at("berlin", NOON) == NOON + QUARTER
