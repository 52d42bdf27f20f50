"""What was erased goes from an answer, the same way whenever it is done; everything else stays byte for byte."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lakes import NOON
from tests.shared_data import shared
from twilytics.answers import Answer
from twilytics.redaction import n_erased, redact, structure
from twilytics.sources import PARSERS
from twilytics.topics import topic_key

Holds = Callable[[str, str], bool]
ERASED = {"erased": True}


def answer(payload: object, source: str = "list", **told: Any) -> Answer:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Answer(**{"source": source, "place_id": "1", "captured_at": NOON, "landed_at": NOON, "payload": body, **told})


def erased(*texts: tuple[str, str]) -> Holds:
    return lambda kind, text: (kind, text) in texts


def topic(name: str) -> Holds:
    return erased(("topic", topic_key(name)))


def body(redacted: Answer | None) -> Any:
    assert redacted is not None
    return structure(redacted.payload)


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("x-v2", {"data": [{"trend_name": "#Zyx"}, {"trend_name": "b"}]}, {"data": [ERASED, {"trend_name": "b"}]}),
        (
            "x-v1.1",
            [{"trends": [{"name": "b", "query": "b"}, {"name": "ＺＹＸ", "query": "zyx"}], "as_of": "2020"}],
            [{"trends": [{"name": "b", "query": "b"}, ERASED], "as_of": "2020"}],
        ),
        ("mastodon", [{"name": "zyx", "url": "https://m/tags/zyx", "history": [{"uses": "5"}]}, {"name": "b"}], [ERASED, {"name": "b"}]),
        ("bluesky", {"trends": [{"topic": "b"}, {"topic": "1", "displayName": "Zyx"}]}, {"trends": [{"topic": "b"}, ERASED]}),
        ("bluesky", {"topics": [{"topic": "b"}], "suggested": [{"topic": "zyx"}]}, {"topics": [{"topic": "b"}], "suggested": [ERASED]}),
        ("list", {"trends": ["zyx", {"name": " # zyx "}, {"name": "zyxw"}]}, {"trends": [ERASED, ERASED, {"name": "zyxw"}]}),
    ],
)
def test_a_topic_goes_from_the_list_of_each_source(source: str, payload: object, expected: object):
    redacted = redact(answer(payload, source), topic("Zyx"))
    assert body(redacted) == expected
    assert redacted is not None
    n_listed = n_erased(redacted) - ("suggested" in json.dumps(expected))
    assert [entry.flaw for entry in PARSERS[source](body(redacted))].count("erased") == n_listed


def test_a_count_that_is_written_as_text_is_no_topic():
    payload = [{"name": "b", "history": [{"day": "5", "uses": "5", "accounts": "5"}]}]
    told = answer(payload, "mastodon")
    assert redact(told, topic("5")) is told
    assert body(redact(answer([*payload, {"name": "5"}], "mastodon"), topic("5"))) == [*payload, ERASED]


@pytest.mark.parametrize(
    "told",
    [
        answer({"trends": [{"name": "b"}]}),
        answer(b'{ "trends" : [{"name":"\\u0062 "}] , "x": 1.0 }'),
        answer(b"<html>zyx</html>"),
        answer(b"\xff zyx"),
        answer(b""),
        answer(b"null"),
        answer(b"[" * 300 + b'"zyx"' + b"]" * 300),
        answer(b"", fault="timeout", detail="zyx"),
        answer({"data": [{"text": "zyx", "id": "7"}]}, "x-v2-search", title="b"),
    ],
)
def test_an_answer_in_which_nothing_is_found_stays_the_very_same(told: Answer):
    assert redact(told, topic("zyx")) is told


def test_an_answer_about_the_topic_goes_as_a_whole():
    assert redact(answer({"data": []}, "x-v2-search", title="# ZYX"), topic("zyx")) is None
    assert redact(answer(b"", "x-v2-search", title="zyx", fault="timeout"), topic("zyx")) is None


def test_what_cannot_be_read_goes_as_a_whole_where_it_holds_the_topic():
    line = {"source": "list", "payload": {"trends": [{"name": "zyx"}, {"name": "b"}]}}
    assert redact(answer(line, fault="time_missing"), topic("zyx")) is None
    assert redact(answer({"lists": [{"name": "zyx"}]}), topic("zyx")) is None


def test_an_answer_that_went_once_is_known_again():
    torn = answer(b'{"name": "zyx', fault="line_not_json")
    assert redact(torn, erased(("answer", torn.id))) is None


def test_a_post_goes_with_what_repeats_it_and_its_number_from_everywhere_else():
    payload = json.loads(shared("answers/x-v2-search-recent.json").read_bytes())
    gone = "1275653067283759104"
    redacted = redact(answer(payload, "x-v2-search", title="b"), erased(("tweet", gone)))
    assert gone.encode() not in getattr(redacted, "payload", b"")
    told = body(redacted)
    assert [post == ERASED for post in told["data"]] == [False, False, False, True]
    assert told["data"][0]["referenced_tweets"] == [ERASED]
    assert told["data"][0]["text"] == payload["data"][0]["text"]
    retweet = {"data": [{"id": "9", "text": "RT", "referenced_tweets": [{"type": "retweeted", "id": gone}]}], "meta": {"newest_id": gone}}
    assert body(redact(answer(retweet, "x-v2-search", title="b"), erased(("tweet", gone)))) == {
        "data": [ERASED],
        "meta": {"newest_id": None},
    }


def test_an_author_goes_with_all_posts_and_every_mention_by_number():
    payload = json.loads(shared("answers/x-v2-search-recent.json").read_bytes())
    gone = "17200003"
    redacted = redact(answer(payload, "x-v2-search", title="b"), erased(("author", gone)))
    assert gone.encode() not in getattr(redacted, "payload", b"")
    told = body(redacted)
    assert [post == ERASED for post in told["data"]] == [False, True, False, True]
    assert told["data"][0]["in_reply_to_user_id"] is None
    assert [user == ERASED for user in told["includes"]["users"]][:2] == [False, True]
    assert redacted is not None
    assert n_erased(redacted) == 2 + 1 + 2  # posts found, the person, and posts that they refer to


def test_posts_of_version_1_go_by_their_user():
    payload = {"results": [{"id": 1, "id_str": "1", "user": {"id": 5, "id_str": "5"}}, {"id": 2, "user": {"id": 6}, "favorite_count": 5}]}
    told = answer(payload, "x-v1.1-search", title="b")
    assert body(redact(told, erased(("author", "5")))) == {"results": [ERASED, payload["results"][1]]}
    assert redact(told, erased(("tweet", "5"))) is told


NAMES = st.sampled_from(["a", "#A", "b", "B ", "c", "5", "7", "\ud800", "é", ""])
IDS = st.sampled_from(["5", "7", 5, 7, "9", 9, True, None, 1.5, 10**25])
KEYS = st.sampled_from(
    [
        "name",
        "id",
        "id_str",
        "author_id",
        "user",
        "retweeted_status",
        "referenced_tweets",
        "type",
        "uses",
        "in_reply_to_user_id",
        "ids",
        "n",
    ]
)
VALUES = st.recursive(
    NAMES | IDS | st.just("retweeted") | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
PAYLOADS = st.one_of(
    VALUES,
    st.builds(lambda items: {"trends": items}, st.lists(VALUES, max_size=4)),
    st.builds(lambda items: {"data": items}, st.lists(VALUES)),
)
TOMBSTONES = st.frozensets(
    st.tuples(st.just("topic"), st.sampled_from(["a", "b", "c", "5", "é"]))
    | st.tuples(st.sampled_from(["tweet", "author"]), st.sampled_from("579"))
)


@given(
    payload=PAYLOADS,
    title=st.none() | st.sampled_from(["a", "z"]),
    fault=st.none() | st.just("time_missing"),
    first=TOMBSTONES,
    second=TOMBSTONES,
    ensure_ascii=st.booleans(),
)
def test_in_whatever_order_and_however_often_the_bytes_are_the_same(
    payload: object, title: str | None, fault: str | None, first: frozenset, second: frozenset, ensure_ascii: bool
):
    raw = json.dumps(payload, ensure_ascii=ensure_ascii, indent=1).encode("utf-8", "surrogatepass")
    told = replace(answer(raw), title=title, fault=None if title else fault)
    both = erased(*first, *second)
    once = redact(told, erased(*first))
    twice = None if once is None else redact(once, both)
    assert twice == redact(told, both)
    assert twice is None or redact(twice, both) is twice
