"""Faults planted in real answers: each is told by the rule that is meant for it, and by no other."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.conftest import SLOT, UNTIL, aside, found, landed
from tests.faults.encoded import is_encoded_twice
from tests.shared_data import shared
from twilytics.answers import Answer
from twilytics.gold import trends
from twilytics.observatory import Observatory
from twilytics.results import severities
from twilytics.sources import archive, envelope

AT = datetime(2020, 9, 21, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INDIA, US, NEW_ZEALAND, SINGAPORE, UK = "23424848", "23424977", "23424916", "23424948", "23424975"
Change = Callable[[list[Answer]], list[Answer]]


def at(answer: Answer, since: datetime, until: datetime | None = None) -> bool:
    return since <= answer.captured_at < (until or since + SLOT)


def edited(answer: Answer, edit: Callable[[list[dict[str, Any]]], object]) -> Answer:
    """The answer with its list of trends changed in place, or replaced by what ``edit`` gives."""
    body = json.loads(answer.payload)
    body[0]["trends"] = edit(body[0]["trends"]) or body[0]["trends"]
    return replace(answer, payload=json.dumps(body).encode())


def where(chosen: Callable[[Answer], bool], change: Callable[[Answer], Answer]) -> Change:
    return lambda answers: [change(one) if chosen(one) else one for one in answers]


def swapped(a: str, b: str, since: datetime, until: datetime | None = None) -> Change:
    """Each of the two places is answered for with the other's id."""
    other = {a: b, b: a}
    return where(lambda one: one.place_id in other and at(one, since, until), lambda one: replace(one, place_id=other[one.place_id]))


def thousands(trends: list[dict[str, Any]]) -> None:
    for trend in trends:
        trend["tweet_volume"] = trend["tweet_volume"] and trend["tweet_volume"] // 1000


def repeated(answers: list[Answer]) -> list[Answer]:
    """A stale cache: India's list stands for six captures."""
    first = next(one for one in answers if one.place_id == INDIA and at(one, AT))
    return where(lambda one: one.place_id == INDIA and at(one, AT, AT + 6 * SLOT), lambda one: replace(one, payload=first.payload))(answers)


def as_of(place: str, copied: str) -> Change:
    """One place is answered for with the list of another."""

    def change(answers: list[Answer]) -> list[Answer]:
        payload = next(one.payload for one in answers if one.place_id == copied and at(one, AT))
        return where(lambda one: one.place_id == place and at(one, AT), lambda one: replace(one, payload=payload))(answers)

    return change


def shifted(by: timedelta, until: datetime | None = None) -> Change:
    return where(lambda one: one.place_id == US and at(one, AT, until), lambda one: replace(one, captured_at=one.captured_at + by))


def refused(*places: str) -> Change:
    """The source answers three times with an error, where no place is given of all."""
    is_refused = lambda one: (not places or one.place_id in places) and at(one, AT, AT + 3 * SLOT)  # noqa: E731
    return where(is_refused, lambda one: replace(one, payload=b'{"errors": [{"code": 88}]}'))


def one_of(edit: Callable[[list[dict[str, Any]]], object]) -> Change:
    return where(lambda one: one.place_id == US and at(one, AT), lambda one: edited(one, edit))


#: An answer lies in another slot than its own, or at another time in it.
OTHER_SLOT = {("gold.captures", "clocks_agree"): 1, ("gold.coverage", "every_slot_is_asked_for"): 1}
OTHER_TIME = {("gold.captures", "captured_at_its_time"): 1}
FAULTS: dict[str, tuple[Change, dict[tuple[str, str], int]]] = {
    "two places' lists are swapped for a slot": (swapped(NEW_ZEALAND, SINGAPORE, AT), {("gold.change_rate", "lists_in_their_places"): 4}),
    "two places' ids are mixed up from a slot on": (
        swapped(NEW_ZEALAND, SINGAPORE, AT, UNTIL),
        {("gold.change_rate", "lists_in_their_places"): 2},
    ),
    "volumes are told in thousands": (
        where(lambda one: one.place_id == INDIA and at(one, AT, UNTIL), lambda one: edited(one, thousands)),
        {("gold.trends", "volumes_of_one_unit"): 1},
    ),
    "an answer is repeated for six captures": (repeated, {("gold.trends", "list_moves"): 1}),
    "a list is cut off": (one_of(lambda trends: trends[:20]), {("gold.captures", "full_list"): 1}),
    "twenty topics instead of fifty for a week": (
        where(lambda one: one.place_id == US and at(one, AT, AT + timedelta(days=7)), lambda one: edited(one, lambda trends: trends[:20])),
        {("gold.captures", "full_list"): 21},
    ),
    "a clock is a slot behind": (shifted(-SLOT), OTHER_SLOT),
    "a clock is a slot ahead": (shifted(SLOT), OTHER_SLOT),
    "a clock is an hour behind for an answer": (shifted(-HOUR), OTHER_SLOT),
    "a clock is an hour ahead for an answer": (shifted(HOUR), OTHER_TIME),
    "a clock is an hour behind for a day": (shifted(-HOUR, AT + DAY), OTHER_SLOT | OTHER_TIME),
    "a clock is an hour ahead for a day": (shifted(HOUR, AT + DAY), OTHER_TIME),
    "a clock is an hour behind from a slot on": (shifted(-HOUR, UNTIL), OTHER_TIME),
    "a clock is an hour ahead from a slot on": (shifted(HOUR, UNTIL), OTHER_TIME),
    "a place falls silent": (
        lambda answers: [one for one in answers if one.place_id != US or one.captured_at < AT],
        {("gold.captures", "place_is_heard_of"): 1},
    ),
    "a place is asked for in vain": (refused(US), {("gold.coverage", "capture_is_fresh"): 1, ("gold.captures", "place_is_heard_of"): 1}),
    "all places are asked for in vain": (refused(), {("gold.coverage", "capture_is_fresh"): 9}),
    "a place is answered for with a larger one's list": (as_of(US, UK), {("gold.trend_equality", "two_lists"): 1}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_answers_is_told_by_its_own_rule(fault: str, answers: list[Answer], opened_at, beyond):
    change, expected = FAULTS[fault]
    observatory: Observatory = opened_at()
    landed(observatory, change(answers))
    assert beyond(observatory) == expected


def test_names_that_were_encoded_twice_are_told_of(opened_at):
    """The 29 lists of india-2025 as they came: what is told are the names that can be decoded once more."""
    read = list(archive.read(shared("india-2025.jsonl.gz"), datetime(2025, 5, 1, tzinfo=UTC)))
    observatory: Observatory = opened_at(60)
    landed(observatory, read)
    titles = observatory.lake.read(trends.TABLE)["title"].to_pylist()
    assert found(observatory) == {("gold.trends", "decoded_once"): sum(is_encoded_twice(title) for title in titles)}
    assert sum(is_encoded_twice(trend["name"]) for one in read for trend in json.loads(one.payload)["trends"]) > 0


def line(answer: Answer, **changed: object) -> Answer:
    told = {"source": answer.source, "place": answer.place_id, "captured_at": answer.captured_at.isoformat(), "payload": 0} | changed
    text = json.dumps(told).replace('"payload": 0', '"payload": ' + answer.payload.decode())
    return envelope.opened(text.encode(), answer.landed_at)


#: What becomes of the answer, and the reason under which all or one entry of it is set aside.
SET_ASIDE: dict[str, tuple[Callable[[Answer], Answer], str, str]] = {
    "the zone is dropped": (lambda one: line(one, captured_at="2020-09-21T08:00:00"), "answer", "time_without_zone"),
    "the clock is ahead of its landing": (lambda one: line(one, captured_at="2020-12-01T08:00:00Z"), "answer", "time_in_the_future"),
    "the place is left out": (lambda one: line(one, place=""), "answer", "place_missing"),
    "the source is unknown": (lambda one: line(one, source="x-v3"), "answer", "source_unknown"),
    "a web page answers": (lambda one: replace(one, payload=b"<html>We will be back soon</html>"), "answer", "html"),
    "the body is cut in half": (lambda one: replace(one, payload=one.payload[: len(one.payload) // 2]), "answer", "not_json"),
    "an error answers with 200": (lambda one: replace(one, payload=b'{"errors": [{"code": 88}]}'), "answer", "rate_limited"),
    "the list is empty": (lambda one: edited(one, lambda trends: trends.clear()), "answer", "no_topics"),
    "the name's field is renamed": (
        lambda one: edited(one, lambda trends: [{"trend_name": t["name"]} for t in trends]),
        "answer",
        "no_topics",
    ),
    "one name is a number": (lambda one: edited(one, lambda trends: trends[3].update(name=7)), "entry", "name_not_text"),
    "one name is longer than any": (lambda one: edited(one, lambda trends: trends[3].update(name="x" * 10_000)), "entry", "name_too_long"),
    "one name holds NUL": (lambda one: edited(one, lambda trends: trends[3].update(name="a\0b")), "entry", "name_has_nul"),
    "one volume is negative": (lambda one: edited(one, lambda trends: trends[3].update(tweet_volume=-5)), "value", "volume_negative"),
    "one volume is NaN": (
        lambda one: edited(one, lambda trends: trends[3].update(tweet_volume=float("nan"))),
        "value",
        "volume_not_a_number",
    ),
}


@pytest.mark.parametrize("fault", SET_ASIDE)
def test_what_cannot_be_read_is_set_aside_and_breaks_no_rule(fault: str, answers: list[Answer], opened_at, clean, beyond):
    change, scope, reason = SET_ASIDE[fault]
    observatory: Observatory = opened_at()
    landed(observatory, where(lambda one: one.place_id == US and at(one, AT), change)(answers))
    assert aside(observatory) - clean[2] == {(scope, reason): 1}
    assert clean[2] - aside(observatory) == {}
    # An answer that does not say when it came, of what, or from where, is in none of the place's slots.
    is_lost = reason in ("time_without_zone", "time_in_the_future", "place_missing", "source_unknown")
    assert beyond(observatory) == ({("gold.coverage", "every_slot_is_asked_for"): 1} if is_lost else {})


def test_the_clean_answers_break_no_rule_that_stops_a_publication(clean):
    assert {severities(table)[rule] for table, rule in clean[1]} <= {"warn", "note"}
