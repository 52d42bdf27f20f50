"""A lake in a bucket: two writers at once, answers that are lost, what is told of what goes wrong, and how much is asked."""

import threading

import pytest
from pydantic import SecretStr

from tests.cloud import LOST, Emulator
from tests.lakes import HOUR, NOON, put, run
from twilytics.errors import ServiceError, SettingError
from twilytics.gold import trends
from twilytics.lake import Lake
from twilytics.storage import credentials

ROW = "place | slot | rank | topic\nberlin | 2020-07-18 12:00 | 1 | {}"


@pytest.fixture
def root(emulator: Emulator) -> str:
    return f"{emulator.bucket()}/lake"


def topics(lake: Lake) -> list[str]:
    return sorted(lake.read(trends.TABLE)["topic"].to_pylist())


def test_what_was_replaced_in_a_bucket_is_read_from_it(root: str, emulator: Emulator):
    lake = Lake(root, emulator.credentials)
    put(lake, trends.TABLE, ROW.format("hsv"))
    put(lake, trends.TABLE, ROW.format("bvb").replace("12:00", "13:00"), run(NOON + HOUR))
    put(lake, trends.TABLE, ROW.format("regen"), run())
    assert topics(Lake(root, emulator.credentials)) == ["bvb", "regen"]


@pytest.mark.parametrize("slots", [None, run()], ids=["append", "replace"])
def test_of_two_writers_without_a_lock_one_is_refused_and_succeeds_when_it_tries_again(root: str, emulator: Emulator, slots):
    lakes = [Lake(root, emulator.credentials) for _ in range(2)]
    put(lakes[0], trends.TABLE, ROW.format("before"))
    meeting, failed = threading.Barrier(2, timeout=30), []

    def both_have_written_their_files(method: str, path: str) -> None:
        if method == "PUT" and "parquet" in path:
            meeting.wait()

    def write(lake: Lake, topic: str) -> None:
        try:
            put(lake, trends.TABLE, ROW.format(topic), slots) if slots else lake.append(trends.TABLE, rows_of(topic))
        except ServiceError as error:
            failed.append((lake, topic, str(error)))

    emulator.fault = both_have_written_their_files
    writers = [threading.Thread(target=write, args=(lake, topic)) for lake, topic in zip(lakes, ("one", "two"), strict=True)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    emulator.fault = lambda _method, _path: None
    ((lake, topic, told),) = failed
    assert told == "gold.trends: another Twilytics wrote to it at the same moment, so nothing was written here: run again"
    other = "two" if topic == "one" else "one"
    assert topics(lake) == ([other] if slots else ["before", other])
    put(lake, trends.TABLE, ROW.format(topic), slots) if slots else lake.append(trends.TABLE, rows_of(topic))
    assert topics(lake) == ([topic] if slots else ["before", "one", "two"])


def rows_of(topic: str):
    from tests.drawn import rows

    return rows(trends.TABLE, ROW.format(topic))


@pytest.mark.parametrize("slots", [None, run()], ids=["append", "replace"])
def test_a_commit_whose_answer_was_lost_is_found_in_the_log(root: str, emulator: Emulator, slots):
    lake = Lake(root, emulator.credentials)
    put(lake, trends.TABLE, ROW.format("before"))
    lost: list[str] = []

    def lose(method: str, path: str) -> int | None:
        if method == "PUT" and "delta" in path and path.endswith("json") and not lost:
            lost.append(path)
            return LOST
        return None

    emulator.fault = lose
    put(lake, trends.TABLE, ROW.format("after"), slots) if slots else lake.append(trends.TABLE, rows_of("after"))
    assert lost
    assert topics(Lake(root, emulator.credentials)) == (["after"] if slots else ["after", "before"])


def _lock(lake: Lake) -> None:
    with lake.locked():
        pytest.fail("locked")


OPERATIONS = {
    "open": lambda lake: Lake(lake.root, SecretStr(lake.storage.options["google_service_account_key"])).version(trends.TABLE),
    "write": lambda lake: lake.append(trends.TABLE, rows_of("after")),
    "list": lambda lake: lake.storage.files("gold/trends"),
    "lock": _lock,
    "note": lambda lake: lake.storage.write("_ledger.json", b"{}"),
}


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (401, SettingError, "Google does not know who asks (401): set TWILYTICS_GCP_CREDENTIALS or GOOGLE_APPLICATION_CREDENTIALS"),
        (403, SettingError, "the account may not do this (403): give it roles/storage.objectUser on the bucket "),
        (503, ServiceError, "object storage does not do what it should (status 503): it is tried again with the next run, nothing is lost"),
        (429, ServiceError, "object storage does not do what it should (status 429)"),
    ],
)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_each_refusal_is_told_with_what_to_do(root, emulator: Emulator, monkeypatch, operation, status, kind, told):
    monkeypatch.setitem(credentials.RETRIES, "max_retries", 1)
    monkeypatch.setattr(credentials, "MOST_TRIES", 1)
    lake = Lake(root, emulator.credentials)
    put(lake, trends.TABLE, ROW.format("before"))
    emulator.fault = lambda _method, _path: status
    with pytest.raises(kind) as raised:
        operation(lake)
    assert str(raised.value).startswith(f"{root}: {told}")
    emulator.fault = lambda _method, _path: None
    assert topics(Lake(root, emulator.credentials)) == ["before"]


def test_a_bucket_that_is_not_there_is_told(emulator: Emulator):
    lake = Lake("gs://no-such-bucket/lake", emulator.credentials)
    told = r"^gs://no-such-bucket/lake: there is no bucket no-such-bucket \(404\): make it, or correct TWILYTICS_LAKE$"
    with pytest.raises(SettingError, match=told), lake.locked():
        pytest.fail("locked")


def test_a_storage_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(credentials.RETRIES, "max_retries", 0)
    nobody = Emulator("http://127.0.0.1:9").credentials
    with (
        pytest.raises(ServiceError, match=r"^gs://a/b: object storage does not do what it should \(no answer\)"),
        Lake("gs://a/b", nobody).locked(),
    ):
        pytest.fail("locked")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("/no/such/key.json", r"the file it names cannot be read \(No such file or directory\): name a service account's key file$"),
        ("{}", "holds no service account's key: .* makes one, as JSON$"),
        ("{'private_key': 'secret'}", "holds no service account's key"),
    ],
)
def test_credentials_that_are_none_are_told_without_showing_them(told: str, why: str):
    with pytest.raises(SettingError, match=f"^TWILYTICS_GCP_CREDENTIALS.?.? ?{why}") as raised:
        Lake("gs://bucket/lake", SecretStr(told))
    assert "secret" not in str(raised.value)


def test_a_key_may_stand_in_a_file(root: str, emulator: Emulator, tmp_path):
    (tmp_path / "key.json").write_text(emulator.credentials.get_secret_value())
    put(Lake(root, SecretStr(str(tmp_path / "key.json"))), trends.TABLE, ROW.format("hsv"))
    assert topics(Lake(root, emulator.credentials)) == ["hsv"]


def test_what_one_more_slot_asks_for_does_not_grow_with_the_history(root: str, emulator: Emulator):
    lake = Lake(root, emulator.credentials)

    def asked(number: int) -> int:
        emulator.requests.clear()
        with lake.locked():
            slot = NOON + number * HOUR
            put(lake, trends.TABLE, f"place | slot | rank | topic\nberlin | {slot:%Y-%m-%d %H:%M} | 1 | hsv", run(slot))
        return len(emulator.requests)

    few = [asked(number) for number in range(3, 6)]
    for number in range(6, 40):
        asked(number)
    assert max(asked(number) for number in range(40, 43)) <= max(few)
