from datetime import UTC, datetime
from pathlib import Path

import pytest

from twilytics import landing
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.sources import simulated
from twilytics.sources.archive import ArchiveError
from twilytics.spool import Spool


@pytest.fixture
def observatory(tmp_path: Path, mongodb_uri: str):
    with Observatory(Settings(home=tmp_path / "home", mongodb_uri=mongodb_uri, _env_file=None)) as opened:
        yield opened


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.jsonl.gz"
    simulated.write(path, ["berlin"], datetime(2026, 1, 1, tzinfo=UTC), 5)
    return path


class KilledError(BaseException):
    pass


def killed(*_: object) -> None:
    raise KilledError


def test_a_replay_that_was_killed_before_its_answers_were_spooled_is_gone_on_with(
    observatory: Observatory, archive: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patched:
        patched.setattr(Spool, "write", killed)
        with pytest.raises(KilledError):
            replay(observatory, [archive])
    assert observatory.spool.waiting() == 0
    assert landing.land(observatory.spool, observatory.store) == 5
    assert landing.land(observatory.spool, observatory.store) == 0
    assert list((observatory.spool.folder / "replays").iterdir()) == []


def test_a_killed_replay_of_an_archive_that_is_gone_is_told_once(
    observatory: Observatory, archive: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    with monkeypatch.context() as patched:
        patched.setattr(Spool, "write", killed)
        with pytest.raises(KilledError):
            replay(observatory, [archive])
    archive.unlink()
    assert landing.land(observatory.spool, observatory.store) == 0
    assert "the archive is gone" in caplog.text
    caplog.clear()
    landing.land(observatory.spool, observatory.store)
    assert caplog.text == ""


def test_a_replay_that_fails_is_not_tried_again_by_itself(observatory: Observatory, archive: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "write", full)
        with pytest.raises(OSError, match="no space left"):
            replay(observatory, [archive])
    assert landing.land(observatory.spool, observatory.store) == 0


def test_one_archive_that_cannot_be_read_lands_nothing_of_the_others(observatory: Observatory, archive: Path, tmp_path: Path):
    with pytest.raises(ArchiveError, match=r"missing\.jsonl cannot be read"):
        replay(observatory, [archive, tmp_path / "missing.jsonl"])
    assert observatory.spool.waiting() == 0


def test_landing_twice_is_landing_once(observatory: Observatory, archive: Path):
    assert replay(observatory, [archive, archive]).n_new == 5
    assert replay(observatory, [archive]).n_new == 0
