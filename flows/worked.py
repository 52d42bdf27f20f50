"""A run that a worker of Prefect's started: it does for itself what `twilytics serve` does around its runs.

It says which process it is, so that it is missed when that was killed, and folds the runs into itself that are late.
The signature is a label: the worker keeps its own mark in ``infrastructure_pid``, to cancel the run by.
"""

import socket
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType

from flows import declared, runs

SIGNATURE = "twilytics.process"
CYCLE = "cycle/cycle"
#: A worker that lives has an image pulled, and a container started, within it.
GRACE = timedelta(minutes=15)


def is_worked(run: FlowRun) -> bool:
    return run.work_pool_name is not None


def begin(client: SyncPrefectClient, run: FlowRun) -> None:
    """Sign the run as this process's, fold late ones into it, and tell of those that lost their slot to it."""
    client.update_flow_run_labels(run.id, {SIGNATURE: runs.signature()})
    if run.auto_scheduled:
        fold(client, run)
    supersede(client, run)


def fold(client: SyncPrefectClient, run: FlowRun) -> list[FlowRun]:
    """Skip the runs that the same schedule made before now and that wait, since this one does their work; return them.

    Also those that wait for a slot, whose next start is ahead. Runs that somebody asked for are left.
    """
    late = [one for one in _found(client, run.deployment_id, StateType.SCHEDULED) if one.auto_scheduled]
    when = f"{run.expected_start_time:%Y-%m-%d %H:%M}" if run.expected_start_time else run.name
    for one in late:
        runs.skip(client, one, when)
    return late


def supersede(client: SyncPrefectClient, run: FlowRun) -> list[FlowRun]:
    """Mark others of a deployment that takes one run at a time as crashed: theirs was the slot that this one has, until it ran out.

    That is how the dead of other machines are told, a container's for one, after the server took their slot back. Those of this
    machine are told by :func:`bury`.
    """
    if run.deployment_id is None:
        return []
    limit = client.read_deployment(run.deployment_id).global_concurrency_limit
    if limit is None or limit.limit != 1:
        return []
    others = [one for one in _found(client, run.deployment_id, StateType.RUNNING) if one.id != run.id and not _is_of_here(one)]
    return runs.mark(client, others, "It was heard of no more, and lost its slot to the next run, which goes on from the watermarks.")


def bury(client: SyncPrefectClient) -> list[FlowRun]:
    """Mark the unfinished runs of our deployments as crashed whose process on this machine was killed; return them."""
    unfinished = client.read_flow_runs(
        deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[declared.TAG])),
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(runs.UNFINISHED)))),
        limit=runs.PAGE,
    )
    return runs.mark(client, filter(is_dead, unfinished), runs.KILLED)


def is_dead(run: FlowRun) -> bool:
    """Whether the process that runs it is gone. A signed run of another machine is left to that machine."""
    signature = run.labels.get(SIGNATURE)
    if signature is None:  # its worker was killed before it began
        return run.state is not None and datetime.now(UTC) - run.state.timestamp > GRACE
    return runs.is_dead(run.model_copy(update={"infrastructure_pid": str(signature)}))


def _is_of_here(run: FlowRun) -> bool:
    return str(run.labels.get(SIGNATURE, "")).startswith(f"{socket.gethostname()}:")


def go_on(client: SyncPrefectClient) -> None:
    """Have a cycle run now, unless one waits already."""
    deployment = client.read_deployment_by_name(CYCLE)
    if not _found(client, deployment.id, StateType.SCHEDULED):
        client.create_flow_run_from_deployment(deployment.id)


def _found(client: SyncPrefectClient, deployment: UUID | None, state: StateType) -> list[FlowRun]:
    """The deployment's runs in that state that were to start before now."""
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment] if deployment else []),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[state])),
            expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC)),
        ),
        limit=runs.PAGE,
    )
