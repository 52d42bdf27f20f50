import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import shared
from twilytics import slots
from twilytics.answers import Answer
from twilytics.bronze import answers as bronze
from twilytics.render import arrow
from twilytics.silver import entries
from twilytics.sources import PARSERS, archive
from twilytics.sources.reasons import REASONS

NOON = datetime(2020, 7, 18, 12, 59, 59, 999_999, tzinfo=UTC)
HOUR = timedelta(hours=1)


def as_bronze(answers):
    rows = [
        {
            "answer": answer.id,
            "batch": 1,
            **{name: getattr(answer, name) for name in ("source", "place_id", "captured_at", "landed_at", "payload", "fault", "detail")},
        }
        for answer in answers
    ]
    return pa.Table.from_pylist(rows, schema=arrow.schema(bronze.TABLE))


def read(*answers, interval=HOUR):
    return entries.transform(as_bronze(answers), interval=interval).to_pylist()


def said(payload, source="list", place_id="weibo", at=NOON):
    return Answer(source, place_id, at, at, payload if isinstance(payload, bytes) else json.dumps(payload).encode())


def listed(*trends):
    """The rows of an answer with these trends, as (position, topic, title, volume, scope, reason)."""
    return [
        tuple(row[name] for name in ("position", "topic", "title", "volume", "scope", "reason"))
        for row in read(said({"trends": list(trends)}))
    ]


def test_an_entry_becomes_a_row_in_the_order_of_the_list():
    answer = said([{"trends": [{"name": "#Foo  Bar", "tweet_volume": 7}, {"name": "Ad", "promoted_content": {}}]}], "x-v1.1", "638242")
    common = {
        "answer": answer.id,
        "source": "x-v1.1",
        "place": "berlin",
        "slot": NOON.replace(minute=0, second=0, microsecond=0),
        "captured_at": NOON,
    }
    fine = {"scope": None, "reason": None, "detail": None}
    assert read(answer) == [
        common | {"position": 1, "topic": "foo bar", "title": "#Foo  Bar", "volume": 7, "is_promoted": False} | fine,
        common | {"position": 2, "topic": "ad", "title": "Ad", "volume": None, "is_promoted": True} | fine,
    ]


def test_the_columns_are_those_that_are_declared_also_of_no_answers():
    for answers in ([], [said({"trends": [{"name": "a"}]})]):
        assert entries.transform(as_bronze(answers), interval=HOUR).schema.equals(arrow.schema(entries.TABLE))


@given(st.datetimes(datetime(1969, 1, 1), datetime(2100, 1, 1)), st.sampled_from([5, 15, 60, 480, 1440]))  # noqa: DTZ001
def test_the_slot_is_the_time_floored_to_the_interval(naive, minutes):
    instant, interval = naive.replace(tzinfo=UTC), timedelta(minutes=minutes)
    (row,) = read(said({"trends": [{"name": "a"}]}, at=instant), interval=interval)
    assert row["slot"] == slots.floor(instant, interval)


@pytest.mark.parametrize(
    ("trend", "reason", "detail"),
    [
        ("just text", "not_an_object", "just text"),
        (None, "not_an_object", "null"),
        ({"volume": 5}, "name_missing", '{"volume": 5}'),
        ({"name": None}, "name_missing", "null"),
        ({"name": 5}, "name_not_text", "5"),
        ({"name": ["a"]}, "name_not_text", '["a"]'),
        ({"name": ""}, "topic_empty", ""),
        ({"name": " # "}, "topic_empty", " # "),
        ({"name": "n" * 10_000}, "name_too_long", "n" * 199 + "…"),
        ({"name": "\ufdfa" * 100}, "name_too_long", "\ufdfa" * 100),
        ({"name": "nul\0"}, "name_has_nul", "nul\\x00"),
        ({"name": "half \ud83d"}, "name_not_unicode", "half \\ud83d"),
    ],
)
def test_an_entry_that_cannot_be_read_is_set_aside_and_the_rest_counts(trend, reason, detail):
    first, broken, last = read(said({"trends": [{"name": "a"}, trend, {"name": "b"}]}))
    assert (first["topic"], last["topic"], last["position"]) == ("a", "b", 3)
    assert {name: broken[name] for name in ("position", "topic", "title", "volume", "scope", "reason", "detail")} == {
        "position": 2,
        "topic": None,
        "title": None,
        "volume": None,
        "scope": "entry",
        "reason": reason,
        "detail": detail,
    }


def test_a_name_of_500_characters_is_not_too_long():
    assert listed({"name": "n" * 500}) == [(1, "n" * 500, "n" * 500, None, None, None)]


@pytest.mark.parametrize(
    ("volume", "reason"),
    [
        ("-5", "volume_negative"),
        ("-0.5", "volume_negative"),
        ("-Infinity", "volume_negative"),
        ('"1234"', "volume_not_a_number"),
        ("true", "volume_not_a_number"),
        ("[1]", "volume_not_a_number"),
        ("NaN", "volume_not_a_number"),
        ("1.5", "volume_fractional"),
        ("9223372036854775808", "volume_too_large"),
        ("1e300", "volume_too_large"),
        ("9" * 5_000, "volume_too_large"),
        ("-" + "9" * 5_000, "volume_negative"),
        ("Infinity", "volume_too_large"),
    ],
)
def test_a_volume_that_is_none_is_set_aside_and_the_topic_counts(volume, reason):
    (row,) = read(said(b'{"trends": [{"name": "A", "volume": %b}]}' % volume.encode()))
    assert (row["topic"], row["title"], row["volume"], row["scope"], row["reason"]) == ("a", "A", None, "value", reason)
    assert row["detail"]


@pytest.mark.parametrize(("volume", "number"), [("0", 0), ("1e3", 1000), ("7.0", 7), ("9223372036854775807", 2**63 - 1), ("null", None)])
def test_whole_numbers_are_volumes_however_they_are_written(volume, number):
    (row,) = read(said(b'{"trends": [{"name": "A", "volume": %b}]}' % volume.encode()))
    assert (row["volume"], row["reason"]) == (number, None)


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        (b"", "empty", "0 bytes"),
        (b" \n ", "empty", "3 bytes"),
        (b"null", "empty", "null"),
        (b'""', "empty", "empty text"),
        (b"<!DOCTYPE html><html>\n502</html>", "html", "<!DOCTYPE html><html>\\n502"),
        (b'"<html>502</html>"', "wrong_shape", "<html>502"),
        (b"upstream connect error", "not_json", "upstream connect error"),
        (b'{"trends": [{"name": "a"', "not_json", "trends"),
        (b'{"trends": [{"name": "\xff"}]}', "not_utf8", "byte 22 of 27"),
        ('{"trends": []}'.encode("utf-16"), "not_utf8", "byte 0"),
        (b"[" * 1000 + b"]" * 1000, "wrong_shape", "nested too deeply"),
        (b"[" * 100_000, "not_json", "recursion"),
        (b"1" * 5000, "wrong_shape", "no object"),
        (b'{"errors": [{"code": 88, "message": "Rate limit exceeded"}]}', "rate_limited", "88 · Rate limit exceeded"),
        (b'{"trends": []}', "no_topics", "the list is empty"),
        (b'{"trends": [{"name": "#"}, 7, 8]}', "no_topics", "none of 3 entries counts: not_an_object (2), topic_empty (1)"),
        (json.dumps({"trends": [{"name": f"t{nth}"} for nth in range(5_000)]}).encode(), "too_many_entries", "5000 entries"),
    ],
)
def test_an_answer_that_cannot_be_read_is_one_row(payload, reason, detail):
    before, row, after = read(said({"trends": [{"name": "a"}]}), said(payload), said({"trends": [{"name": "b"}]}))
    assert (before["topic"], after["topic"]) == ("a", "b")
    assert (row["position"], row["topic"], row["title"], row["scope"], row["reason"]) == (0, None, None, "answer", reason)
    assert detail in row["detail"]
    assert len(row["detail"]) <= 200


def test_an_answer_with_nothing_but_promoted_entries_has_no_topics():
    (row,) = read(said([{"trends": [{"name": "Ad", "promoted_content": {}}]}], "x-v1.1", "1"))
    assert (row["reason"], row["detail"]) == ("no_topics", "none of 1 entries counts: promoted (1)")


def test_one_half_of_a_surrogate_pair_does_not_cost_the_other_topics():
    assert [row[1] for row in listed({"name": "a"}, {"name": "b\ud800"}, {"name": "c"})] == ["a", None, "c"]


def test_a_thousand_entries_are_not_too_many():
    assert len(listed(*({"name": f"t{nth}"} for nth in range(1_000)))) == 1_000


def test_a_faulty_answer_is_one_row_with_its_fault():
    (row,) = read(Answer("archive", "", NOON, NOON, b"not json", "line_not_json", "Expecting value: not json"))
    assert (row["place"], row["position"], row["scope"], row["reason"], row["detail"]) == (
        "unknown", 0, "answer", "line_not_json", "Expecting value: not json",
    )  # fmt: skip


def test_an_answer_of_a_source_that_this_version_does_not_know_is_set_aside():
    (row,) = read(said(b"[]", source="threads"))
    assert (row["reason"], row["place"]) == ("source_unknown", "weibo")


def test_an_unknown_woeid_is_a_place_of_that_name():
    (row,) = read(said({"data": [{"trend_name": "a"}]}, "x-v2", "99"))
    assert (row["place"], row["reason"]) == ("99", None)


BODIES = st.text(max_size=40).map(lambda text: json.dumps({"trends": [{"name": text, "volume": text}, {"name": f"{text}x"}]}).encode())


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(sorted(PARSERS)), st.binary(max_size=40) | BODIES), max_size=5))
def test_whatever_comes_each_answer_has_its_rows_and_they_keep_the_rules(told):
    answers = [said(payload, source) for source, payload in told]
    rows = read(*answers)
    assert {row["answer"] for row in rows} == {answer.id for answer in answers}
    for row in rows:
        assert (row["reason"] is None) == (row["scope"] is None)
        assert row["reason"] is None or row["reason"] in REASONS
        assert (row["topic"] is None) == (row["scope"] in ("answer", "entry")) == (row["title"] is None)
        assert not any("\0" in (row[name] or "") for name in ("topic", "title", "detail", "place"))


def test_an_answer_has_the_same_rows_whatever_comes_beside_it():
    answers = [said({"trends": [{"name": f"t{nth}"}, {"name": nth}]}, at=NOON + nth * HOUR) for nth in range(200)]
    together = read(*answers)
    assert read(*reversed(answers)) == [row for answer in reversed(answers) for row in together if row["answer"] == answer.id]
    assert read(answers[7]) == [row for row in together if row["answer"] == answers[7].id]


def test_where_a_file_that_was_looked_into_had_none_of_them_the_answers_are_read_all_the_same():
    given = as_bronze([said({"trends": [{"name": "a"}]})])
    nothing = pa.chunked_array([pa.array([], given.schema.field("answer").type)])
    before = pa.table({field.name: nothing.cast(field.type) for field in given.schema}, schema=given.schema)
    for parts in ([before, given], [given, before, given], [before]):
        asked = pa.concat_tables(parts)
        found = entries.transform(asked, interval=HOUR)
        assert found.column("topic").to_pylist() == ["a"] * asked.num_rows


def test_a_year_of_real_answers_has_the_counted_numbers():
    answers = list(archive.read(shared("x-2020.jsonl.gz"), datetime.now(UTC)))
    rows = entries.transform(as_bronze(answers), interval=timedelta(minutes=480)).to_pylist()
    earliest: dict[tuple, tuple] = {}
    for row in rows:
        key, capture = (row["place"], row["slot"]), (row["captured_at"], row["answer"])
        earliest[key] = min(earliest.get(key, capture), capture)
    topics = {
        (row["place"], row["slot"], row["topic"])
        for row in rows
        if earliest[row["place"], row["slot"]] == (row["captured_at"], row["answer"])
    }
    assert (len(answers), len(earliest), len(topics)) == (4_543, 4_506, 196_804)
    assert {row["reason"] for row in rows} == {None}
    assert {row["place"] for row in rows} == {
        "worldwide", "india", "mumbai", "chennai", "delhi", "united-states", "united-kingdom", "singapore", "new-zealand", "san-francisco",
    }  # fmt: skip
