"""Going on with what cycles put off: by a run of the deployment `backfill`, of which one is enough."""

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.context import SyncClientContext
from prefect.exceptions import ObjectNotFound

from flows import runs

DEPLOYMENT = "backfill/backfill"


def asked_for() -> bool:
    """Have a backfill run, unless one does or is about to. False where this server has no such deployment."""
    with SyncClientContext.get_or_create() as connected:
        client = connected.client
        try:
            deployment = client.read_deployment_by_name(DEPLOYMENT).id
        except ObjectNotFound:
            return False
        unfinished = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, *runs.UNFINISHED])),
            ),
            limit=1,
        )
        if not unfinished:
            client.create_flow_run_from_deployment(deployment)
        return True
