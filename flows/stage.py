"""A stage of a flow as a Prefect task: one task a stage, tried again after what can pass."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State, StateType, TaskRun
from prefect.context import FlowRunContext, SyncClientContext
from prefect.states import Cancelled
from prefect.tasks import exponential_backoff

from flows import runs, worked
from twilytics import stopping
from twilytics.errors import ServiceError

P = ParamSpec("P")
T = TypeVar("T")
RETRIES = 3
FIRST_DELAY_SECONDS = 2
SECONDS_BETWEEN_LOOKS = 1.0
JITTER = 0.5  # at most half as much again, so that those who failed together do not come back together

#: Of errors of the system, those that stay as they are.
LASTING = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
#: Lost connections that are no OSError, by name, since naming them otherwise would load their libraries.
LOST_CONNECTIONS = {"pymongo.errors.ConnectionFailure", "psycopg2.OperationalError", "psycopg2.InterfaceError"}


#: When it was last asked whether a run was cancelled, by run.
_looked: dict[UUID, float] = {}


def can_pass(error: object) -> bool:
    """Whether trying again may help: a service that does not answer, a lost connection; never bad data or a bad setting."""
    if isinstance(error, OSError):
        return not isinstance(error, LASTING)
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    return isinstance(error, ServiceError) or bool(names & LOST_CONNECTIONS)


def _worth_another_try(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    return can_pass(state.result(raise_on_failure=False))


def stoppable(function: Callable[P, T]) -> Callable[P, T | State[T]]:
    """Let a flow that was stopped between two stages count as cancelled, not as failed. Its run says which process runs it."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T | State[T]:
        context = FlowRunContext.get()
        if context is not None and context.flow_run is not None:
            _sign(context.flow_run)
        try:
            return function(*args, **kwargs)
        except stopping.Stopped as stopped:
            return Cancelled(message=str(stopped))

    return run


def _sign(run: FlowRun) -> None:
    if not worked.is_worked(run) and run.infrastructure_pid:
        return
    with SyncClientContext.get_or_create() as connected:
        if worked.is_worked(run):
            worked.begin(connected.client, run)
        else:
            runs.sign(connected.client, run)


def _check_cancelled(stage: str) -> None:
    """Raise :class:`Stopped` where the run was cancelled on the pages. Asking takes as long as a small stage, so not too often."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    run, now = context.flow_run.id, time.monotonic()
    if _looked.get(run, now) > now - SECONDS_BETWEEN_LOOKS:
        _looked.setdefault(run, now)
        return
    _looked.clear()
    _looked[run] = now
    with SyncClientContext.get_or_create() as connected:
        state = connected.client.read_flow_run(run).state
    if state is not None and state.type in (StateType.CANCELLING, StateType.CANCELLED):
        raise stopping.Stopped(f"cancelled before {stage}; the next run goes on from here")


def call(stage: str, function: Callable[..., T], *args: Any) -> T:
    """Run a stage inside a flow. The arguments stay here: a server shows a task's parameters to whoever asks.

    Raise :class:`twilytics.stopping.Stopped` where the run was cancelled or somebody asked to end.
    """
    stopping.check(stage)
    _check_cancelled(stage)

    @task(
        name=stage,
        retries=RETRIES,
        retry_delay_seconds=exponential_backoff(FIRST_DELAY_SECONDS),
        retry_jitter_factor=JITTER,
        retry_condition_fn=_worth_another_try,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def run() -> T:
        with stopping.asking_also(_check_cancelled):
            return function(*args)

    return run()
