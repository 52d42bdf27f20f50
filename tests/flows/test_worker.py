"""`twilytics serve` as a worker: against a Prefect server of its own process, behind a login, as the compose file has it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from flows import server
from tests.flows.conftest import command, environment, guarded_server, waited
from tests.services import open_home

SECONDS_AT_MOST = 90


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A Prefect server that asks for a login: the URL of its API, and the profile that holds the login."""
    with guarded_server(tmp_path_factory.mktemp("prefect")) as server:
        yield server.url, server.profile


@pytest.fixture(scope="module")
def worker(elsewhere, tmp_path_factory):
    """A HOME that is served for that server, and what the worker tells."""
    url, login = elsewhere
    log = tmp_path_factory.mktemp("worker") / "log"
    with open_home() as home:
        told = {**environment(home), "PREFECT_API_URL": url, "PREFECT_PROFILES_PATH": str(login)}
        with log.open("w") as written:
            process = subprocess.Popen(command("serve"), env=told, cwd=home, stdout=written, stderr=written)
        try:
            waited(lambda: "serving" in log.read_text(), process, log)
            yield home, log
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
        assert code == 0, log.read_text()
        assert healthy(home).returncode == 1


def test_the_server_asks_for_the_login(elsewhere):
    url, login = elsewhere
    assert httpx.post(f"{url}/flows/count").status_code == 401
    assert httpx.post(f"{url}/flows/count", auth=user(login)).status_code == 200


def test_a_run_that_is_asked_for_there_is_run_here(elsewhere, worker):
    url, login = elsewhere
    with httpx.Client(base_url=url, auth=user(login)) as client:
        deployment = client.get("/deployments/name/maintain/maintain").json()["id"]
        run = client.post(f"/deployments/{deployment}/create_flow_run", json={}).json()["id"]
        deadline = time.monotonic() + SECONDS_AT_MOST
        while (state := client.get(f"/flow_runs/{run}").json()["state"])["type"] not in ("COMPLETED", "FAILED", "CRASHED"):
            assert time.monotonic() < deadline, state
            time.sleep(0.2)
    assert state["type"] == "COMPLETED", state


def test_the_health_check_finds_it(elsewhere, worker):
    home, _ = worker
    assert server.running(home) == elsewhere[0]
    assert healthy(home).returncode == 0


def test_no_server_of_its_own_is_started(worker):
    home, _ = worker
    assert not (home / "prefect/prefect.db").exists()


def refused(home: Path, **told: str) -> str:
    """What `twilytics serve` says when it does not serve."""
    ended = subprocess.run(command("serve"), env={**environment(home), **told}, cwd=home, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    return ended.stderr


def test_without_the_login_it_says_what_to_set(elsewhere, tmp_path):
    url, _ = elsewhere
    assert refused(tmp_path, PREFECT_API_URL=url).endswith(
        f"Prefect at {url} does not let us in: set PREFECT_API_AUTH_STRING as that server has it\n"
    )


def test_where_no_server_answers_it_says_so(tmp_path):
    url = "http://127.0.0.1:9/api"
    assert refused(tmp_path, PREFECT_API_URL=url).endswith(f"no Prefect answers at {url}: start it, or unset PREFECT_API_URL\n")


def test_a_port_makes_no_sense_for_a_worker(tmp_path):
    told = {**environment(tmp_path), "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    ended = subprocess.run(command("serve", "--port", "4200"), env=told, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "--port is for a server of our own, and PREFECT_API_URL names http://127.0.0.1:9/api: leave one of them out" in ended.stderr


def user(login: Path) -> tuple[str, str]:
    return "admin", (login.parent / "prefect_password").read_text().strip()


def healthy(home: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "flows.healthy"]
    return subprocess.run(words, env=environment(home), cwd=home, capture_output=True, text=True, check=False)
