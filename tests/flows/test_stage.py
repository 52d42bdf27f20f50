"""A stage as a task: tried again after what can pass, stopped between stages, its arguments told to nobody."""

import os

import psycopg2
import pytest
from prefect import flow
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.states import State, StateType
from pymongo.errors import AutoReconnect, OperationFailure

from flows import runs, stage
from flows.record import recorded
from twilytics import stopping
from twilytics.errors import GateError, ServiceError, SettingError, TwilyticsError

PASSES = [ServiceError("no"), ConnectionResetError("gone"), TimeoutError("late"), AutoReconnect("gone"), psycopg2.OperationalError("gone")]
STAYS = [GateError("bad"), SettingError("bad"), TwilyticsError("bad"), ValueError("bad"), FileNotFoundError("f"), PermissionError("f")]
STAYS += [OperationFailure("bad"), psycopg2.ProgrammingError("bad"), KeyError("bad")]


@pytest.mark.parametrize("error", PASSES, ids=lambda error: type(error).__name__)
def test_what_can_pass(error):
    assert stage.can_pass(error)


@pytest.mark.parametrize("error", STAYS, ids=lambda error: type(error).__name__)
def test_what_stays_as_it_is(error):
    assert not stage.can_pass(error)


class Stage:
    """Fails with the errors one after the other, then returns 7."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.n_calls = 0

    def __call__(self, *_: object) -> int:
        self.n_calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return 7


@pytest.fixture
def recorded_stage(served, prefect, monkeypatch):
    """Run a stage in a flow of the server; the client is there to look."""
    monkeypatch.setattr(stage, "FIRST_DELAY_SECONDS", 0.01)

    def run(function: Stage, *arguments: object) -> object:
        @flow(name="one-stage")
        def one_stage() -> object:
            return stage.call("refine", function, *arguments)

        return recorded(one_stage, {}, served.url)

    return run


def test_a_stage_is_tried_again_after_what_can_pass(recorded_stage):
    refine = Stage(ServiceError("starting"), ConnectionResetError("gone"))
    assert recorded_stage(refine) == 7
    assert refine.n_calls == 3


def test_after_three_more_tries_it_is_over(recorded_stage):
    refine = Stage(*[ServiceError(f"no {number}") for number in range(9)])
    with pytest.raises(ServiceError, match="no 3"):
        recorded_stage(refine)
    assert refine.n_calls == 4


def test_bad_data_is_not_tried_again(recorded_stage):
    refine = Stage(GateError("rank is 0"))
    with pytest.raises(GateError, match="rank is 0"):
        recorded_stage(refine)
    assert refine.n_calls == 1


def test_what_a_stage_is_given_is_told_to_nobody(served, prefect):
    @flow(name="secretive")
    def secretive() -> None:
        stage.call("publish", Stage(), "postgresql://owner:hunter2@host/db")

    recorded(secretive, {}, served.url)
    run = only_run(prefect, "secretive")
    (task,) = prefect.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    told = task.model_dump_json() + run.model_dump_json() + prefect.request("POST", "/events/filter", json={}).text
    assert task.name.startswith("publish")
    assert "hunter2" not in told


@pytest.fixture
def end_request():
    """The request to end, withdrawn after the test."""
    yield stopping.requested
    stopping.requested.clear()


def test_a_request_to_end_is_heard_before_the_next_stage(served, prefect, end_request):
    second = Stage()

    @flow(name="two-stages")
    @stage.stoppable
    def two_stages() -> object:
        stage.call("snapshot", end_request.set)
        return stage.call("refine", second)

    with pytest.raises(stopping.Stopped, match="stopped before refine, nothing is lost"):
        recorded(two_stages, {}, served.url)
    assert second.n_calls == 0
    assert last_state(prefect, "two-stages") == "Cancelled"


def test_a_run_that_is_cancelled_on_the_pages_ends_before_the_next_stage(served, prefect, monkeypatch):
    monkeypatch.setattr(stage, "SECONDS_BETWEEN_LOOKS", 0)
    second = Stage()

    def cancel() -> None:
        prefect.set_flow_run_state(FlowRunContext.get().flow_run.id, State(type=StateType.CANCELLING), force=True)

    @flow(name="cancelled")
    @stage.stoppable
    def cancelled() -> object:
        cancel()
        return stage.call("refine", second)

    with pytest.raises(stopping.Stopped, match="cancelled before refine"):
        recorded(cancelled, {}, served.url)
    assert second.n_calls == 0
    assert last_state(prefect, "cancelled") == "Cancelled"


def test_a_stage_that_waits_hears_that_its_run_is_cancelled(served, prefect, monkeypatch):
    monkeypatch.setattr(stage, "SECONDS_BETWEEN_LOOKS", 0)

    def wait() -> None:
        stopping.heed("the batch ended")
        prefect.set_flow_run_state(FlowRunContext.get().flow_run.id, State(type=StateType.CANCELLING), force=True)
        stopping.heed("the batch ended")
        raise AssertionError("it went on")

    @flow(name="waiting")
    @stage.stoppable
    def waiting() -> object:
        return stage.call("refine", wait)

    with pytest.raises(stopping.Stopped, match="cancelled before the batch ended"):
        recorded(waiting, {}, served.url)
    assert last_state(prefect, "waiting") == "Cancelled"


def test_a_flow_that_is_called_directly_says_which_process_runs_it(prefect):
    @flow(name="direct")
    @stage.stoppable
    def direct() -> None:
        assert runs.bury(prefect, ["direct"]) == []

    direct()
    assert only_run(prefect, "direct").infrastructure_pid.split(":")[1] == str(os.getpid())


def last_state(prefect, name: str) -> str:
    return only_run(prefect, name).state.name


def only_run(prefect, name: str) -> FlowRun:
    (run,) = prefect.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[name])))
    return run
