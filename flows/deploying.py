"""`twilytics deploy`: have a Prefect server know what `deployments/prefect.yaml` declares, and no more of ours than that.

Ours are the deployments that have the tag `twilytics`, and the automations that run them and whose names begin so. What was
paused on the pages stays so. A work pool that is there already is left as it is, and none is removed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from flows import declared, environment, pools, server
from flows.changes import Change, Changes
from flows.declared import Declared, Pool, Target
from twilytics.errors import ServiceError
from twilytics.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

REFUSALS = (401, 403)


def deploy(settings: Settings, *, to: Target = "process", image: str | None = None, is_dry: bool = False) -> tuple[Change, ...]:
    """Bring the server of PREFECT_API_URL, or that of HOME, up to the file; return what was changed, or with ``is_dry`` would be.

    Raise :class:`twilytics.errors.SettingError` where the settings do not fit the target, or the work pool's name is taken by
    one of another type; :class:`ServiceError` where no server is known, none answers, or it refuses us.
    """
    wanted, changes = declared.deployments(settings, to), Changes(is_dry)
    with _connected(settings) as client:
        pool = declared.pool(settings, to, image, pools.preset(client, declared.pool_name(to)))
        pools.keep(client, pool, changes)
        kept = {_keep(client, one, pool, changes) for one in wanted}
        for known in _ours(client):
            if known.id not in kept:
                _remove(client, known, changes)
    return tuple(changes.made)


@contextmanager
def _connected(settings: Settings) -> "Iterator[SyncPrefectClient]":
    url = os.environ.get("PREFECT_API_URL") or server.running(settings.home)
    if url is None:
        raise ServiceError("there is no Prefect to deploy to: set PREFECT_API_URL, or start `twilytics serve`")
    environment.record_at(url)
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    try:
        with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
            yield client
    except httpx.HTTPStatusError as error:
        if error.response.status_code not in REFUSALS:
            raise
        raise ServiceError(
            f"Prefect at {url} does not let us in ({error.response.status_code}): "
            "set PREFECT_API_KEY for Prefect Cloud, or PREFECT_API_AUTH_STRING as a server of your own has it"
        ) from None
    except (httpx.TransportError, RuntimeError):  # RuntimeError: what Prefect makes of the other, when it connects
        raise server.unanswered(url) from None


def _keep(client: "SyncPrefectClient", wanted: Declared, pool: Pool, changes: Changes) -> UUID:
    """Have that deployment and its automations; return its ID, a new one where it is not there and only would be."""
    from prefect.exceptions import ObjectNotFound

    from flows import automation, deployment

    flow = deployment.flow(wanted)
    what = f"deployment {flow.name}/{wanted.name}"
    asked = deployment.asked(wanted, flow, pool)
    try:
        known = client.read_deployment_by_name(f"{flow.name}/{wanted.name}")
    except ObjectNotFound:
        made = changes.make("created", what, lambda: client.create_deployment(client.create_flow(flow), **asked))
    else:
        made = known.id
        found = deployment.found(known)
        if parts := [name.replace("_", " ") for name, value in deployment.compared(asked).items() if value != found[name]]:
            paused = {schedule.schedule.cron for schedule in known.schedules if not schedule.active}
            for schedule in asked["schedules"]:
                schedule.active = schedule.schedule.cron not in paused
            changes.make("changed", what, lambda: client.create_deployment(known.flow_id, **asked), parts)
    kept = made or uuid4()
    automation.keep_all(client, kept, wanted.triggers, changes)
    return kept


def _remove(client: "SyncPrefectClient", known: "DeploymentResponse", changes: Changes) -> None:
    from flows import automation

    automation.keep_all(client, known.id, (), changes)
    name = f"{client.read_flow(known.flow_id).name}/{known.name}"
    changes.make("removed", f"deployment {name}", lambda: client.delete_deployment(known.id))


def _ours(client: "SyncPrefectClient") -> "list[DeploymentResponse]":
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags

    return client.read_deployments(deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[declared.TAG])))
