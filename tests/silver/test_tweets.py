import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tests.engines import HOUR
from tests.shared_data import shared
from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.bronze import tweets as bronze
from twilytics.silver import tweets

AT = datetime(2020, 7, 18, 12, 30, tzinfo=UTC)
POST = {
    "id": "1276035977375477760",
    "author_id": "63046977",
    "text": "@snowman nobody is to read this",
    "created_at": "2020-06-25T06:14:19.000Z",
    "lang": "en",
    "entities": {"hashtags": [{"tag": "HSV"}, {"tag": "hsv"}, {"tag": "Tatort"}]},
    "geo": {"place_id": "f7eb", "coordinates": {"type": "Point", "coordinates": [9.99, 53.55]}},
    "public_metrics": {"like_count": 3, "retweet_count": 2, "reply_count": 1, "quote_count": 0},
}


def answered(payload: object, source: str = "x-v2-search", title: str = "#HSV", fault: str | None = None) -> Answer:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Answer(source, "1", AT, AT, body, fault, "why" if fault else None, title)


def read(*answers: Answer, key: bytes = b"key") -> list[dict]:
    landed = snapshot.rows(bronze.TABLE, {answer.id: answer for answer in answers}, batch=1)
    return tweets.transform(landed, interval=HOUR, key=key).to_pylist()


def test_a_post_becomes_a_row_without_its_text_and_with_its_author_as_a_hash():
    (row,) = read(answered({"data": [POST], "includes": {"places": [{"id": "f7eb", "full_name": "Hamburg", "country_code": "DE"}]}}))
    assert {name: row[name] for name in ("position", "topic", "slot", "place", "tweet", "lang", "written_in", "country_code")} == {
        "position": 1,
        "topic": "hsv",
        "slot": AT.replace(minute=0),
        "place": "worldwide",
        "tweet": "1276035977375477760",
        "lang": "en",
        "written_in": "Hamburg",
        "country_code": "DE",
    }
    assert (row["longitude"], row["latitude"], row["hashtags"]) == (9.99, 53.55, "hsv tatort")
    assert (row["n_likes"], row["n_reposts"], row["n_replies"], row["n_quotes"]) == (3, 2, 1, 0)
    assert row["created_at"] == datetime(2020, 6, 25, 6, 14, 19, tzinfo=UTC)
    assert not any(secret in str(row) for secret in ("63046977", "snowman", "nobody"))


def test_an_author_has_one_hash_under_one_key_and_another_under_another():
    given = answered({"data": [POST, POST | {"id": "2"}, POST | {"id": "3", "author_id": "7"}]})
    first, second, other = (row["author"] for row in read(given))
    assert first == second != other
    assert read(given, key=b"another")[0]["author"] != first


@pytest.mark.parametrize("payload", [{"meta": {"result_count": 0}}, {"data": [], "meta": {"result_count": 0}}])
def test_a_search_that_found_nothing_has_a_row_that_says_so(payload: object):
    (row,) = read(answered(payload))
    assert (row["position"], row["tweet"], row["reason"]) == (0, None, None)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"<html>", "html"),
        ({"errors": [{"title": "Unauthorized", "status": 401}]}, "unauthorized"),
        ({"meta": {}}, "wrong_shape"),
        ({"data": {}}, "wrong_shape"),
        ({"data": []}, "wrong_shape"),
        ({"data": [POST | {"id": None}, {"post.fields": "1"}, "1"]}, "wrong_shape"),
        ({"data": [POST] * 1001}, "too_many_entries"),
    ],
)
def test_an_answer_that_cannot_be_read_is_set_aside_whole(payload: object, reason: str):
    (row,) = read(answered(payload))
    assert (row["position"], row["scope"], row["reason"]) == (0, "answer", reason)


def test_a_call_that_failed_is_told_of_and_not_set_aside():
    (row,) = read(answered(b"", fault="timeout"))
    assert (row["scope"], row["reason"], row["detail"]) == ("call", "timeout", "why")


@pytest.mark.parametrize("number", [None, "", "one", "one two", 1.5, True, "1" * 33])
def test_a_post_without_a_number_is_set_aside_and_the_others_count(number: object):
    rows = read(answered({"data": [POST | {"id": number}, POST]}))
    assert [(row["position"], row["reason"]) for row in rows] == [(1, "post_unnamed"), (2, None)]


@pytest.mark.parametrize(
    ("change", "column", "reason", "detail"),
    [
        ({"created_at": "yesterday"}, "created_at", "post_value", "created_at: text of 9 characters"),
        ({"created_at": "2020-06-25T06:14:19"}, "created_at", "post_value", "created_at: text of 19 characters"),
        ({"lang": 7}, "lang", "post_value", "lang: a number"),
        ({"lang": "nobody"}, "lang", "post_value", "lang: text of 6 characters"),
        ({"author_id": None}, "author", "post_value", "author_id: null"),
        ({"author_id": "snowman"}, "author", "post_value", "author_id: text of 7 characters"),
        ({"public_metrics": {"like_count": -1}}, "n_likes", "post_value", "n_likes: a number, volume_negative"),
        (
            {"geo": {"coordinates": {"coordinates": [9.99, 153.55]}}},
            "latitude",
            "post_place",
            "geo: an object of 1 field; coordinates: a list",
        ),
        ({"geo": {"post.fields": "f7eb"}}, "written_in", "post_place", "geo: an object of 1 field"),
        ({"geo": "f7eb"}, "written_in", "post_place", "geo: text of 4 characters"),
    ],
)
def test_a_value_that_is_none_costs_only_itself(change: dict, column: str, reason: str, detail: str):
    (row,) = read(answered({"data": [POST | change]}))
    assert (row["tweet"], row[column], row["scope"], row["reason"]) == (POST["id"], None, "value", reason)
    assert row["detail"].startswith(detail)


def test_coordinates_that_are_none_leave_the_place_that_is_named():
    (row,) = read(answered({"data": [POST | {"geo": {"place_id": "f7eb", "coordinates": {"coordinates": ["9.99", 53.55]}}}]}))
    assert (row["written_in"], row["latitude"], row["reason"]) == ("f7eb", None, "post_value")


@pytest.mark.parametrize("geo", [None, {}])
def test_a_post_without_a_place_has_none_and_that_is_no_flaw(geo: object):
    (row,) = read(answered({"data": [POST | {"geo": geo}]}))
    assert (row["written_in"], row["latitude"], row["reason"]) == (None, None, None)


def test_what_erasure_left_of_a_post_is_no_row():
    assert [row["position"] for row in read(answered({"data": [{"erased": True}, POST]}))] == [1]


@pytest.mark.parametrize(
    ("name", "source", "n", "n_geo"),
    [
        ("x-v2-search-recent", "x-v2-search", 4, 2),
        ("x-v2-search-recent-places", "x-v2-search", 10, 0),
        ("x-v1.1-tweets-with-places", "x-v1.1-search", 100, 100),
    ],
)
def test_recorded_answers_are_read_whole(name: str, source: str, n: int, n_geo: int):
    payload = shared(f"answers/{name}.json").read_bytes()
    rows = read(answered(payload, source))
    assert (len(rows), sum(row["written_in"] is not None for row in rows)) == (n, n_geo)
    assert all(row["reason"] is None and row["author"] and row["created_at"] for row in rows)
    told = json.loads(payload)
    texts = [post["text"] for post in told.get("data") or told["results"]]
    kept = str(pa.Table.from_pylist(rows).to_pydict())
    assert not any(text in kept for text in texts)
    if source == "x-v1.1-search":
        assert sum(row["longitude"] is not None for row in rows) == 33
        assert sum(row["hashtags"] is not None for row in rows) == 29
