"""Running a flow in this process as a run of a Prefect server that has been told of."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import httpx
from prefect import Flow, State
from prefect.client.schemas.objects import FlowRun
from prefect.context import SyncClientContext
from prefect.exceptions import Abort
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Cancelled, Pending

from flows import environment, runs, server
from twilytics.stopping import Stopped


def ended(flow: Flow[..., Any], run: FlowRun) -> State[Any]:
    """Run the flow as that run and return its last state, with what the flow returned or raised in it.

    Without heartbeats: their thread makes each run a second longer, and they are believed by nothing here
    (``runs.bury`` asks the machine whether the process lives).
    """
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            return run_flow(flow, flow_run=run, return_type="state")
        except Abort as error:  # cancelled between the claim and the start
            return Cancelled(message=str(error))


def recorded(flow: Flow[..., Any], parameters: Mapping[str, Any], url: str) -> Any:
    """Run the flow here, as a new run of the server whose API has that URL; return what it returns and raise what it raises.

    Raise :class:`twilytics.errors.ServiceError` where the server does not answer.
    """
    environment.quieten()
    with ExitStack() as stack:
        stack.enter_context(temporary_settings({PREFECT_API_URL: url}))
        try:
            client = stack.enter_context(SyncClientContext.get_or_create()).client
            run = client.create_flow_run(flow, parameters=dict(parameters), state=Pending())
        except (httpx.TransportError, RuntimeError):  # RuntimeError: what Prefect makes of the other, when it connects
            raise server.unanswered(url) from None
        state = ended(flow, runs.sign(client, run))
    if state.is_cancelled():
        raise Stopped(state.message or "cancelled")
    return state.result()
