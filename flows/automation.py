"""The automations of Prefect's that `deployments/prefect.yaml` declares as triggers of a deployment; `serve` keeps that of the alert."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.events import DeploymentTriggerTypes
from prefect.events.schemas.automations import Automation, AutomationCore
from pydantic import TypeAdapter

from flows import declared
from flows.changes import Changes

#: Begins the names of our automations: a server does not tell whose they are.
OURS = "twilytics: "
NAME = f"{OURS}tell of failed cycles"
COMPARED = ("description", "trigger", "actions")
_trigger: TypeAdapter[DeploymentTriggerTypes] = TypeAdapter(DeploymentTriggerTypes)


def keep(client: SyncPrefectClient, deployment: UUID | None) -> None:
    """Have a failed cycle run that deployment, by one automation; None: have none. One that was paused on the pages stays so."""
    found = client.read_automations_by_name(NAME)
    for automation in found:
        client.delete_automation(automation.id)
    for made in of(deployment, declared.triggers("alert")) if deployment else ():
        client.create_automation(_as_before(made, found))


def keep_all(client: SyncPrefectClient, deployment: UUID, triggers: Iterable[Mapping[str, Any]], changes: Changes) -> None:
    """Of our automations that run the deployment, have those of these triggers and no other. What was paused on the pages stays so."""
    wanted = {made.name: made for made in of(deployment, triggers)}
    known = client.read_resource_related_automations(f"prefect.deployment.{deployment}")
    for automation in [one for one in known if one.name.startswith(OURS)]:
        made = wanted.pop(automation.name, None)
        if made is None:
            changes.make("removed", f"automation {automation.name}", lambda one=automation: client.delete_automation(one.id))
        elif parts := [part for part in COMPARED if getattr(automation, part) != getattr(made, part)]:
            changes.make("changed", f"automation {made.name}", lambda one=automation, made=made: _replace(client, one, made), parts)
    for made in wanted.values():
        changes.make("created", f"automation {made.name}", lambda made=made: client.create_automation(made))


def _replace(client: SyncPrefectClient, automation: Automation, made: AutomationCore) -> None:
    """Made anew and not updated: what an update has to hold differs between client and server."""
    client.delete_automation(automation.id)
    client.create_automation(_as_before(made, [automation]))


def _as_before(made: AutomationCore, found: Iterable[Automation]) -> AutomationCore:
    return made.model_copy(update={"enabled": all(automation.enabled for automation in found)})


def of(deployment: UUID, triggers: Iterable[Mapping[str, Any]]) -> list[AutomationCore]:
    """The automations that run the deployment after each of the triggers."""
    made = [_trigger.validate_python(trigger) for trigger in triggers]
    for trigger in made:
        trigger.set_deployment_id(deployment)
    return [trigger.as_automation() for trigger in made]
