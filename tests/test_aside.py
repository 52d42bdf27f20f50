"""Which rows of the quarantine are meant, and how they are counted."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.lakes import put
from twilytics import aside
from twilytics.aside import Chosen
from twilytics.errors import TwilyticsError
from twilytics.lake import Lake
from twilytics.silver import quarantine

ROWS = """
    answer | position | source   | place   | slot             | captured_at         | scope  | reason
    one    | 1        | x-v2     | berlin  | 2020-07-18 23:00 | 2020-07-18 23:59:59 | entry  | name_missing
    one    | 4        | x-v2     | berlin  | 2020-07-18 23:00 | 2020-07-18 23:59:59 | entry  | name_missing
    two    | 0        | mastodon | hamburg | 2020-07-19 00:00 | 2020-07-19 00:00:00 | answer | not_json
    three  | 2        | x-v2     | hamburg | 2020-07-19 12:00 | 2020-07-19 12:30:00 | value  | volume_negative
"""


@pytest.fixture
def filled(lake: Lake) -> Lake:
    put(lake, quarantine.TABLE, ROWS)
    return lake


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2020, 7, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("chosen", "answers"),
    [
        (Chosen(), ["one", "one", "three", "two"]),
        (Chosen(reason="name_missing"), ["one", "one"]),
        (Chosen(source="x-v2", place="hamburg"), ["three"]),
        (Chosen(since=at(19)), ["three", "two"]),
        (Chosen(until=at(19)), ["one", "one"]),
        (Chosen(since=at(18, 23, 30), until=at(19, 12, 30)), ["one", "one", "two"]),
        (Chosen(since=at(19, 12, 30)), ["three"]),
        (Chosen(answer="t"), ["three", "two"]),
        (Chosen(reason="name_missing", place="hamburg"), []),
    ],
    ids=str,
)
def test_rows_are_chosen_by_all_that_is_given(filled: Lake, chosen: Chosen, answers: list[str]):
    assert sorted(chosen.of(filled)["answer"].to_pylist()) == answers


def test_a_range_of_time_that_holds_none_is_refused(lake: Lake):
    with pytest.raises(TwilyticsError, match="--since has to be before --until"):
        Chosen(since=at(19), until=at(19)).of(lake)


def test_a_lake_without_a_quarantine_has_nothing_set_aside(lake: Lake):
    assert Chosen(reason="name_missing").of(lake).num_rows == 0
    assert aside.listed(lake) == aside.shown(lake, Chosen()) == []


def test_places_and_sources_are_counted_the_most_frequent_first_and_days_in_their_order(filled: Lake):
    rows = Chosen().of(filled)

    def told(by: aside.By) -> list[tuple[str, int, int, timedelta]]:
        return [(group.value, group.n, group.n_answers, group.newest - at(18)) for group in aside.grouped(rows, by)]

    late, midnight, noon = timedelta(hours=23, minutes=59, seconds=59), timedelta(hours=24), timedelta(hours=36, minutes=30)
    assert told("source") == [("x-v2", 3, 2, noon), ("mastodon", 1, 1, midnight)]
    assert told("place") == [("berlin", 2, 1, late), ("hamburg", 2, 2, noon)]
    assert told("day") == [("2020-07-18", 2, 1, late), ("2020-07-19", 2, 2, noon)]


def test_reasons_are_counted_the_most_frequent_first_each_with_its_sentence(filled: Lake):
    found = [(reason.n, reason.scope, reason.reason, reason.says) for reason in aside.by_reason(Chosen(source="x-v2").of(filled))]
    assert found == [
        (2, "entry", "name_missing", "The entry has no name."),
        (1, "value", "volume_negative", "The volume is below zero."),
    ]
