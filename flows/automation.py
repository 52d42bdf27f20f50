"""The automation of Prefect's that runs the flow `alert` when a cycle fails: made once, whatever how often `serve` starts."""

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger

NAME = "twilytics: tell of failed cycles"
FAILURES = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed"}


def keep(client: SyncPrefectClient, deployment: UUID | None) -> None:
    """Have the automation run that deployment, and have it once; None: have none. One that was paused on the pages stays so."""
    found = client.read_automations_by_name(NAME)
    # Made anew and not updated: what an update has to hold differs between client and server.
    for automation in found:
        client.delete_automation(automation.id)
    if deployment is None:
        return
    made = AutomationCore(
        name=NAME,
        description="Made by `twilytics serve`, as TWILYTICS_ALERTS is set.",
        enabled=all(automation.enabled for automation in found),
        trigger=EventTrigger(
            expect=FAILURES,
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.role": "flow", "prefect.resource.name": "cycle"},
            for_each={"prefect.resource.id"},
        ),
        actions=[RunDeployment(source="selected", deployment_id=deployment, parameters={"run": "{{ event.resource.id }}"})],
    )
    client.create_automation(made)
