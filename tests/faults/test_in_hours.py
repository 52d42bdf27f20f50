"""Faults planted in real hourly answers, of one place: each is told by the rules that are meant for it, and by no other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.conftest import found, landed
from tests.shared_data import shared
from twilytics.answers import Answer
from twilytics.sources import archive

HOUR = timedelta(hours=1)
AT = datetime(2022, 5, 11, 12, tzinfo=UTC)
SINCE, UNTIL = AT - timedelta(days=7), AT + timedelta(days=4)
Change = Callable[[list[Answer]], list[Answer]]


def read(since: datetime, until: datetime) -> list[Answer]:
    every = archive.read(shared("zhihu-2022.jsonl.gz"), datetime(2023, 1, 1, tzinfo=UTC))
    return sorted((one for one in every if since <= one.captured_at < until), key=lambda one: one.captured_at)


def shifted(by: timedelta, hours: int) -> Change:
    """The clock is off for so many hours."""
    return lambda answers: [
        replace(one, captured_at=one.captured_at + by) if AT <= one.captured_at < AT + hours * HOUR else one for one in answers
    ]


TWICE = {("gold.captures", "clocks_agree"): 1}
MISSED = {("gold.coverage", "every_slot_is_asked_for"): 1}
FAULTS: dict[str, tuple[Change, dict[tuple[str, str], int]]] = {
    "a clock is an hour behind for an answer": (shifted(-HOUR, 1), TWICE | MISSED),
    "a clock is an hour ahead for an answer": (shifted(HOUR, 1), TWICE | MISSED),
    "a clock is an hour behind for six hours": (shifted(-HOUR, 6), TWICE | MISSED),
    "a clock is an hour ahead for six hours": (shifted(HOUR, 6), TWICE | MISSED),
    "a clock is an hour behind for a day": (shifted(-HOUR, 24), TWICE | MISSED),
    "a clock is an hour ahead for a day": (shifted(HOUR, 24), TWICE | MISSED),
    "a clock is an hour behind from an hour on": (shifted(-HOUR, 1000), TWICE),
    # As if a capture had been missed: nothing else shows.
    "a clock is an hour ahead from an hour on": (shifted(HOUR, 1000), MISSED),
}


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    return read(SINCE, UNTIL)


@pytest.fixture(scope="module")
def clean(answers: list[Answer], opened_at):
    observatory = opened_at(60)
    landed(observatory, answers)
    return found(observatory)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_clock_that_is_an_hour_off_is_told_of(fault: str, answers: list[Answer], opened_at, clean):
    change, expected = FAULTS[fault]
    observatory = opened_at(60)
    landed(observatory, change(answers))
    assert dict(found(observatory) - clean) == expected


#: The hour in which a list came that has nothing of those around it: its change, and the one back, are unlike the week.
UNLIKE = {("gold.change_rate", "weekly_profile"): 2}


def test_a_change_that_is_unlike_the_week_is_noted(opened_at):
    answers = read(AT - timedelta(weeks=9), AT + timedelta(days=1))
    other = answers[0].payload
    before, after = opened_at(60), opened_at(60)
    landed(before, answers)
    landed(after, [replace(one, payload=other) if AT <= one.captured_at < AT + HOUR else one for one in answers])
    assert dict(found(after) - found(before)) == UNLIKE
