"""Faults planted in real answers: each is told by the rule that is meant for it, and by no other."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.conftest import SINCE, SLOT, UNTIL, landed
from tests.shared_data import shared
from twilytics.answers import Answer
from twilytics.observatory import Observatory
from twilytics.silver import quarantine
from twilytics.sources import archive, envelope

AT = datetime(2020, 9, 21, tzinfo=UTC)
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


def shifted(by: timedelta) -> Change:
    return where(lambda one: one.place_id == US and at(one, AT), lambda one: replace(one, captured_at=one.captured_at + by))


def one_of(edit: Callable[[list[dict[str, Any]]], object]) -> Change:
    return where(lambda one: one.place_id == US and at(one, AT), lambda one: edited(one, edit))


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
    "a clock is a slot behind": (shifted(-SLOT), {("gold.captures", "clocks_agree"): 1}),
    "a clock is a slot ahead": (shifted(SLOT), {("gold.captures", "clocks_agree"): 1}),
    "a place falls silent": (
        lambda answers: [one for one in answers if one.place_id != US or one.captured_at < AT],
        {("gold.captures", "place_is_heard_of"): 1},
    ),
    "a place is answered for with a larger one's list": (as_of(US, UK), {("gold.trend_equality", "two_lists"): 1}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_answers_is_told_by_its_own_rule(fault: str, answers: list[Answer], opened_at, beyond):
    change, expected = FAULTS[fault]
    observatory: Observatory = opened_at()
    landed(observatory, change(answers))
    assert beyond(observatory) == expected


def test_names_that_were_encoded_twice_are_told_of(opened_at):
    """The 29 lists of india-2025 as they came; how many of their names are double-encoded was counted by decoding them again."""
    read = list(archive.read(shared("india-2025.jsonl.gz"), datetime(2025, 5, 1, tzinfo=UTC)))
    names = [trend["name"] for one in read for trend in json.loads(one.payload)["trends"]]
    observatory: Observatory = opened_at()
    landed(observatory, read)
    from tests.faults.conftest import found

    told = found(observatory)
    assert set(told) == {("gold.trends", "decoded_once")}
    assert told[("gold.trends", "decoded_once")] > 0
    assert any(_decoded(name) for name in names)


def _decoded(name: str) -> str | None:
    try:
        return name.encode("cp1252").decode()
    except UnicodeError:
        return None


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
def test_what_cannot_be_read_is_set_aside_and_breaks_no_rule(fault: str, answers: list[Answer], opened_at, beyond):
    change, scope, reason = SET_ASIDE[fault]
    observatory: Observatory = opened_at()
    landed(observatory, where(lambda one: one.place_id == US and at(one, AT), change)(answers))
    told = {(row["scope"], row["reason"]) for row in observatory.lake.read(quarantine.TABLE).to_pylist()}
    assert (scope, reason) in told
    assert beyond(observatory) == {}


def test_the_clean_answers_break_no_rule_that_stops_a_publication(clean):
    from twilytics.results import severities

    _, found = clean
    assert {severities(table)[rule] for table, rule in found} <= {"warn", "note"}
    assert SINCE < UNTIL
