"""Each source's answers in the shape that they really have, and all that comes in their place."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared_data import shared
from twilytics.sources import PARSERS, bluesky, mastodon, ranked_list, x_v1, x_v2
from twilytics.sources.entry import Entry, Unreadable
from twilytics.sources.judgement import judged
from twilytics.sources.reasons import REASONS

KEYS = ["trends", "data", "topics", "name", "topic", "errors", "error", "status", "title", "history", "uses", "code"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=20,
)


def test_an_answer_of_x_v1_1():
    payload = [
        {
            "trends": [
                {"name": "#Mosul", "promoted_content": None, "tweet_volume": 69119, "query": "%23Mosul"},
                {"name": "Buy This", "promoted_content": {"id": 1}, "tweet_volume": None},
                {"name": "Congress"},
            ],
            "as_of": "2016-10-17T18:47:54Z",
        }
    ]
    expected = [Entry("#Mosul", 69119, False), Entry("Buy This", None, True), Entry("Congress", None, False)]
    assert x_v1.entries(payload) == x_v1.entries(payload[0]) == expected


def test_the_recorded_answer_of_x_v1_1():
    entries = x_v1.entries(json.loads(shared("answers/x-v1.1-trends-amsterdam.json").read_text()))
    assert entries[0] == Entry("#ShoutoutToMyEx", 442950)
    assert (len(entries), sum(entry.volume is None for entry in entries)) == (46, 31)


def test_the_recorded_answer_of_x_v2():
    entries = x_v2.entries(json.loads(shared("answers/x-v2-trends.json").read_text()))
    assert entries[:2] == [Entry("#TEZOSTUESDAY", 14869), Entry("Copenhagen", 13005)]


def test_an_answer_of_x_v2_with_partial_errors_gives_its_data():
    payload = {
        "data": [{"trend_name": "Roses", "tweet_count": 5}, {"trend_name": "Heroes"}],
        "errors": [{"title": "Not Found Error", "status": 404}],
    }
    assert x_v2.entries(payload) == [Entry("Roses", 5), Entry("Heroes", None)]


@pytest.mark.parametrize(
    ("source", "payload"),
    [
        ("x-v2", {"data": [{"trend_name": "Roses", "post_count": 5}]}),
        ("x-v1.1", [{"trends": [{"name": "Roses", "post_volume": 5}]}]),
        ("mastodon", [{"name": "roses", "history": [{"day": "1595030400", "posts": "5"}]}]),
        ("bluesky", {"trends": [{"topic": "roses", "posts": 5}]}),
    ],
)
def test_a_volume_whose_field_has_another_name_is_told_of_and_the_topic_counts(source, payload):
    """As :func:`test_an_answer_of_x_v2_with_partial_errors_gives_its_data` shows, a trend without any count is none of these."""
    (row,) = judged(source, json.dumps(payload).encode())
    assert (row[1], row[3], row[5:7]) == ("roses", None, ("value", "volume_missing"))


def test_an_answer_of_mastodon_counts_the_newest_day_and_tells_numbers_as_text():
    payload = [
        {"name": "caturday", "history": [{"day": "1595030400", "uses": "123", "accounts": "100"}, {"day": "1594944000", "uses": "9"}]},
        {"name": "quiet", "history": []},
        {"name": "odd", "history": [{"uses": "many"}]},
        {"name": "new"},
    ]
    assert mastodon.entries(payload) == [Entry("caturday", 123), Entry("quiet"), Entry("odd", "many"), Entry("new")]


def test_an_answer_of_bluesky_in_both_its_shapes():
    trends = [
        {"topic": "wnba", "displayName": "WNBA Finals", "link": "/x", "postCount": 4471, "status": "hot"},
        {"topic": "opera", "postCount": 7},
    ]
    assert bluesky.entries({"trends": trends}) == [Entry("WNBA Finals", 4471), Entry("opera", 7)]
    assert bluesky.entries({"topics": [{"topic": "wnba", "link": "/x"}], "suggested": []}) == [Entry("wnba")]


def test_a_list_and_a_simulated_list():
    payload = {"trends": [{"name": "跨年"}, {"name": "B站", "volume": 7}]}
    assert ranked_list.entries(payload) == PARSERS["simulated"](payload) == [Entry("跨年"), Entry("B站", 7)]


def test_entries_that_are_no_objects_or_have_no_name_are_told():
    entries = ranked_list.entries({"trends": [{"name": "a"}, "b", {"title": "c"}, None]})
    assert [entry.flaw for entry in entries] == [None, "not_an_object", "name_missing", "not_an_object"]


@pytest.mark.parametrize("source", ["x-v1.1", "x-v2", "bluesky", "mastodon", "list"])
@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        ({"errors": [{"code": 453, "message": "You currently have access to a subset"}]}, "forbidden", "453 · You currently"),
        ({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, "rate_limited", "88 · Rate limit exceeded"),
        ({"errors": [{"code": 34, "message": "Sorry, that page does not exist."}]}, "not_found", "34 · Sorry"),
        ({"errors": [{"code": 32, "message": "Could not authenticate you."}]}, "unauthorized", "32 · Could not"),
        ({"errors": [{"code": 130, "message": "Over capacity"}]}, "source_error", "130 · Over capacity"),
        ({"errors": []}, "source_error", "[]"),
        ({"errors": "broken"}, "wrong_shape", "errors"),
        ({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}, "unauthorized", "401 · Unauthorized"),
        ({"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden"}, "forbidden", "403"),
        ({"title": "Too Many Requests", "type": "about:blank", "status": 429, "detail": "Too Many Requests"}, "rate_limited", "429"),
        ({"errors": [{"message": "id is no WOEID"}], "title": "Invalid Request", "type": "about:blank"}, "source_error", "id is no"),
        ({"error": "InvalidRequest", "message": "no such method"}, "source_error", "InvalidRequest · no such method"),
        ({"error": "RateLimitExceeded"}, "rate_limited", "RateLimitExceeded"),
        ({"error": "This method requires an authenticated user"}, "source_error", "requires an authenticated user"),
        ({"status": 503}, "source_error", "503"),
        ({"trends": None, "data": None, "errors": [{"code": 88}]}, "rate_limited", "88"),
    ],
)  # fmt: skip
def test_an_error_answer_says_which(source, body, reason, detail):
    with pytest.raises(Unreadable) as unreadable:
        PARSERS[source](body)
    if source == "mastodon" and reason == "wrong_shape":
        detail = "the answer is no list"
    assert (unreadable.value.reason, detail in unreadable.value.quoted) == (reason, True)


@pytest.mark.parametrize("source", PARSERS)
@pytest.mark.parametrize("payload", [{}, "<html>", 7, True, {"trends": {}, "data": "x", "topics": 1}, {"other": []}])
def test_another_shape_is_told_as_such(source, payload):
    with pytest.raises(Unreadable) as unreadable:
        PARSERS[source](payload)
    assert unreadable.value.reason == "wrong_shape"


@given(st.sampled_from(sorted(PARSERS)), JSON)
def test_no_json_at_all_is_more_than_unreadable(source, payload):
    flaw = None
    entries: Sequence[Entry] = ()
    try:
        entries = PARSERS[source](payload)
    except Unreadable as unreadable:
        flaw = unreadable
    assert flaw is None or (flaw.reason in REASONS and 0 < len(flaw.detail) <= 200 and 0 < len(flaw.quoted) <= 200)
    assert all(isinstance(entry, Entry) for entry in entries)
