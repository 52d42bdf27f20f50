"""The runs of a real Prefect server: due ones, folded ones, claimed ones, dead ones."""

import os
import socket
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.states import Running

from flows import runs


@flow
def idle() -> None:
    """Nothing."""


@pytest.fixture
def deployment(prefect):
    """A deployment that fires every minute, with no runs yet: it is paused, so that only :func:`schedule` makes some."""
    schedules = [DeploymentScheduleCreate(schedule=CronSchedule(cron="* * * * *", timezone="UTC"))]
    return prefect.create_deployment(prefect.create_flow(idle), name=uuid.uuid4().hex, schedules=schedules, paused=True)


def schedule(prefect, deployment, minutes: int) -> None:
    """Let the schedule make its runs of the last so many minutes, as after a stop of that length."""
    now = datetime.now(UTC)
    bounds = {"start_time": str(now - timedelta(minutes=minutes)), "end_time": str(now), "min_runs": 0}
    prefect.request("POST", f"/deployments/{deployment}/schedule", json=bounds)


def states(prefect, deployment) -> list[str]:
    body = {"deployments": {"id": {"any_": [str(deployment)]}}, "sort": "EXPECTED_START_TIME_ASC"}
    now = datetime.now(UTC)
    told = prefect.request("POST", "/flow_runs/filter", json=body).json()
    return [run["state"]["name"] for run in told if datetime.fromisoformat(run["expected_start_time"]) < now]


def test_late_runs_fold_into_the_newest(prefect, deployment):
    schedule(prefect, deployment, minutes=4)
    late = runs.due(prefect, [deployment])
    assert len(late) == 4
    assert [run.id for run in runs.fold(prefect, late)] == [late[-1].id]
    assert states(prefect, deployment)[:-1] == ["Skipped"] * 3
    assert f"{late[-1].next_scheduled_start_time:%Y-%m-%d %H:%M} UTC" in prefect.read_flow_run(late[0].id).state.message
    assert [run.id for run in runs.due(prefect, [deployment])] == [late[-1].id]


def test_runs_that_somebody_asked_for_are_all_left(prefect, deployment):
    asked = [prefect.create_flow_run_from_deployment(deployment).id for _ in range(2)]
    schedule(prefect, deployment, minutes=2)
    left = runs.fold(prefect, runs.due(prefect, [deployment]))
    assert {*asked} < {run.id for run in left}
    assert len(left) == 3


def test_a_run_of_the_future_is_not_due(prefect, deployment):
    prefect.request("POST", f"/deployments/{deployment}/schedule", json={"end_time": str(datetime.now(UTC) + timedelta(minutes=9))})
    assert runs.due(prefect, [deployment]) == []


def test_a_claimed_run_says_who_runs_it_and_is_not_due_any_more(prefect, deployment):
    prefect.create_flow_run_from_deployment(deployment)
    (waiting,) = runs.due(prefect, [deployment])
    claimed = runs.claim(prefect, waiting)
    assert claimed.state.name == "Pending"
    assert claimed.infrastructure_pid == f"{socket.gethostname()}:{os.getpid()}:{runs.born(os.getpid())}"
    assert runs.due(prefect, [deployment]) == []


def test_a_run_that_was_cancelled_meanwhile_is_not_claimed(prefect, deployment):
    prefect.create_flow_run_from_deployment(deployment)
    (waiting,) = runs.due(prefect, [deployment])
    prefect.request("POST", f"/flow_runs/{waiting.id}/set_state", json={"state": {"type": "CANCELLED"}, "force": True})
    assert runs.claim(prefect, waiting) is None


def running(prefect, signature: str | None):
    run = prefect.create_flow_run(idle, state=Running())
    if signature is not None:
        prefect.update_flow_run(run.id, infrastructure_pid=signature)
    return run.id


def test_a_run_whose_process_was_killed_is_marked_crashed(prefect):
    killed = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    signature = f"{socket.gethostname()}:{killed.pid}:{runs.born(killed.pid)}"
    run = running(prefect, signature)
    assert runs.bury(prefect, ["idle"]) == []
    killed.kill()
    killed.wait()
    assert [dead.id for dead in runs.bury(prefect, ["idle"])] == [run]
    assert prefect.read_flow_run(run).state.name == "Crashed"


def test_a_reused_process_id_is_not_believed(prefect):
    run = running(prefect, f"{socket.gethostname()}:{os.getpid()}:an-earlier-birth")
    assert [dead.id for dead in runs.bury(prefect, ["idle"])] == [run]


def test_runs_of_the_living_of_other_machines_and_of_other_flows_are_left(prefect):
    alive = running(prefect, f"{socket.gethostname()}:{os.getpid()}:{runs.born(os.getpid())}")
    elsewhere = running(prefect, "elsewhere:1:x")
    assert runs.bury(prefect, ["idle"]) == []
    running(prefect, f"{socket.gethostname()}:{os.getpid()}:an-earlier-birth")
    assert runs.bury(prefect, ["another"]) == []
    for run in (alive, elsewhere):
        assert prefect.read_flow_run(run).state.name == "Running"
    runs.bury(prefect, ["idle"])


def test_a_zombie_is_dead():
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert runs.born(zombie.pid) is None
    zombie.wait()
