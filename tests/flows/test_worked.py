"""Runs of a work pool at a real server: signed by a label, buried when their process is gone, folded, superseded."""

import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.schedules import CronSchedule
from prefect.states import Pending, Running, Scheduled

from flows import declared, opened, worked
from tests.flows.conftest import CLEAN, REPOSITORY
from twilytics.errors import SettingError


@flow
def idle_in_a_pool() -> None:
    """Nothing."""


@pytest.fixture
def deployment(prefect):
    """A paused deployment of ours that takes one run at a time, and would fire every minute."""
    schedules = [DeploymentScheduleCreate(schedule=CronSchedule(cron="* * * * *", timezone="UTC"))]
    made = prefect.create_flow(idle_in_a_pool)
    deployment = prefect.create_deployment(
        made, name=uuid.uuid4().hex, schedules=schedules, paused=True, tags=[declared.TAG], concurrency_limit=1
    )
    yield deployment
    prefect.delete_deployment(deployment)


def running(prefect, deployment, signature: str | None = None) -> FlowRun:
    run = prefect.create_flow_run_from_deployment(deployment)
    prefect.set_flow_run_state(run.id, Running(), force=True)
    if signature is not None:
        prefect.update_flow_run_labels(run.id, {worked.SIGNATURE: signature})
    return prefect.read_flow_run(run.id)


def begun_and_killed(prefect, url: str, deployment) -> FlowRun:
    """A run that began in a process that was killed then, like its worker."""
    run = running(prefect, deployment)
    program = f"""
import os
from prefect.client.orchestration import get_client
from flows import worked
with get_client(sync_client=True) as client:
    worked.begin(client, client.read_flow_run({str(run.id)!r}))
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], env={**CLEAN, "PYTHONPATH": REPOSITORY, "PREFECT_API_URL": url}, check=False)
    return prefect.read_flow_run(run.id)


def test_a_run_whose_process_was_killed_is_marked_crashed(served, prefect, deployment):
    run = begun_and_killed(prefect, served.url, deployment)
    assert worked.SIGNATURE in run.labels
    assert [dead.id for dead in worked.bury(prefect)] == [run.id]
    assert prefect.read_flow_run(run.id).state.name == "Crashed"
    assert worked.bury(prefect) == []


def test_a_run_that_lives_or_is_another_machines_is_left(prefect, deployment):
    worked.begin(prefect, mine := running(prefect, deployment))
    elsewhere = running(prefect, deployment, "elsewhere:1:x")
    assert worked.bury(prefect) == []
    assert {prefect.read_flow_run(run.id).state.name for run in (mine, elsewhere)} == {"Running"}


@pytest.mark.parametrize(("minutes", "is_dead"), [(5, False), (20, True)])
def test_a_run_that_never_began_is_given_the_time_that_an_image_takes(prefect, deployment, minutes, is_dead):
    run = prefect.create_flow_run_from_deployment(deployment)
    pending = Pending(timestamp=datetime.now(UTC) - timedelta(minutes=minutes))
    assert worked.is_dead(run.model_copy(update={"state": pending})) is is_dead


def test_late_runs_of_the_schedule_fold_into_the_one_that_begins(prefect, deployment):
    asked = prefect.create_flow_run_from_deployment(deployment)
    now = datetime.now(UTC)
    bounds = {"start_time": str(now - timedelta(minutes=3)), "end_time": str(now), "min_runs": 0}
    prefect.request("POST", f"/deployments/{deployment}/schedule", json=bounds)
    late = [run for run in worked._found(prefect, deployment, StateType.SCHEDULED) if run.auto_scheduled]
    waiting, begins = late[0], late[-1]
    prefect.set_flow_run_state(
        waiting.id, Scheduled(name="AwaitingConcurrencySlot", scheduled_time=now + timedelta(seconds=30)), force=True
    )
    prefect.set_flow_run_state(begins.id, Running(), force=True)
    worked.begin(prefect, begins)
    assert {prefect.read_flow_run(run.id).state.name for run in late[:-1]} == {"Skipped"}
    assert f"{begins.expected_start_time:%Y-%m-%d %H:%M} UTC" in prefect.read_flow_run(waiting.id).state.message
    assert prefect.read_flow_run(asked.id).state.name == "Scheduled"


def test_a_run_that_somebody_asked_for_folds_none(prefect, deployment):
    now = datetime.now(UTC)
    bounds = {"start_time": str(now - timedelta(minutes=2)), "end_time": str(now), "min_runs": 0}
    prefect.request("POST", f"/deployments/{deployment}/schedule", json=bounds)
    worked.begin(prefect, running(prefect, deployment))
    assert {run.state.name for run in worked._found(prefect, deployment, StateType.SCHEDULED)} == {"Scheduled"}


def test_who_has_the_only_slot_tells_of_the_one_that_lost_it(prefect, deployment):
    lost = running(prefect, deployment, "a-container:1:x")
    worked.begin(prefect, begins := running(prefect, deployment))
    assert prefect.read_flow_run(lost.id).state.name == "Crashed"
    assert prefect.read_flow_run(begins.id).state.name == "Running"


def test_where_two_may_run_nobody_is_superseded(prefect, deployment):
    prefect.request("PATCH", f"/deployments/{deployment}", json={"concurrency_limit": 2})
    other = running(prefect, deployment, "a-container:1:x")
    worked.begin(prefect, running(prefect, deployment))
    assert prefect.read_flow_run(other.id).state.name == "Running"


def test_a_run_of_a_work_pool_needs_a_home_that_stays(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWILYTICS_HOME", raising=False)
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", str(uuid.uuid4()))
    with pytest.raises(SettingError, match="start the worker with TWILYTICS_HOME set"), opened.observatory():
        pass
    monkeypatch.setenv("TWILYTICS_HOME", str(tmp_path / "home"))
    with opened.observatory() as observatory:
        assert observatory.settings.home == tmp_path / "home"


def test_a_run_of_this_machine_is_never_superseded(prefect, deployment):
    worked.begin(prefect, first := running(prefect, deployment))
    worked.begin(prefect, running(prefect, deployment))
    assert prefect.read_flow_run(first.id).state.name == "Running"
