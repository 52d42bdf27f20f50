"""Whatever a source replies, somebody is told what it was."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faulty import NOON
from tests.sources.test_parsers import JSON
from twilytics.listening import SOURCES
from twilytics.sources import LIVE, verdict, x_search, x_v1, x_v2
from twilytics.sources.reasons import CALL, FAILURES
from twilytics.sources.reply import Reply

ASKED = {**LIVE, **{source.NAME: source for source in SOURCES}}


def refused(status, body, source=x_v2):
    return verdict.refusal(Reply(body if isinstance(body, bytes) else json.dumps(body).encode(), NOON, status), source)


@given(st.integers(300, 999), JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40), st.sampled_from(sorted(ASKED)))
def test_any_refusal_has_a_reason_and_words(status, body, name):
    failure = refused(status, body, ASKED[name])
    assert failure.reason in CALL
    assert failure.detail.startswith(f"HTTP {status}")
    assert len(failure.detail) <= 400


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40), st.sampled_from(sorted(ASKED)))
def test_any_answer_counts_or_has_a_reason(body, name):
    flaw = verdict.unreadable(name, body)
    assert flaw is None or flaw[0] in FAILURES


@pytest.mark.parametrize(
    ("status", "body", "reason", "words"),
    [
        (400, {"errors": [{"code": 215, "message": "Bad Authentication data."}]}, "unauthorized", "215 · Bad Authentication data."),
        (403, {"title": "Client Forbidden", "reason": "client-not-enrolled"}, "forbidden", "client-not-enrolled"),
        (429, {"title": "UsageCapExceeded", "detail": "Monthly product cap"}, "unpaid", "Monthly product cap"),
        (429, b"", "rate_limited", "the answer is 0 bytes of nothing"),
        (408, b"", "timeout", "HTTP 408"),
        (599, b"\xff", "source_error", "HTTP 599"),
        (422, {"error": "no"}, "refused", "no"),
        (304, b"", "redirected", "HTTP 304: name the place or the address by where it has moved"),
    ],
)
def test_a_refusal_is_told_by_its_status_and_by_what_its_body_says(status, body, reason, words):
    failure = refused(status, body)
    assert (failure.reason, words in failure.detail) == (reason, True)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"title": "Unauthorized", "status": 401}, "HTTP 401: 401 · Unauthorized. TWILYTICS_X_BEARER_TOKEN has to be"),
        (400, {"errors": [{"message": "no viable alternative at character '-'"}]}, "HTTP 400: no viable alternative at character '-'"),
        (503, {"errors": [{"message": ["SECRET"]}]}, "HTTP 503: an error answer: of no code that is known"),
        (503, {"data": [{"text": "SECRET"}]}, "HTTP 503: an object of 1 field"),
        (503, ["SECRET"], "HTTP 503: a list of 1"),
        (503, b'{"text": "SECRET', "HTTP 503: Unterminated string starting at: line 1 column 10 (char 9): text of 16 characters"),
        (503, b"<p>SECRET", "HTTP 503: a web page: text of 9 characters"),
    ],
)
def test_of_a_refusal_about_a_topic_nothing_is_quoted_but_the_words_of_an_error(status, body, words):
    told = refused(status, body, x_search).detail
    assert (told.startswith(words), "SECRET" in told) == (True, False)


def test_what_x_wants_stands_behind_what_it_says():
    assert refused(401, {"title": "Unauthorized", "type": "about:blank"}, x_v1).detail.startswith(
        "HTTP 401: Unauthorized. TWILYTICS_X_BEARER_TOKEN has to be"
    )
    long = {
        "errors": [
            {"code": 453, "message": "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints only. " * 9}
        ]
    }
    assert refused(403, long, x_v1).detail.endswith("TWILYTICS_SOURCE=x-v2 asks version 2")


def test_an_answer_with_one_readable_topic_counts():
    assert verdict.unreadable("x-v2", b'{"data": [{"trend_name": "a"}, {"post.fields": "b"}], "errors": [{"status": 404}]}') is None
