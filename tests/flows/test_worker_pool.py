"""Runs that `prefect worker start` starts: late ones are folded into one, and what a kill -9 left is taken up and ended."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from flows.deploying import deploy
from tests.flows.conftest import Guarded, command, environment, waited
from tests.services import open_home
from twilytics import landing
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.sources import simulated

SECONDS_AT_MOST = 120
PLACES = ["berlin", "hamburg", "stuttgart"]
HOURS = 72


@dataclass(frozen=True)
class Pool:
    """A HOME whose runs the workers of a pool do, and a client of the server."""

    home: Path
    client: SyncPrefectClient
    environment: dict[str, str]

    @contextmanager
    def worker(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        words = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "twilytics-process", "--name", log.name]
        with log.open("w") as written:
            process = subprocess.Popen(words, env=self.environment, cwd=log.parent, stdout=written, stderr=written)
        try:
            waited(lambda: "started!" in log.read_text(), process, log)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def deployment(self, name: str):
        return self.client.read_deployment_by_name(name).id

    def states(self, deployment: str) -> list[str]:
        """Of the runs that were to start before now, oldest first."""
        body = {"deployments": {"id": {"any_": [str(self.deployment(deployment))]}}, "sort": "EXPECTED_START_TIME_ASC"}
        now = datetime.now(UTC)
        runs = self.client.request("POST", "/flow_runs/filter", json=body).json()
        return [run["state"]["name"] for run in runs if datetime.fromisoformat(run["expected_start_time"]) < now]


@pytest.fixture(scope="module")
def pool(guarded: Guarded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    login = f"admin:{guarded.password}"
    with (
        open_home() as home,
        pytest.MonkeyPatch.context() as patched,
        temporary_settings({PREFECT_API_URL: guarded.url, PREFECT_API_AUTH_STRING: login}),
        get_client(sync_client=True) as client,
    ):
        patched.setenv("PREFECT_API_URL", guarded.url)
        deploy(Settings(home=home, _env_file=None))
        for name in ("cycle/cycle", "watch/watch"):  # the clock is not to take part; a run that was scheduled is kept
            client.pause_deployment(client.read_deployment_by_name(name).id)
        own = {"PREFECT_API_URL": guarded.url, "PREFECT_API_AUTH_STRING": login, "PREFECT_WORKER_QUERY_SECONDS": "1"}
        yield Pool(home, client, {**environment(home), **own, "PREFECT_HOME": str(tmp_path_factory.mktemp("worker"))})


def until(holds: Callable[[], object], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_AT_MOST
    while not holds():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_runs_that_became_due_while_no_worker_was_there_are_folded_into_one(pool: Pool, tmp_path: Path):
    now = datetime.now(UTC)
    bounds = {"start_time": str(now - timedelta(hours=6)), "end_time": str(now), "min_runs": 0}
    pool.client.request("POST", f"/deployments/{pool.deployment('cycle/cycle')}/schedule", json=bounds)
    late = pool.states("cycle/cycle")
    assert late == ["Scheduled"] * len(late)
    assert len(late) > 1
    pool.client.resume_deployment(pool.deployment("cycle/cycle"))
    with pool.worker(tmp_path / "first"):
        until(lambda: "Completed" in pool.states("cycle/cycle"), tmp_path / "first")
    assert sorted(pool.states("cycle/cycle")) == ["Completed", *["Skipped"] * (len(late) - 1)]


def test_what_a_killed_worker_left_is_marked_and_ended_by_the_next_one(pool: Pool, tmp_path: Path):
    archive, since = tmp_path / "simulated.jsonl.gz", datetime(2020, 7, 1, tzinfo=UTC)
    simulated.write(archive, PLACES, since, HOURS)
    with Observatory(Settings(home=pool.home, _env_file=None)) as observatory:
        landing.replay(observatory, [archive])
    run = pool.client.create_flow_run_from_deployment(pool.deployment("cycle/cycle")).id
    with pool.worker(tmp_path / "killed") as worker:
        until(lambda: list(pool.home.glob("lake/silver/*/_delta_log")), tmp_path / "killed")
        worker.kill()
        os.kill(int(pool.client.read_flow_run(run).infrastructure_pid), signal.SIGKILL)
    assert pool.client.read_flow_run(run).state.name == "Running"

    pool.client.create_flow_run_from_deployment(pool.deployment("watch/watch"))
    with pool.worker(tmp_path / "next"):
        until(lambda: pool.client.read_flow_run(run).state.name == "Crashed", tmp_path / "next")
        assert "Its process was killed" in pool.client.read_flow_run(run).state.message
        until(lambda: pool.states("cycle/cycle")[-1] == "Completed", tmp_path / "next")
    asked = "SELECT count(*) AS n, count(DISTINCT (place, slot)) AS n_distinct FROM gold.captures"
    told = subprocess.run(command("query", asked, "--format", "json"), env=pool.environment, capture_output=True, text=True, check=True)
    n_answers = len(gzip.decompress(archive.read_bytes()).splitlines())
    assert json.loads(told.stdout) == [{"n": n_answers, "n_distinct": n_answers}]
