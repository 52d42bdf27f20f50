"""What is told, once, together, and taken back: with a real database and a real channel."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import plain
from tests.alerts.conftest import Gold, ago, gold
from tests.receiving import Receiver, receiving
from twilytics import alerting, failed_cycle
from twilytics.cycle import plainly
from twilytics.errors import GateError, ServiceError
from twilytics.known import Told
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.settings import Settings, changed
from twilytics.sources import simulated
from twilytics.stopping import Stopped

__all__ = ["gold"]
FAILED = {
    "table_name": "gold.trends",
    "rule": "rank_minimum",
    "severity": "fail",
    "n_checked": 50,
    "n_failed": 2,
    "observed": "0",
    "examples": "[]",
}
HELD = FAILED | {"n_failed": 0, "observed": None, "examples": None}
HOSTILE = "'; drop table gold.trends --"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def observatory(gold: Gold, receiver: Receiver, home: Path) -> Iterator[Observatory]:
    with Observatory(Settings(home=home, postgres_dsn=gold.dsn, alerts=receiver.url, _env_file=None)) as opened:
        yield opened


def stale(gold: Gold, *places: str, hours: int = 5) -> None:
    gold.put("gold.coverage", *({"place": place, "slot": ago(hours + n), "state": "captured"} for place in places for n in range(5)))


def known(gold: Gold) -> list[tuple[str, str, bool]]:
    return gold.do("SELECT alert, subject, told_at IS NOT NULL FROM ops.alerts ORDER BY alert, subject")


def test_where_nothing_is_wrong_nobody_is_told(observatory: Observatory, receiver: Receiver):
    assert alerting.tell(observatory, True) == Told()
    assert receiver.n_asked == 0


def test_all_that_is_new_is_one_message_the_worst_first(observatory: Observatory, gold: Gold, receiver: Receiver):
    stale(gold, "berlin", HOSTILE)
    stale(gold, "hamburg", hours=0)
    gold.put("gold.quality", FAILED | {"run": ago(1)})
    assert alerting.tell(observatory, True) == Told(3)
    assert [message["title"] for message in receiver.messages] == ["Twilytics: 3 new"]
    lines = receiver.last.split("\n")
    assert lines[:2] == ["A check stopped the publication (critical)", "- gold.trends: rank_minimum: 2 of 50 rows break it: 0"]
    assert "twilytics backfill" in lines[2]
    assert lines[4] == "Data is stale (critical)"
    assert lines[5].startswith(f"- {HOSTILE}: the newest capture is of ")
    assert lines[6].startswith("- berlin: the newest capture is of ")
    assert gold.do("SELECT count(*) FROM gold.trends") == [(0,)]


def test_what_is_known_stays_silent_and_its_end_is_told_with_how_it_was(observatory: Observatory, gold: Gold, receiver: Receiver):
    gold.put("gold.quality", FAILED | {"run": ago(3)})
    alerting.tell(observatory, True)
    gold.put("gold.quality", FAILED | {"run": ago(2), "n_failed": 3})
    assert alerting.tell(observatory, True) == Told()
    assert len(receiver.messages) == 1
    gold.put("gold.quality", HELD | {"run": ago(1)})
    assert alerting.tell(observatory, True) == Told(0, 1)
    assert receiver.messages[1]["title"] == "Twilytics: 1 over"
    assert receiver.last.startswith("Over: A check stopped the publication\n- gold.trends: rank_minimum: the rule holds again; since 20")
    assert receiver.last.endswith("UTC: 3 of 50 rows break it: 0")
    assert known(gold) == []
    assert alerting.tell(observatory, True) == Told()
    assert len(receiver.messages) == 2


def test_what_no_channel_took_is_told_by_the_next_cycle(observatory: Observatory, gold: Gold, receiver: Receiver, caplog):
    gold.put("gold.quality", FAILED | {"run": ago(3)})
    receiver.status = 500
    assert alerting.tell(observatory, True) == Told(1, is_taken=False)
    assert known(gold) == [("gate_failed", "gold.trends: rank_minimum", False)]
    assert "TWILYTICS_ALERTS: json:// (number 1) did not take a message" in caplog.text
    receiver.status = 200
    assert alerting.tell(observatory, True) == Told(1)
    receiver.status = 500
    gold.put("gold.quality", HELD | {"run": ago(1)})
    assert alerting.tell(observatory, True) == Told(0, 1, is_taken=False)
    receiver.status = 200
    assert alerting.tell(observatory, True) == Told(0, 1)
    assert [message["title"] for message in receiver.messages] == ["Twilytics: 1 new", "Twilytics: 1 over"]


def test_what_was_over_before_anybody_could_be_told_is_told_as_over(observatory: Observatory, gold: Gold, receiver: Receiver):
    gold.put("gold.quality", FAILED | {"run": ago(3)})
    receiver.status = 500
    alerting.tell(observatory, True)
    receiver.status = 200
    gold.put("gold.quality", HELD | {"run": ago(1)})
    assert alerting.tell(observatory, True) == Told(0, 1)
    assert "2 of 50 rows break it" in receiver.last


def test_an_event_is_told_once_and_never_over(observatory: Observatory, gold: Gold, receiver: Receiver):
    gold.do("INSERT INTO ops.watch VALUES ('hsv', '<b>@hsv', %s)", ago(9))
    gold.put("gold.captures", {"place": "berlin", "slot": ago(1)})
    gold.put("gold.trends", {"place": "berlin", "slot": ago(1), "rank": 4, "topic": "hsv"})
    run = {"place": "berlin", "topic": "hsv", "started_at": ago(1), "last_seen_at": ago(1), "n_slots": 1, "best_rank": 4}
    gold.put("gold.episodes", run)
    assert alerting.tell(observatory, True) == Told(1)
    assert f"- ＜b>＠hsv enters berlin, {ago(1):%Y-%m-%d %H:%M} UTC: rank 4" in receiver.last
    assert alerting.tell(observatory, True) == Told()
    gold.do("DELETE FROM gold.episodes")
    assert alerting.tell(observatory, True) == Told()
    assert (known(gold), len(receiver.messages)) == ([], 1)


def test_an_event_that_nobody_could_be_told_in_time_is_told_all_the_same(observatory: Observatory, gold: Gold, receiver: Receiver):
    gold.do("INSERT INTO ops.alerts VALUES ('watched_topic', 'hsv enters berlin', 'rank 4', now(), NULL)")
    assert alerting.tell(observatory, True) == Told(1)
    assert "- hsv enters berlin: rank 4" in receiver.last
    assert known(gold) == []


def test_of_many_subjects_ten_are_named(observatory: Observatory, gold: Gold, receiver: Receiver):
    stale(gold, *(f"place-{number:02}" for number in range(12)))
    stale(gold, "fresh", hours=0)
    assert alerting.tell(observatory, True) == Told(12)
    assert len([line for line in receiver.last.split("\n") if line.startswith("- place-")]) == 10
    assert "- and 2 more" in receiver.last


def test_an_alert_that_cannot_be_judged_is_neither_new_nor_over_and_hides_no_other(
    observatory: Observatory, gold: Gold, receiver: Receiver, caplog
):
    stale(gold, "berlin")
    gold.put("gold.quality", FAILED | {"run": ago(1)})
    alerting.tell(observatory, True)
    gold.do("ALTER TABLE gold.quality RENAME COLUMN n_failed TO failed")
    gold.do("DELETE FROM gold.coverage")
    assert alerting.tell(observatory, True) == Told(0, 1)
    assert "the alert gate_failed could not be judged" in caplog.text
    assert known(gold) == [("gate_failed", "gold.trends: rank_minimum", True)]


def test_one_broken_channel_of_two_is_warned_of_and_the_other_is_told_once(
    observatory: Observatory, gold: Gold, receiver: Receiver, caplog
):
    gold.put("gold.quality", FAILED | {"run": ago(1)})
    settings = changed(observatory.settings, alerts=f"json://127.0.0.1:9/token,{receiver.url}")
    with Observatory(settings) as opened:
        assert alerting.tell(opened, True) == Told(1)
        assert alerting.tell(opened, True) == Told()
    assert len(receiver.messages) == 1
    assert "json:// (number 1) did not take a message: is its URL right? its message was taken by another one" in caplog.text


def stages(observatory: Observatory, work) -> list[str]:
    called: list[str] = []

    def call(stage, function, *args):
        called.append(stage)
        return plainly(stage, function, *args)

    try:
        assert alerting.after(observatory, call, work) == "done"
    except (GateError, Stopped, KeyError) as error:
        called.append(type(error).__name__)
    return called


def raising(error: Exception):
    def work() -> str:
        raise error

    return work


def test_the_stage_is_the_last_of_a_cycle_and_also_of_one_that_failed(observatory: Observatory, gold: Gold, receiver: Receiver):
    assert stages(observatory, lambda: "done") == ["alert"]
    gold.put("gold.quality", FAILED | {"run": ago(1)})
    assert stages(observatory, raising(GateError("rank_minimum failed"))) == ["alert", "GateError"]
    assert len(receiver.messages) == 1
    assert stages(observatory, raising(KeyError("a bug"))) == ["alert", "KeyError"]
    assert stages(observatory, raising(Stopped("on request"))) == ["Stopped"]


def test_without_the_setting_there_is_no_stage(gold: Gold, home: Path):
    with Observatory(Settings(home=home, postgres_dsn=gold.dsn, _env_file=None)) as silent:
        assert stages(silent, lambda: "done") == []
        assert stages(silent, raising(GateError("x"))) == ["GateError"]


def test_a_database_that_does_not_answer_fails_no_cycle(home: Path, receiver: Receiver, caplog):
    with Observatory(Settings(home=home, postgres_dsn="postgresql://127.0.0.1:9/none", alerts=receiver.url, _env_file=None)) as lost:
        assert stages(lost, lambda: "done") == ["alert"]
    assert "nobody was told how it stands, the next cycle does: PostgreSQL does not let us in" in caplog.text


def test_a_cycle_that_failed_is_told_once_and_over_when_one_ends_well(observatory: Observatory, gold: Gold, receiver: Receiver):
    gold.put("gold.quality", FAILED | {"run": ago(1)})
    assert failed_cycle.tell(observatory, "ServiceError: MongoDB is gone") == Told(1)
    assert receiver.last.startswith("A cycle failed (critical)\n- the cycle: ServiceError: MongoDB is gone\n")
    assert failed_cycle.tell(observatory, "ServiceError: MongoDB is still gone") == Told()
    assert alerting.tell(observatory, False) == Told(1)
    assert [row[0] for row in known(gold)] == ["cycle_failed", "gate_failed"]
    assert alerting.tell(observatory, True) == Told(0, 1)
    assert "Over: A cycle failed\n- the cycle: a cycle ended well again; since" in receiver.last


def test_a_cycle_that_failed_for_the_database_is_told_once_without_it_and_over_with_it(
    observatory: Observatory, receiver: Receiver, home: Path
):
    with Observatory(changed(observatory.settings, postgres_dsn="postgresql://127.0.0.1:9/none")) as lost:
        receiver.status = 500
        assert failed_cycle.tell(lost, "PostgreSQL is gone") == Told(1, is_taken=False)
        receiver.status = 200
        assert failed_cycle.tell(lost, "PostgreSQL is gone") == Told(1)
        assert failed_cycle.tell(lost, "PostgreSQL is gone") == Told()
        with pytest.raises(ServiceError):
            _ = alerting.looked_at(lost)
    assert len(receiver.messages) == 1
    assert alerting.tell(observatory, False) == Told()
    assert alerting.tell(observatory, True) == Told(0, 1)
    assert receiver.last.endswith("UTC: PostgreSQL is gone")
    assert not list(home.glob("alerts/*"))


def test_an_archive_that_was_replayed_an_hour_ago_alarms_nobody(gold: Gold, mongodb_uri: str, receiver: Receiver, home: Path):
    settings = Settings(home=home, mongodb_uri=mongodb_uri, postgres_dsn=gold.dsn, alerts=receiver.url, _env_file=None)
    since = ago(41).replace(minute=0, second=0, microsecond=0)
    simulated.write(home / "archive.jsonl.gz", ["berlin", "hamburg"], since, 36)
    with Observatory(settings) as opened:
        replay(opened, [home / "archive.jsonl.gz"])
        assert plain.cycle(opened).published is not None
    assert gold.do("SELECT count(*) FROM gold.coverage") == [(72,)]
    assert receiver.n_asked == 0
