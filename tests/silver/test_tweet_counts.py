import json

import pytest

from tests.engines import HOUR
from tests.shared_data import shared
from tests.silver.test_tweets import AT, answered
from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.bronze import tweets as bronze
from twilytics.silver import tweet_counts, tweets


def spans(*counts: object) -> dict:
    """Hourly spans that end at midnight, the last one last."""
    begins = range(24 - len(counts), 24)
    return {
        "data": [
            {
                "start": f"2020-07-17T{hour:02}:00:00.000Z",
                "end": f"2020-07-{17 + (hour == 23)}T{(hour + 1) % 24:02}:00:00.000Z",
                "tweet_count": n,
            }
            for hour, n in zip(begins, counts, strict=True)
        ]
    }


def read(*answers: Answer) -> list[dict]:
    landed = snapshot.rows(bronze.TABLE, {answer.id: answer for answer in answers}, batch=1)
    return tweet_counts.transform(landed, interval=HOUR).to_pylist()


def test_the_spans_of_a_day_are_summed():
    (row,) = read(answered(spans(3, 0, 4), "x-v2-counts"))
    assert (row["topic"], row["slot"], row["n_tweets"], row["reason"]) == ("hsv", AT.replace(minute=0), 7, None)


def test_spans_that_began_more_than_a_day_before_the_last_one_ended_do_not_count():
    before = {"start": "2020-07-16T23:59:59Z", "end": "2020-07-17T00:00:00Z", "tweet_count": 100}
    told = spans(3, 4)
    (row,) = read(answered({"data": [before, *told["data"]]}, "x-v2-counts"))
    assert row["n_tweets"] == 7


def test_spans_without_posts_count_none():
    assert read(answered(spans(0, 0), "x-v2-counts"))[0]["n_tweets"] == 0


@pytest.mark.parametrize(
    "payload",
    [
        b"<html>",
        {"errors": [{"title": "x"}]},
        [],
        {"data": 1},
        {"data": []},
        {"data": [], "meta": {"total_tweet_count": 0}},
        {"data": [{"tweet_count": 1}]},
        {"data": [{"start": "2020-07-17T00:00:00Z", "end": "2020-07-17T01:00:00Z", "post_count": 1}]},
        spans(-1),
        spans("7"),
    ],
)
def test_a_count_that_is_none_is_set_aside(payload: object):
    (row,) = read(answered(payload, "x-v2-counts"))
    assert (row["n_tweets"], row["scope"]) == (None, "answer")


def test_searches_and_counts_are_each_read_as_what_they_are():
    both = (answered(spans(1), "x-v2-counts"), answered({"meta": {"result_count": 0}}))
    landed = snapshot.rows(bronze.TABLE, {answer.id: answer for answer in both}, batch=1)
    assert [row["source"] for row in read(*both)] == ["x-v2-counts"]
    assert tweets.transform(landed, interval=HOUR, key=b"k")["source"].to_pylist() == ["x-v2-search"]


def test_the_recorded_answer_counts_its_last_24_of_169_hours():
    """Summed by hand: the spans from 2021-06-02 00:00 on."""
    payload = shared("answers/x-v2-counts-recent.json").read_bytes()
    spans = json.loads(payload)["data"]
    assert read(answered(payload, "x-v2-counts"))[0]["n_tweets"] == sum(span["tweet_count"] for span in spans[-24:])
