import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twilytics import spool as spool_module
from twilytics.answers import Answer
from twilytics.errors import ServiceError
from twilytics.spool import Spool

NOON = datetime(2020, 7, 18, 12, 0, 2, 123456, tzinfo=UTC)


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "home" / "spool")


def answers(n, payload=b'{"trends":[]}'):
    return [Answer("list", "weibo", NOON + timedelta(hours=nth), NOON, payload) for nth in range(n)]


def held(spool):
    return [answer for segment in spool.segments() for answer in spool.read(segment)]


def test_what_was_written_is_read_again_in_order(spool):
    first, second = answers(5)[:3], answers(5)[3:]
    spool.write(first)
    spool.write(iter(second))
    assert held(spool) == first + second
    assert spool.waiting() == 5


@pytest.mark.parametrize(
    "payload", [b"", b"\xff\xfe\x00", b"line\nbreak\r\n\x00\xe2\x80\xa8", "微博".encode(), b'{"a": "\\ud800"}', bytes(range(256))]
)
def test_payloads_are_kept_byte_for_byte(spool, payload):
    answer = Answer("archive", "", NOON, NOON, payload, "line_not_utf8", "byte 0")
    spool.write([answer])
    assert held(spool) == [answer]


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"])), st.none() | st.sampled_from(["line_not_json"]))
def test_any_answer_is_kept_as_it_is(tmp_path_factory, payload, place_id, fault):
    spool = Spool(tmp_path_factory.getbasetemp() / "any.spool")
    answer = Answer("list", place_id, NOON.astimezone(timezone(timedelta(hours=5, minutes=30))), NOON, payload, fault)
    (segment,) = spool.write([answer])
    (kept,) = spool.read(segment)
    spool.release(segment)
    assert (kept, kept.id) == (answer, answer.id)


def test_many_answers_make_few_segments(spool, monkeypatch):
    synced = []
    monkeypatch.setattr(spool_module.os, "fsync", synced.append)
    segments = spool.write(answers(12_000))
    assert [len(spool.read(segment)) for segment in segments] == [5_000, 5_000, 2_000]
    assert len(synced) < 12


def test_large_answers_make_more_segments(spool):
    assert len(spool.write(answers(5, b"x" * (3 << 20)))) == 2


def test_a_segment_is_on_disk_before_its_name_appears(spool, monkeypatch):
    steps = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append(("sync", str(Path(f"/proc/self/fd/{fd}").readlink()))), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda old, new: (steps.append(("name", str(new))), replace(old, new)))
    (segment,) = spool.write(answers(1))
    folder = str(spool.folder)
    assert steps[-3:] == [("sync", str(segment.with_suffix(".tmp"))), ("name", str(segment)), ("sync", folder)]
    assert steps[:-3] == [("sync", str(spool.folder.parent.parent)), ("sync", str(spool.folder.parent))]


def test_a_released_segment_is_gone_and_may_be_released_again(spool):
    (segment,) = spool.write(answers(1))
    spool.release(segment)
    spool.release(segment)
    assert spool.segments() == []
    assert spool.waiting() == 0


def test_an_empty_spool_needs_no_folder(spool):
    assert (spool.segments(), spool.waiting(), spool.damaged(), spool.write([])) == ([], 0, [], [])
    assert not spool.folder.exists()


def test_what_came_before_an_interruption_is_written(spool):
    def interrupted():
        yield from answers(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spool.write(interrupted())
    assert held(spool) == answers(3)


def test_the_torn_file_of_a_killed_writer_is_no_segment_and_goes_after_an_hour(spool):
    spool.write(answers(1))
    torn = spool.folder / "00000000000000000001-aaaaaaaa-3.tmp"
    torn.write_bytes(b'{"answer":')
    assert len(spool.segments()) == 1
    assert torn.exists()
    os.utime(torn, (0, 0))
    assert len(spool.segments()) == 1
    assert not torn.exists()


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-40], lambda whole: whole[: len(whole) // 3 + 1], lambda whole: whole.replace(b"18T14", b"18T15")]
)
def test_a_damaged_segment_gives_what_is_whole_and_is_kept_for_people(spool, damage, caplog):
    (segment,) = spool.write(answers(3))
    damaged = damage(segment.read_bytes())
    segment.write_bytes(damaged)
    kept = spool.read(segment)
    assert 0 < len(kept) < 3
    assert set(kept) < set(answers(3))
    assert spool.read(segment) == kept
    spool.release(segment)
    (copy,) = spool.damaged()
    assert copy.read_bytes() == damaged
    assert f"{len(kept)} of its 3 answers" in caplog.text
    assert spool.segments() == []


def test_an_emptied_segment_does_not_stop_the_others(spool):
    first, _ = spool.write(answers(1)) + spool.write(answers(2))
    first.write_bytes(b"")
    assert held(spool) == answers(2)
    assert len(spool.damaged()) == 1


def test_writers_at_the_same_time_do_not_disturb_each_other(spool):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Spool(spool.folder).write(answers(10)), range(40)))
    assert spool.waiting() == len(held(spool)) == 400


def test_a_spool_that_cannot_be_written_says_what_to_do(tmp_path):
    (tmp_path / "spool").write_text("a file stands where the folder should be")
    with pytest.raises(ServiceError, match=r"the spool .*/spool cannot be written: .*TWILYTICS_HOME"):
        Spool(tmp_path / "spool").write(answers(1))


def test_a_full_disk_leaves_no_torn_segment(spool, monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    spool.write(answers(1))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ServiceError, match="No space left on device"):
        spool.write(answers(2))
    monkeypatch.undo()
    assert held(spool) == answers(1)
    assert list(spool.folder.glob("*.tmp")) == []
