import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pymongo import MongoClient

from twilytics.answers import Answer
from twilytics.errors import ServiceError
from twilytics.mongo import AnswerStore

NOON = datetime(2020, 7, 18, 12, tzinfo=UTC)
ANSWER = Answer("x-v1.1", "638242", NOON, NOON + timedelta(seconds=2), b'[{"trends": []}]')


def answers(count: int, size: int = 10) -> list[Answer]:
    return [replace(ANSWER, captured_at=NOON + timedelta(hours=hour), payload=b"x" * size) for hour in range(count)]


@pytest.fixture
def store(mongodb_uri: str) -> Iterator[AnswerStore]:
    with AnswerStore(mongodb_uri) as opened:
        yield opened


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        replace(ANSWER, captured_at=NOON.replace(microsecond=123457)),
        replace(ANSWER, captured_at=datetime(2020, 7, 18, 14, tzinfo=timezone(timedelta(hours=2)))),
        replace(ANSWER, payload=b""),
        replace(ANSWER, payload=bytes(range(256)) + "😀".encode()),
        replace(ANSWER, place_id="a\0b\ud800 ß", detail="\udfff"),
        replace(ANSWER, source="archive", place_id="", fault="not_json", detail="line 7"),
    ],
    ids=["plain", "microseconds", "another zone", "empty", "any bytes", "no Unicode text", "faulty"],
)
def test_an_answer_comes_back_as_it_was_landed(answer: Answer, store: AnswerStore) -> None:
    assert store.land([answer]) == 1
    assert store.get(answer.id) == answer
    assert store.unsnapshotted(1) == [answer]


def test_landing_an_answer_again_adds_nothing(store: AnswerStore) -> None:
    assert store.land([ANSWER, ANSWER]) == 1
    assert store.land([replace(ANSWER, landed_at=NOON + timedelta(days=1))]) == 0
    assert store.get(ANSWER.id) == ANSWER
    assert store.waiting() == 1


def test_an_answer_that_bronze_has_is_not_handed_out_again_when_it_lands_again(store: AnswerStore) -> None:
    store.land([ANSWER])
    store.mark([ANSWER.id])
    assert store.land([ANSWER]) == 0
    assert store.waiting() == 0
    assert store.unsnapshotted(1) == []
    assert store.get(ANSWER.id) == ANSWER


@pytest.mark.parametrize("size", [10, 5 * 2**20], ids=["small", "in parts"])
@pytest.mark.parametrize("is_kept", [True, False], ids=["by another", "by none"])
def test_an_answer_that_is_replaced_leaves_nothing_of_itself(size: int, is_kept: bool, store: AnswerStore, mongodb_uri: str) -> None:
    old, neighbour = answers(2, size)
    new = replace(old, payload=b"y" * size) if is_kept else None
    store.land([old, neighbour])
    for _ in range(2):
        store.replace(old.id, new)
    assert (store.get(old.id), store.get(neighbour.id)) == (None, neighbour)
    assert new is None or store.get(new.id) == new
    assert store.unsnapshotted(10**9) == [neighbour]
    with MongoClient(mongodb_uri) as client:
        parts = client.get_default_database().parts.distinct("_id")
    assert {part.partition(":")[0] for part in parts} == ({neighbour.id, *([new.id] if new else [])} if size > 10 else set())


def test_an_answer_that_stays_is_not_taken_out_by_replacing_it_with_itself(store: AnswerStore) -> None:
    store.land([ANSWER])
    store.replace(ANSWER.id, ANSWER)
    assert store.get(ANSWER.id) == ANSWER


def test_an_answer_that_lands_late_is_handed_out_though_newer_ones_were_taken(store: AnswerStore) -> None:
    late, *others = answers(5)
    store.land(others)
    store.mark([answer.id for answer in others])
    store.land([late])
    assert store.unsnapshotted(10**6) == [late]


def test_a_crash_before_the_answer_itself_was_written_leaves_nothing_to_stumble_over(store: AnswerStore, mongodb_uri: str) -> None:
    other, *_ = answers(2)[1:]
    with MongoClient(mongodb_uri) as client:
        client.get_default_database().outbox.insert_one({"_id": ANSWER.id, "bytes": len(ANSWER.payload)})
    store.land([other])
    assert store.waiting() == 1
    assert store.unsnapshotted(10**6) == [other]
    store.mark([other.id])
    assert store.unsnapshotted(10**6) == []
    # The spool has it still, and lands it again.
    assert store.land([ANSWER]) == 1
    assert store.unsnapshotted(10**6) == [ANSWER]


def test_more_answers_than_one_request_holds_all_arrive_and_all_leave(store: AnswerStore) -> None:
    many = answers(1200)
    assert store.land(many) == 1200
    assert store.land(many) == 0
    assert store.waiting() == 1200
    taken = store.unsnapshotted(10**9)
    assert sorted(answer.id for answer in taken) == sorted(answer.id for answer in many)
    store.mark([answer.id for answer in many])
    assert store.waiting() == 0


def test_answers_are_handed_out_up_to_the_bytes_asked_for_but_at_least_one(store: AnswerStore) -> None:
    store.land(answers(10, size=1000))
    assert len(store.unsnapshotted(1)) == 1
    assert len(store.unsnapshotted(3000)) == 3
    assert len(store.unsnapshotted(10**6)) == 10


@pytest.mark.parametrize("megabytes", [2, 17, 60])
def test_a_payload_too_large_for_a_document_is_kept_whole(megabytes: int, store: AnswerStore) -> None:
    large = replace(ANSWER, payload=os.urandom(megabytes * 2**20))
    assert store.land([large, ANSWER]) == 2
    assert store.land([large]) == 0
    assert store.get(large.id) == large
    assert {answer.id for answer in store.unsnapshotted(10**9)} == {large.id, ANSWER.id}


def test_a_large_payload_whose_landing_was_cut_off_is_landed_by_the_next_try(store: AnswerStore, mongodb_uri: str) -> None:
    large = replace(ANSWER, payload=os.urandom(3 * 2**20))
    with MongoClient(mongodb_uri) as client:
        client.get_default_database().parts.insert_one({"_id": f"{large.id}:0", "payload": large.payload[: 2**20]})
    assert store.get(large.id) is None
    assert store.land([large]) == 1
    assert store.get(large.id) == large


def test_two_who_land_the_same_at_once_land_it_once(mongodb_uri: str) -> None:
    many = answers(600)
    landed: list[int] = []

    def land() -> None:
        with AnswerStore(mongodb_uri) as store:
            landed.append(store.land(many))

    threads = [threading.Thread(target=land) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(landed) == 600
    with AnswerStore(mongodb_uri) as store:
        assert store.waiting() == 600


def test_without_a_database_in_the_uri_it_is_twilytics(mongodb_server: str) -> None:
    with AnswerStore(mongodb_server) as store, MongoClient(mongodb_server) as client:
        store.land([ANSWER])
        assert client.twilytics.answers.find_one({}, {"_id": 1}) == {"_id": ANSWER.id}
        client.drop_database("twilytics")


def test_a_server_that_does_not_answer_is_told_in_one_line_without_the_password() -> None:
    with (
        AnswerStore("mongodb://me:geheim@127.0.0.1:9/x?serverSelectionTimeoutMS=50") as store,
        pytest.raises(ServiceError, match=r"^MongoDB at 127\.0\.0\.1:9 does not answer: .*TWILYTICS_MONGODB_URI") as told,
    ):
        store.waiting()
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize(
    "uri", ["", "postgresql://me:geheim@host", "mongodb://me:geheim@:x/y", "mongodb://me:ge/heim@host", "mongodb://geheim@h/a b?x"]
)
def test_a_uri_that_cannot_be_used_is_told_without_showing_it(uri: str) -> None:
    with pytest.raises(ServiceError, match=r"^TWILYTICS_MONGODB_URI can't be used") as told:
        AnswerStore(uri)
    assert "geheim" not in str(told.value)
