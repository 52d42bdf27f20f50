"""The commands, run in this process: as their users have them, but without the second that Python takes to load."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from twilytics import cli


@dataclass(frozen=True)
class Ended:
    """A command that ended, with its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def in_an_empty_folder(tmp_path, monkeypatch, capfd) -> Callable[..., Ended]:
    """Run a command with a HOME that is not there yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("TWILYTICS_HOME", str(tmp_path / "home"))

    def run(*words: str) -> Ended:
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        told = capfd.readouterr()
        return Ended(ended.value.code, told.out, told.err)

    return run


@pytest.fixture
def twilytics(in_an_empty_folder, monkeypatch, mongodb_uri, postgres_dsn) -> Callable[..., Ended]:
    """Run a command with a fresh HOME, an empty MongoDB and an empty PostgreSQL."""
    monkeypatch.setenv("TWILYTICS_MONGODB_URI", mongodb_uri)
    monkeypatch.setenv("TWILYTICS_POSTGRES_DSN", postgres_dsn)
    return in_an_empty_folder
