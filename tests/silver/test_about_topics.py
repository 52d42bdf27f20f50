"""No text and no author of a post is told by what is said of an answer that was set aside, whatever its shape and its reason."""

import json
from datetime import UTC, datetime

import pytest

from tests.engines import HOUR
from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.bronze import answers
from twilytics.bronze import tweets as bronze
from twilytics.silver import entries, tweet_counts, tweets
from twilytics.sources import ABOUT_TOPICS, verdict
from twilytics.sources.envelope import opened
from twilytics.sources.reasons import ANSWER, ENVELOPE

AT = datetime(2020, 7, 18, 12, 30, tzinfo=UTC)
TEXT, AUTHOR = "MARKEDTEXT", "63046977"
MARKED = {"text": f"{TEXT} {AUTHOR}", "author_id": AUTHOR, TEXT: AUTHOR, "user": {"id": int(AUTHOR), "id_str": AUTHOR, "name": TEXT}}
POST = {**MARKED, "id": "12", "id_str": "12", "created_at": "2020-07-18T12:00:00Z", "lang": "de"}
FIELDS = (
    *("author_id", "user", "created_at", "lang", "geo", "place", "coordinates", "entities", "public_metrics"),
    *("favorite_count", "retweet_count", "reply_count", "quote_count", "start", "end", "tweet_count"),
)
ERRORS = [{"message": TEXT, "detail": AUTHOR, "title": TEXT, **code} for code in ({}, *({"status": n} for n in (401, 403, 404, 429)))]
WHOLE = [
    f"<html>{TEXT} {AUTHOR}".encode(),
    f"{TEXT} {AUTHOR}".encode("utf-16"),
    json.dumps({"data": [POST]})[:-3].encode(),
    f"{TEXT} {AUTHOR}".encode(),
    b'""',
    TEXT,
    {TEXT: AUTHOR},
    [MARKED] * 2,
    *({"errors": errors} for errors in ([error] for error in ERRORS)),
    *({"errors": errors} for errors in (MARKED, [MARKED], [TEXT], ERRORS[0])),
    {"error": MARKED, "message": MARKED},
    {"status": 500, "title": MARKED, "code": int(AUTHOR)},
]
#: What stands where the posts or the spans of the counts should.
INSTEAD = [TEXT, int(AUTHOR), MARKED, [TEXT, int(AUTHOR)], [MARKED], [{**POST, "id": MARKED, "id_str": MARKED}], [POST] * 1001]
INSTEAD += [
    [POST | {"id": MARKED, "id_str": MARKED}, POST],
    *([POST | {field: value}] for field in FIELDS for value in (MARKED, [MARKED], -1)),
]


def shapes() -> list[bytes]:
    told = [*WHOLE, *({key: value} for key in ("data", "statuses", "results") for value in INSTEAD)]
    return [one if isinstance(one, bytes) else json.dumps(one).encode() for one in told]


def line(**parts: object) -> bytes:
    return json.dumps({"source": "x-v2-search", "place": "1", "captured_at": "2020-07-18T12:00:00Z", "title": "HSV", **parts}).encode()


LINES = [
    line(payload={"data": [POST]})[:-3],
    line(payload={"data": [POST]}).replace(b'"1"', b'"\xff"'),
    json.dumps([POST]).encode(),
    json.dumps(TEXT).encode(),
    json.dumps(POST).encode(),
    *(line(payload={"data": [POST]}, source=source) for source in (MARKED, f"{TEXT} {AUTHOR}", "x-v3-search")),
    *(line(payload={"data": [POST]}, **{part: told}) for part in ("place", "captured_at", "title") for told in (MARKED, [TEXT], [AUTHOR])),
    *(line(payload={"data": [POST]}, captured_at=f"{told} {AUTHOR}") for told in (TEXT, "2020-07-18")),
    line(payload={"data": [POST]}, captured_at="2020-07-18T12:00:00", text=TEXT),
    line(payload={"data": [POST]}, title=f"{TEXT} {AUTHOR}" * 50),
    line(text=TEXT),
    line(text=TEXT, source=None),
]


def are_secret(told: object) -> bool:
    return not any(secret in repr(told) for secret in (TEXT, AUTHOR, TEXT.lower()))


@pytest.mark.parametrize("source", sorted(ABOUT_TOPICS))
def test_whatever_an_answer_about_a_topic_is_set_aside_for_nothing_of_a_post_is_told(source: str):
    given = [Answer(source, "1", AT, AT, payload, title="HSV") for payload in shapes()]
    landed = snapshot.rows(bronze.TABLE, {answer.id: answer for answer in given}, batch=1)
    read = [*tweets.transform(landed, interval=HOUR, key=b"key").to_pylist(), *tweet_counts.transform(landed, interval=HOUR).to_pylist()]
    assert {row["answer"] for row in read} == {answer.id for answer in given}
    assert [row for row in read if not are_secret(row)] == []
    assert [flaw for answer in given if not are_secret(flaw := verdict.unreadable(source, answer.payload))] == []
    of_a_post = {"post_unnamed", "post_value", "post_place", "too_many_entries", None} if source != "x-v2-counts" else set()
    assert {row["reason"] for row in read} == ANSWER.keys() - {"no_topics", "too_many_entries"} | of_a_post


def test_of_a_line_of_an_archive_that_may_hold_posts_nothing_is_quoted():
    given = [opened(one, AT) for one in LINES]
    landed = snapshot.rows(answers.TABLE, {answer.id: answer for answer in given}, batch=1)
    read = entries.transform(landed, interval=HOUR).to_pylist()
    assert len(read) == len(LINES)
    assert [row for row in read if not are_secret(row)] == []
    assert {row["reason"] for row in read} == ENVELOPE.keys() & {
        *("line_not_utf8", "line_not_json", "line_not_an_object", "source_missing", "source_unknown", "place_unreadable"),
        *("time_missing", "time_unreadable", "time_without_zone", "title_unreadable", "payload_missing"),
    }


def test_a_line_with_a_list_of_what_trends_is_still_quoted():
    assert "yesterday" in str(opened(line(source="x-v2", captured_at="yesterday", payload=[]), AT).detail)
