"""The runs of a Prefect server: which are due, which of them fold into one, who runs each, which died with their process.

The lake's own watermarks decide what is unfinished, never the state of a run: states are only told to people.
"""

import os
import socket
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psutil
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled, Crashed, Pending

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PAGE = 200
UNFINISHED = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)
#: A run is pending for some milliseconds before it says who runs it.
GRACE = timedelta(minutes=1)
KILLED = "Its process was killed. Nothing is lost: the next cycle goes on from the watermarks."


def due(client: SyncPrefectClient, deployments: Sequence[UUID]) -> list[FlowRun]:
    """The scheduled runs whose time has come, oldest first. Only reads, unlike what Prefect's own runners ask: it is asked all the time."""
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=list(deployments)),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=datetime.now(UTC)),
        ),
        sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
        limit=PAGE,
    )


def fold(client: SyncPrefectClient, runs: Sequence[FlowRun]) -> list[FlowRun]:
    """Leave one of the runs that a schedule made, the newest, since a cycle catches up whatever the others would have done.

    Runs that somebody asked for are all left. Return those to run, oldest first.
    """
    newest = {run.deployment_id: run for run in runs if run.auto_scheduled}
    left = []
    for run in runs:
        if not run.auto_scheduled or run is newest[run.deployment_id]:
            left.append(run)
        else:
            skip(client, run, f"{newest[run.deployment_id].next_scheduled_start_time:%Y-%m-%d %H:%M}")
    return left


def skip(client: SyncPrefectClient, run: FlowRun, kept: str) -> None:
    """Tell that a run is left to the one of that time, or name."""
    message = f"Folded into the run of {kept} UTC, which does its work too."
    client.set_flow_run_state(run.id, Cancelled(name="Skipped", message=message), force=True)


def claim(client: SyncPrefectClient, run: FlowRun) -> FlowRun | None:
    """The run, now pending and this process's; None where it was cancelled or taken meanwhile."""
    if client.set_flow_run_state(run.id, Pending()).status is not SetStateStatus.ACCEPT:
        return None
    return sign(client, client.read_flow_run(run.id))


def sign(client: SyncPrefectClient, run: FlowRun) -> FlowRun:
    """Write into the run that this process runs it."""
    run.infrastructure_pid = signature()
    client.update_flow_run(run.id, infrastructure_pid=run.infrastructure_pid)
    return run


def signature() -> str:
    """This process, as no other ever is."""
    return f"{socket.gethostname()}:{os.getpid()}:{born(os.getpid())}"


def is_dead(run: FlowRun) -> bool:
    """Whether the process that runs it is gone. A run of another machine is left to that machine."""
    if not run.infrastructure_pid:
        return run.expected_start_time is None or datetime.now(UTC) - run.expected_start_time > GRACE
    host, _, rest = run.infrastructure_pid.partition(":")
    pid, _, birth = rest.partition(":")
    return host == socket.gethostname() and (not pid.isdigit() or born(int(pid)) != birth)


def bury(client: SyncPrefectClient, flow_names: Iterable[str]) -> list[FlowRun]:
    """Mark the unfinished runs as crashed whose process was killed; return them."""
    unfinished = client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=list(flow_names))),
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(UNFINISHED)))),
        limit=PAGE,
    )
    return mark(client, filter(is_dead, unfinished), KILLED)


def mark(client: SyncPrefectClient, dead: Iterable[FlowRun], message: str) -> list[FlowRun]:
    """Mark these runs as crashed; return them."""
    marked = list(dead)
    for run in marked:
        client.set_flow_run_state(run.id, Crashed(message=message), force=True)
    return marked


def born(pid: int) -> str | None:
    """When the process began, in a form that no other process of this machine ever shares; None when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        if fields[0] == "Z":
            return None
        return f"{BOOT_ID.read_text().strip()}/{fields[19]}"  # the 22nd field of all: clock ticks since boot
    except OSError:
        if BOOT_ID.exists():
            return None
    try:  # no /proc: macOS
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
