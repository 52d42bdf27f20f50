from datetime import timedelta
from pathlib import Path

import pytest

from tests.lakes import HOUR, NOON
from twilytics.answers import Answer
from twilytics.bronze import answers
from twilytics.lake import Lake
from twilytics.landing import land
from twilytics.mongo import AnswerStore
from twilytics.snapshot import Snapshot, append, snapshot
from twilytics.spool import Spool


def answer(hour: int, payload: bytes = b'{"trends": []}', **told) -> Answer:
    return Answer(**{"source": "list", "place_id": "b", "captured_at": NOON + hour * HOUR, "landed_at": NOON, "payload": payload, **told})


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def bronze(lake: Lake) -> list[bytes]:
    return sorted(lake.read(answers.TABLE).column("payload").to_pylist())


def test_an_answer_leaves_the_spool_when_bronze_has_it_byte_for_byte(spool: Spool, mongodb_uri: str, lake: Lake):
    odd = b'{ "trends" : [{"name":"\\u0041\xf0\x9f\x8f\x86 "}] , "x": 1.0 }'
    spool.write([answer(0, odd)])
    with AnswerStore(mongodb_uri) as store:
        assert land(spool, store) == 1
        assert spool.waiting() == 1
        assert snapshot(spool, store, lake) == Snapshot(n_new=1)
        assert (spool.waiting(), store.waiting()) == (0, 0)
    assert bronze(lake) == [odd]


def test_an_answer_that_lands_late_is_not_skipped(spool: Spool, mongodb_uri: str, lake: Lake):
    with AnswerStore(mongodb_uri) as store:
        for hour in (5, 1, 3):
            spool.write([answer(hour, str(hour).encode(), landed_at=NOON - hour * HOUR)])
            land(spool, store)
            assert snapshot(spool, store, lake).n_new == 1
    assert bronze(lake) == [b"1", b"3", b"5"]
    assert sorted(lake.read(answers.TABLE).column("batch").to_pylist()) == [1, 2, 3]


def test_landing_the_same_answer_again_adds_nothing_though_the_store_forgot_it(spool: Spool, mongodb_uri: str, lake: Lake):
    spool.write([answer(0)])
    with AnswerStore(mongodb_uri) as store:
        land(spool, store)
        snapshot(spool, store, lake)
    spool.write([answer(0), answer(0), answer(1)])
    with AnswerStore(f"{mongodb_uri}-lost") as store:
        land(spool, store)
        assert snapshot(spool, store, lake) == Snapshot(n_new=1, n_known=1)
    assert lake.read(answers.TABLE).num_rows == 2


def test_what_the_store_lost_after_landing_comes_from_the_spool(spool: Spool, mongodb_uri: str, lake: Lake):
    spool.write([answer(0), answer(1)])
    with AnswerStore(mongodb_uri) as store:
        assert snapshot(spool, store, lake) == Snapshot(n_new=2)
    assert spool.waiting() == 0


def test_a_faulty_line_landed_again_at_another_time_is_known(lake: Lake):
    torn = {"fault": "not_json", "detail": "at byte 3", "payload": b"{,}", "captured_at": NOON, "landed_at": NOON}
    assert append(lake, [answer(0, **torn)]).n_new == 1
    later = {**torn, "captured_at": NOON + timedelta(days=9), "landed_at": NOON + timedelta(days=9)}
    assert append(lake, [answer(0, **later)]) == Snapshot(n_new=0, n_known=1)


def test_the_spool_keeps_all_where_bronze_cannot_be_written(spool: Spool, mongodb_uri: str, lake: Lake, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    spool.write([answer(0)])
    with AnswerStore(mongodb_uri) as store:
        land(spool, store)
        with monkeypatch.context() as patched:
            patched.setattr(Lake, "append", full)
            with pytest.raises(OSError, match="no space left"):
                snapshot(spool, store, lake)
        assert (spool.waiting(), store.waiting()) == (1, 1)
        assert snapshot(spool, store, lake).n_new == 1
