"""One `twilytics serve` for the session, in a process of its own, with all that is embedded in it; and other Prefect servers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deployments import passwords
from tests.services import open_home
from twilytics.embedded import ports

REPOSITORY = str(Path(__file__).parents[2])
SECONDS_TO_START = 120
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("TWILYTICS_", "PREFECT_"))}


@dataclass(frozen=True)
class Served:
    """A HOME that is served at ``url`` (of the API)."""

    home: Path
    url: str
    log: Path

    def twilytics(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the same HOME."""
        return subprocess.run(command(*words), env=environment(self.home), cwd=self.home, capture_output=True, text=True, check=False)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "twilytics.cli", *words]


def environment(home: Path) -> dict[str, str]:
    return {**CLEAN, "PYTHONPATH": REPOSITORY, "TWILYTICS_HOME": str(home)}


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    with open_home() as home:
        yield from serving(home, tmp_path_factory.mktemp("serve") / "log")


def serving(home: Path, log: Path) -> Iterator[Served]:
    from flows import server

    with log.open("w") as written:
        process = subprocess.Popen(command("serve", "--port", "0"), env=environment(home), cwd=home, stdout=written, stderr=written)
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while (url := server.running(home)) is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.1)
        yield Served(home, url, log)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    assert code == 0, log.read_text()
    assert server.running(home) is None


@pytest.fixture
def prefect(served):
    """A client of the server; flows that are run meanwhile are recorded there."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

    with temporary_settings({PREFECT_API_URL: served.url, PREFECT_LOGGING_TO_API_ENABLED: False}), get_client(sync_client=True) as client:
        yield client


@dataclass(frozen=True)
class Guarded:
    """A Prefect server of its own that asks for a login: its API's URL, and the profile with the login, as `make secrets` makes it."""

    url: str
    profile: Path

    @property
    def password(self) -> str:
        return (self.profile.parent / "prefect_password").read_text().strip()


@contextmanager
def guarded_server(folder: Path) -> Iterator[Guarded]:
    passwords.make(folder / "secrets")
    profile = folder / "secrets/prefect_login"
    port = ports.free()
    told = {**CLEAN, "PREFECT_HOME": str(folder), "PREFECT_PROFILES_PATH": str(profile), "DO_NOT_TRACK": "1"}
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(words, env=told, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}/api"
    try:
        waited(lambda: _answers(f"{url}/health"), process, folder / "log")
        yield Guarded(url, profile)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="session")
def guarded(tmp_path_factory):
    with guarded_server(tmp_path_factory.mktemp("prefect")) as server:
        yield server


def waited(is_ready: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
    """Wait for what the process is to do. What it told is in ``log``."""
    deadline = time.monotonic() + SECONDS_TO_START
    while not is_ready():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
