import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import shared
from twilytics.answers import Answer
from twilytics.sources import archive
from twilytics.sources.archive import ArchiveError
from twilytics.sources.reasons import ENVELOPE

LANDED_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAYLOAD = b'{"trends": [ {"name":"\xe8\xb7\xa8\xe5\xb9\xb4"} ] }'
GOOD = b'{"source": "list", "place": "weibo", "captured_at": "2022-01-01T00:56:50Z", "payload": %b}' % PAYLOAD
OTHER = b'{"source":"x-v1.1","place":"638242","captured_at":"2020-07-18T12:00:02Z","payload":[]}'


@pytest.fixture
def landed(tmp_path):
    """The answers of an archive that holds these bytes."""

    def read(content, name="archive.jsonl"):
        (tmp_path / name).write_bytes(content)
        return list(archive.read(tmp_path / name, LANDED_AT))

    return read


def line(**parts):
    whole = {"source": "list", "place": "weibo", "captured_at": "2022-01-01T00:56:50Z", "payload": {"trends": []}}
    return json.dumps({key: value for key, value in (whole | parts).items() if value is not ...}).encode()


def test_an_answer_keeps_the_payload_as_it_stands_in_the_line(landed):
    (answer,) = landed(GOOD + b"\n")
    assert answer == Answer("list", "weibo", datetime(2022, 1, 1, 0, 56, 50, tzinfo=UTC), LANDED_AT, PAYLOAD)


def test_plain_and_gzip_and_joined_gzip_are_the_same_whatever_the_name(landed):
    plain = landed(GOOD + b"\n" + OTHER)
    assert landed(gzip.compress(GOOD + b"\n" + OTHER), "archive.txt") == plain
    assert landed(gzip.compress(GOOD + b"\n") + gzip.compress(OTHER + b"\n") + b"\0" * 512, "archive.jsonl.gz") == plain


def test_blank_lines_and_windows_line_ends_and_a_byte_order_mark_are_no_faults(landed):
    answers = landed(b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n  \n" + GOOD + b"\n\n")
    assert [answer.fault for answer in answers] == [None, None]
    assert len({answer.id for answer in answers}) == 1


def test_an_empty_archive_holds_nothing(landed):
    assert landed(b"") == landed(gzip.compress(b"")) == []


@pytest.mark.parametrize(
    ("broken", "fault", "detail"),
    [
        (b'{"source": "list", "place"', "line_not_json", "Expecting value: line 1 column 27 (char 26)"),
        (b'{"source": "list"', "line_not_json", "the line ends after 17 characters, within its object"),
        (b"<html>502 Bad Gateway</html>", "line_not_json", "no object goes on at character 0"),
        (b'{"payload":' + b"[" * 5000 + b"]" * 5000 + b"}", "line_not_json", "recursion"),
        (b'["list", "weibo"]', "line_not_an_object", "JSON, but no object"),
        (b"null", "line_not_an_object", "JSON, but no object"),
        (GOOD.replace(b"weibo", b"wei\xffbo"), "line_not_utf8", "byte 32 of 123"),
        (line(source=...), "source_missing", "no source"),
        (line(source=None), "source_missing", "no source"),
        (line(source="myspace"), "source_unknown", "myspace is none of x-v2, x-v1.1"),
        (line(source=["list"]), "source_unknown", "a list of 1 is none of"),
        (line(place=...), "place_missing", "no place"),
        (line(place=""), "place_missing", "no place"),
        (line(place=True), "place_unreadable", "true"),
        (line(place={"woeid": 1}), "place_unreadable", '{"woeid": 1}'),
        (line(place="a\0b"), "place_unreadable", "a\\x00b"),
        (line(place="  "), "place_unreadable", "no id"),
        (line(place="\ud800"), "place_unreadable", "\\ud800"),
        (line(place="p" * 257), "place_unreadable", "ppp"),
        (line(place="\ufdfa" * 20), "place_unreadable", "no id"),
        (line(captured_at=...), "time_missing", "no captured_at"),
        (line(captured_at="yesterday"), "time_unreadable", "yesterday"),
        (line(captured_at=1594648800), "time_unreadable", "1594648800"),
        (line(captured_at="2020-13-01T00:00:00Z"), "time_unreadable", "2020-13-01"),
        (line(captured_at="0001-01-01T00:00:00+14:00"), "time_unreadable", "0001-01-01"),
        (line(captured_at="2020-07-18T12:00:02"), "time_without_zone", "write 2020-07-18T12:00:02Z if it is UTC"),
        (line(captured_at="2020-07-18"), "time_without_zone", "2020-07-18 has no zone"),
        (line(captured_at="2005-12-31T23:59:59Z"), "time_too_early", "2005-12-31T23:59:59Z is before 2006"),
        (line(captured_at="1970-01-01T00:00:00Z"), "time_too_early", "1970"),
        (line(captured_at="2026-11-24T12:05:01Z"), "time_in_the_future", "later than 2026-11-24T12:00:00+00:00"),
        (line(payload=...), "payload_missing", "no payload"),
    ],
)
def test_a_broken_line_is_kept_verbatim_and_stops_nothing(landed, broken, fault, detail):
    answers = landed(GOOD + b"\n" + broken + b"\n" + OTHER + b"\n")
    assert [answer.fault for answer in answers] == [None, fault, None]
    assert (answers[1].payload, answers[1].captured_at) == (broken, LANDED_AT)
    assert detail in answers[1].detail
    assert len(answers[1].detail) <= 200
    assert answers[1].detail.isprintable()
    assert fault in ENVELOPE


def test_a_broken_line_tells_what_is_known_of_source_and_place(landed):
    told, untold = landed(line(captured_at=...) + b"\n" + line(source="myspace", place=["x"]))
    assert (told.source, told.place_id) == ("list", "weibo")
    assert (untold.source, untold.place_id) == ("archive", "")


def test_the_same_broken_line_landed_later_is_the_same_answer(tmp_path):
    (tmp_path / "a").write_bytes(b"not json")
    (first,), (later,) = (list(archive.read(tmp_path / "a", LANDED_AT + timedelta(hours=h))) for h in (0, 1))
    assert first.id == later.id


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2020-07-18T14:00:02+02:00", datetime(2020, 7, 18, 12, 0, 2, tzinfo=UTC)),
        ("2020-07-18 12:00:02.123456789Z", datetime(2020, 7, 18, 12, 0, 2, 123456, tzinfo=UTC)),
        ("2020-07-18t12:00:02z", datetime(2020, 7, 18, 12, 0, 2, tzinfo=UTC)),
        ("2006-01-01T00:00:00Z", datetime(2006, 1, 1, tzinfo=UTC)),
        ("2026-11-24T12:05:00Z", datetime(2026, 11, 24, 12, 5, tzinfo=UTC)),
    ],
)
def test_times_with_a_zone_are_read(landed, told, instant):
    (answer,) = landed(line(captured_at=told))
    assert (answer.fault, answer.captured_at, answer.captured_at.tzinfo) == (None, instant, UTC)


def test_a_number_is_an_id_of_a_place(landed):
    (answer,) = landed(line(place=638242))
    assert answer.place_id == "638242"


@pytest.mark.parametrize(
    "payload", [b"null", b'""', b'"<html>"', b"[ 1, 2 ]", b'{"a":"\\ud800"}', b'{"a": NaN, "b":"\\ud800"}', b"-0.10", b'{"a":1,"a":2}']
)
def test_any_payload_is_landed_verbatim(landed, payload):
    (answer,) = landed(b'{"payload" : ' + payload + b' , "extra": [], ' + line(payload=...)[1:])
    assert (answer.fault, answer.place_id, answer.payload) == (None, "weibo", payload)


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=60) | st.sampled_from([GOOD, OTHER, b'{"payload":', b"{}"]), max_size=8), st.booleans())
def test_no_byte_of_any_file_is_lost(tmp_path_factory, lines, packed):
    path = tmp_path_factory.getbasetemp() / "any.archive"
    content = b"\n".join(lines)
    if content.startswith(b"\x1f\x8b"):
        return
    path.write_bytes(gzip.compress(content) if packed else content)
    answers = list(archive.read(path, LANDED_AT))
    told = [one for one in content.split(b"\n") if one.strip()]
    assert [answer.payload for answer in answers if answer.fault] == [one.removesuffix(b"\r") for one in told if one not in (GOOD, OTHER)]
    assert sum(answer.fault is None for answer in answers) == sum(one in (GOOD, OTHER) for one in told)


def test_a_truncated_gzip_gives_all_that_can_be_read_and_its_torn_tail(landed):
    lines = [line(place=f"place-{nth}") for nth in range(20_000)]
    packed = gzip.compress(b"\n".join(lines))
    *whole, torn = landed(packed[: len(packed) // 2], "a.jsonl.gz")
    assert len(whole) > 5_000
    assert [answer.place_id for answer in whole] == [f"place-{nth}" for nth in range(len(whole))]
    assert (torn.fault, torn.source) == ("archive_truncated", "archive")
    assert lines[len(whole)].startswith(torn.payload)
    assert f"a.jsonl.gz ends at byte {len(packed) // 2}" in torn.detail


@pytest.mark.parametrize("cut", [10, 1, 5, 8])
def test_a_gzip_without_its_last_bytes_is_told(landed, cut):
    answers = landed(gzip.compress(GOOD + b"\n")[:-cut])
    assert answers[-1].fault == "archive_truncated"


def test_a_gzip_that_breaks_in_the_middle_gives_what_comes_before(landed):
    lines = [line(place=f"place-{nth}", captured_at=f"2022-01-01T00:56:50.{nth * 7919 % 99991}Z") for nth in range(20_000)]
    packed = bytearray(gzip.compress(b"\n".join(lines)))
    packed[len(packed) // 2 : len(packed) // 2 + 64] = b"\xff" * 64
    answers = landed(bytes(packed))
    assert answers[-1].fault == "archive_damaged"
    assert [answer.place_id for answer in answers[:5_000]] == [f"place-{nth}" for nth in range(5_000)]


def test_rubbish_after_gzip_is_told(landed):
    answers = landed(gzip.compress(GOOD + b"\n") + b"rubbish")
    assert [answer.fault for answer in answers] == [None, "archive_damaged"]


def test_a_line_longer_than_any_answer_is_kept_in_parts(landed, monkeypatch):
    monkeypatch.setattr(archive, "LONGEST_LINE", 1000)
    monkeypatch.setattr(archive, "CHUNK", 400)
    long = b'"' + b"x" * 2500 + b'"'
    answers = landed(GOOD + b"\n" + long + b"\n" + OTHER + b"\n")
    assert [answer.fault for answer in answers if answer.fault != "line_too_long"] == [None, None]
    assert b"".join(answer.payload for answer in answers if answer.fault) == long


@pytest.mark.parametrize("missing", ["absent.jsonl", "."])
def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path, missing):
    with pytest.raises(ArchiveError, match=r"cannot be read: .*\. Give a file of answers, plain or gzip\."):
        list(archive.read(tmp_path / missing, LANDED_AT))


@pytest.mark.parametrize(("name", "n"), [("x-2020", 4_543), ("weibo-2022", 7_740), ("zhihu-2022", 8_221), ("india-2025", 29)])
def test_real_archives_are_read_whole(name, n):
    path = shared(f"{name}.jsonl.gz")
    payloads = [answer.payload for answer in archive.read(path, LANDED_AT) if answer.fault is None]
    assert len(payloads) == n
    with gzip.open(path) as lines:
        assert all(payload in line for payload, line in zip(payloads, lines, strict=True))
