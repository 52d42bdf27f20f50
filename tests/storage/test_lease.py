"""The lease that locks a lake on object storage: against the emulator, and its proxy that can misbehave."""

import threading
import time
from collections.abc import Iterator

import pytest

from tests.cloud import LOST, Emulator
from tests.lakes import put
from twilytics.errors import ServiceError, SettingError
from twilytics.gold import trends
from twilytics.lake import Lake
from twilytics.storage import lease

#: As requests name it.
LOCK = "%5Flock"
ROW = "place | slot | rank | topic\nberlin | 2020-07-18 12:00 | 1 | hsv"


@pytest.fixture
def lakes(emulator: Emulator) -> Iterator[tuple[Lake, Lake]]:
    """Two writers of one lake."""
    root = f"{emulator.bucket()}/a/prefix"
    return Lake(root, emulator.credentials), Lake(root, emulator.credentials)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("LASTS", 1.5), ("RENEWED_EVERY", 0.2), ("LOOKED_EVERY", 0.05), ("PATIENCE", 20.0)):
        monkeypatch.setattr(lease, f"{name}_SECONDS", seconds)


def test_a_second_writer_waits_until_the_first_is_done(lakes: tuple[Lake, Lake]):
    first, second = lakes
    order: list[str] = []

    def write() -> None:
        with second.locked():
            order.append("second")

    with first.locked():
        waiting = threading.Thread(target=write)
        waiting.start()
        time.sleep(2 * lease.LASTS_SECONDS)  # a lease that is renewed never runs out
        order.append("first")
    waiting.join(20)
    assert order == ["first", "second"]


def test_a_writer_that_waits_too_long_is_told_who_writes(lakes: tuple[Lake, Lake], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lease, "PATIENCE_SECONDS", 0.2)
    told = r"^another Twilytics is writing to the lake gs://test-.*/a/prefix \(.*, process \d+, since .* UTC\): wait for it, or stop it$"
    with lakes[0].locked(), pytest.raises(ServiceError, match=told), lakes[1].locked():
        pytest.fail("both hold it")


def test_what_a_dead_writer_held_is_taken_over_and_it_cannot_write_any_more(lakes: tuple[Lake, Lake], monkeypatch: pytest.MonkeyPatch):
    first, second = lakes
    monkeypatch.setattr(lease.Lease, "_renew", lambda *_: None)
    with first.locked():
        put(first, trends.TABLE, ROW)
        with second.locked():
            put(second, trends.TABLE, ROW.replace("hsv", "regen"))
        with pytest.raises(ServiceError, match=r"^the lock of the lake was lost, .*: run again, nothing is lost$"):
            put(first, trends.TABLE, ROW)
    assert second.read(trends.TABLE)["topic"].to_pylist() == ["regen"]


def test_a_writer_whose_renewals_are_refused_stops_before_it_writes(lakes: tuple[Lake, Lake], emulator: Emulator):
    lake, _ = lakes
    with lake.locked():
        emulator.fault = lambda method, path: 503 if method == "PUT" and path.endswith(LOCK) else None
        with pytest.raises(ServiceError, match=r"^the lock of the lake was lost"):
            _check_until(lake, time.monotonic() + 20)


def _check_until(lake: Lake, deadline: float) -> None:
    while time.monotonic() < deadline:
        lake.storage.check()
        time.sleep(0.05)


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_a_lost_answer_to_a_request_for_the_lock_is_no_failure(lakes: tuple[Lake, Lake], emulator: Emulator, nth: int):
    seen: list[str] = []

    def lose(method: str, path: str) -> int | None:
        if not path.endswith(LOCK):
            return None
        seen.append(method)
        return LOST if len(seen) == nth + 1 else None

    emulator.fault = lose
    with lakes[0].locked():
        put(lakes[0], trends.TABLE, ROW)
    emulator.fault = lambda _method, _path: None
    with lakes[1].locked():
        assert lakes[1].n_rows(trends.TABLE) == 1
    assert len(seen) > nth


def test_who_is_let_in_works_under_the_lock_and_nobody_else(lakes: tuple[Lake, Lake]):
    first, second = lakes
    with first.locked():
        token = first.storage.lease
        with second.locked(token):
            put(second, trends.TABLE, ROW)
        with pytest.raises(ServiceError, match=r"^the lock of the lake was lost"), second.locked("another"):
            pytest.fail("let in")
        first.look_again()
        assert first.n_rows(trends.TABLE) == 1
    with pytest.raises(ServiceError, match=r"^the lock of the lake was lost"), second.locked(token):
        pytest.fail("let in after the end")


def test_the_lock_of_a_folder_cannot_be_lent(lake: Lake):
    with (
        pytest.raises(SettingError, match=r"is a folder, whose lock cannot be lent: TWILYTICS_LAKE has to name a bucket$"),
        lake.locked("x"),
    ):
        pytest.fail("let in")
