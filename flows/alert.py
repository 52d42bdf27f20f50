"""Tell by TWILYTICS_ALERTS, where that is set, of a cycle that failed or crashed; an automation of Prefect's asks for that."""

from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client

from flows import opened
from twilytics import failed_cycle
from twilytics.errors import GateError, ServiceError

#: Told by an alert of its own already, with the rule that failed.
TOLD_ALREADY = f"{GateError.__name__}: "


@flow(name="alert", description=__doc__, persist_result=False)
def alert(run: str) -> None:
    """Tell of the run of a cycle.

    Args:
        run: The ID of that run, alone or as events name it: prefect.flow-run.ID.
    """
    with get_client(sync_client=True) as client:
        failed = client.read_flow_run(UUID(run.rpartition(".")[2]))
    state = failed.state
    says = f"{state.name}: {state.message or 'no reason is known'}" if state else "it is gone"
    if TOLD_ALREADY in says:
        return
    with opened.observatory() as observatory:
        if observatory.settings.alerts is None:
            return
        if not failed_cycle.tell(observatory, f"run {failed.name}: {says}").is_taken:
            raise ServiceError("no channel of TWILYTICS_ALERTS took the message; it is told again after the next cycle")
