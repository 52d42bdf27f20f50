"""`twilytics serve`: Prefect's server, its pages, the schedule and the cycle, all in this one process.

Where PREFECT_API_URL names a server, that one keeps the schedule and the pages, and this process only runs what is due.
The cycle runs here and not in a process of its own (as Prefect's `flow.serve` does it), so that it finds everything
imported and every connection open: a warm cycle takes seconds less. Long work has a lane of its own, so that a cycle that
becomes due does not wait for its end, only for that of its slice.
"""

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows import schedule, server, web
from twilytics import quality, stopping
from twilytics.errors import ServiceError, SettingError, TwilyticsError
from twilytics.settings import Settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

    from flows.opened import Kept

NAMES = ("land", "snapshot", "refine", "check", "publish", "cycle", "backfill", "retry", "maintain", "alert")
#: Flows that run one after the other; those of the two lanes side by side, each with an observatory of its own. The embedded
#: services, which take most of the memory, are there once.
LANES = {"hourly": ("cycle", "maintain", "alert"), "long": ("backfill", "retry")}
REFUSALS = (401, 403)
SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_BETWEEN_BURIALS = 60.0


@dataclass(frozen=True)
class Done:
    """A run that ended: its flow and name, how (``Completed``, ``Failed``, …), what was said of it, and its seconds."""

    flow: str
    run: str
    state: str
    message: str
    seconds: float


def serve(settings: Settings, *, port: int | None = None, ready: Callable[[str], None], done: Callable[[Done], None]) -> None:
    """Serve until SIGINT or SIGTERM: ends after the stage that runs then. ``ready`` gets the URL of the pages.

    Raise :class:`twilytics.errors.ServiceError` where this HOME is served already, the port is taken or Prefect does not start.
    """
    with _server(settings, port) as url:
        from flows.opened import Kept

        flows = _deployed(settings, url)
        ready(url.removesuffix("/api"))
        with Kept(settings) as hourly, Kept(settings) as long:
            stopping.attended(lambda: side_by_side(flows, {"hourly": hourly, "long": long}, done))


def _server(settings: Settings, port: int | None) -> AbstractContextManager[str]:
    url = os.environ.get("PREFECT_API_URL")
    if url is None:
        return web.prefect_server(settings.home, port)
    if port is not None:
        raise SettingError(f"--port is for a server of our own, and PREFECT_API_URL names {url}: leave one of them out")
    return web.prefect_elsewhere(settings.home, url)


def _deployed(settings: Settings, url: str) -> "dict[UUID, Flow[..., Any]]":
    import httpx

    try:
        return deploy(settings)
    except httpx.HTTPStatusError as error:
        if error.response.status_code not in REFUSALS:
            raise
        raise ServiceError(f"Prefect at {url} does not let us in: set PREFECT_API_AUTH_STRING as that server has it") from None
    except (httpx.TransportError, RuntimeError):  # RuntimeError: what Prefect makes of the other, when it connects
        raise server.unanswered(url) from None


def deploy(settings: Settings) -> "dict[UUID, Flow[..., Any]]":
    """Tell the server of the flows that can be run, and of their schedules; return the flow of each deployment."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.utilities.callables import parameter_schema

    from flows import automation
    from flows.alert import alert
    from flows.backfill import backfill
    from flows.cycle import cycle
    from flows.maintain import maintain
    from flows.retry import retry

    crons = {cycle: schedule.crons(settings.interval_minutes), maintain: (schedule.MAINTENANCE,)}
    with get_client(sync_client=True) as client:
        deployed = {
            client.create_deployment(
                client.create_flow(flow),
                name=flow.name,
                description=flow.description,
                schedules=[DeploymentScheduleCreate(schedule=CronSchedule(cron=cron, timezone="UTC")) for cron in crons.get(flow, ())],
                parameter_openapi_schema=parameter_schema(flow).model_dump(exclude_unset=True),
                enforce_parameter_schema=True,
            ): flow
            for flow in (cycle, backfill, retry, maintain, *((alert,) if settings.alerts else ()))
        }
        automation.keep(client, next((deployment for deployment, flow in deployed.items() if flow is alert), None))
        client.get_scheduled_flow_runs_for_deployments(list(deployed), limit=1)  # whoever asks so once makes them "ready" on the pages
        return deployed


def side_by_side(flows: "Mapping[UUID, Flow[..., Any]]", kept: "Mapping[str, Kept]", done: Callable[[Done], None]) -> None:
    """Run what is due, in each lane one run after the other, until somebody asks to end."""
    lanes = {lane: {deployment: flow for deployment, flow in flows.items() if flow.name in names} for lane, names in LANES.items()}
    with ThreadPoolExecutor(len(lanes), "lane") as threads:
        working = [threads.submit(copy_context().run, work, lanes[lane], kept[lane], done) for lane in lanes]
        for ended in as_completed(working):
            stopping.requested.set()  # where one lane failed, the other would go on for ever
            ended.result()


def work(flows: "Mapping[UUID, Flow[..., Any]]", kept: "Kept", done: Callable[[Done], None]) -> None:
    """Run what is due of these flows, one run after the other, until somebody asks to end."""
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectException

    does_cycles = any(flow.name == "cycle" for flow in flows.values())
    if does_cycles:
        _warm_up(kept)
    buried = float("-inf")
    with get_client(sync_client=True) as client:
        while not stopping.requested.is_set():
            claimed = None
            try:
                if does_cycles and time.monotonic() - buried > SECONDS_BETWEEN_BURIALS:
                    _bury(client, flows)
                    buried = time.monotonic()
                claimed = _next(client, flows)
            except (httpx.HTTPError, PrefectException) as error:  # a run was deleted meanwhile, or the server is busy: the others stay due
                done(Done("serve", "looked for runs", "Failed", str(error), 0.0))
            if claimed is None:
                stopping.requested.wait(SECONDS_BETWEEN_LOOKS)
            else:
                done(execute(flows[claimed.deployment_id], claimed, kept))


def execute(flow: "Flow[..., Any]", run: "FlowRun", kept: "Kept") -> Done:
    """Run the flow here, as that run. Whatever it raises becomes the state of the run, and ends nothing else."""
    from flows.record import ended

    start = time.monotonic()
    try:
        with kept.used():
            state = ended(flow, run)
        name, message = state.name or state.type.value, state.message or ""
    except Exception as error:  # Prefect's own: the run was deleted, or its parameters fit no longer
        name, message = "Crashed", f"{type(error).__name__}: {error}"
    return Done(flow.name, run.name, name, message, time.monotonic() - start)


def _next(client: "SyncPrefectClient", flows: "Mapping[UUID, Flow[..., Any]]") -> "FlowRun | None":
    from flows import runs

    waiting = runs.fold(client, runs.due(client, list(flows)))
    return runs.claim(client, waiting[0]) if waiting else None


def _bury(client: "SyncPrefectClient", flows: "Mapping[UUID, Flow[..., Any]]") -> None:
    """Mark what died with its process, and let a cycle go on from there now, not only when the next one is scheduled."""
    from flows import runs

    if runs.bury(client, NAMES):
        (cycle,) = [deployment for deployment, flow in flows.items() if flow.name == "cycle"]
        client.create_flow_run_from_deployment(cycle)


def _warm_up(kept: "Kept") -> None:
    """Load and start now what the first cycle would wait for. What fails here, that cycle will tell."""
    with suppress(TwilyticsError):
        quality.warm_up()
        observatory = kept.observatory()
        _ = (observatory.store, observatory.engine, observatory.dsn)
