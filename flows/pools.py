"""The work pool that deployments are in, and its queues in their order of priority."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from flows.changes import Changes
from flows.declared import Pool
from twilytics.errors import ServiceError, SettingError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

PAGE = 200
PREFECTS_IMAGE = "prefecthq/"


def keep(client: "SyncPrefectClient", pool: Pool, changes: Changes) -> None:
    """Have the pool, and its queues in that order. Raise :class:`SettingError` where the name is taken by one of another type."""
    from prefect.exceptions import ObjectNotFound

    try:
        known = client.read_work_pool(pool.name)
    except ObjectNotFound:
        changes.make("created", f"work pool {pool.name}", lambda: _create(client, pool), [pool.type])
        _keep_queues(client, pool, changes, is_new=True)
        return
    if known.type != pool.type:
        raise SettingError(
            f"Prefect has a work pool {pool.name} already, of type {known.type} and not {pool.type}: "
            "remove it there, or give ours another name in deployments/prefect.yaml"
        )
    _keep_queues(client, pool, changes)


def preset(client: "SyncPrefectClient", name: str) -> frozenset[str]:
    """The job variables that the pool of that name sets by itself, beyond what Prefect has by default; none where it is not there."""
    from prefect.exceptions import ObjectNotFound

    try:
        known = client.read_work_pool(name)
    except ObjectNotFound:
        return frozenset()
    told = known.base_job_template.get("variables", {}).get("properties", {})
    defaults = {variable: about.get("default") for variable, about in told.items()}
    return frozenset(name for name in ("env", "image") if defaults.get(name) and not str(defaults[name]).startswith(PREFECTS_IMAGE))


def _create(client: "SyncPrefectClient", pool: Pool) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.utilities import get_default_base_job_template_for_infrastructure_type as template

    # What is told of the types that are not installed here, a server knows.
    found = asyncio.run(template(pool.type))
    if found is None:
        raise ServiceError(f"Prefect does not know the work pool type {pool.type}: make the work pool {pool.name} there, then deploy again")
    client.create_work_pool(WorkPoolCreate(name=pool.name, type=pool.type, base_job_template=found))


def _keep_queues(client: "SyncPrefectClient", pool: Pool, changes: Changes, *, is_new: bool = False) -> None:
    """A queue that is made or moved pushes those behind it on, so that they end in this order, those of others last."""
    path = f"/work_pools/{pool.name}/queues"
    known = [] if is_new else client.request("POST", f"{path}/filter", json={"limit": PAGE}).json()
    names = [queue["name"] for queue in sorted(known, key=lambda queue: queue["priority"])]
    is_ordered = [name for name in names if name in pool.queues] == list(pool.queues)
    for priority, name in enumerate(pool.queues, 1):
        what = f"work queue {pool.name}/{name}"
        told = {"name": name, "priority": priority}
        if name not in names:
            changes.make("created", what, partial(client.create_work_queue, work_pool_name=pool.name, **told))
        elif not is_ordered and set(pool.queues) <= set(names):
            changes.make("changed", what, partial(client.request, "PATCH", f"{path}/{name}", json=told), ["priority"])
