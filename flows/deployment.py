"""A deployment as Prefect's API is asked for it, and as it is found there."""

from importlib import import_module
from typing import Any

from prefect import Flow
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

from flows.declared import Declared, Pool


def flow(wanted: Declared) -> Flow[..., Any]:
    module, _, name = wanted.entrypoint.rpartition(".")
    found: Flow[..., Any] = getattr(import_module(module), name)
    return found


def asked(wanted: Declared, flow: Flow[..., Any], pool: Pool) -> dict[str, Any]:
    """What the API is asked for, whether the deployment is new or not."""
    return {
        "name": wanted.name,
        "description": flow.description,
        "entrypoint": wanted.entrypoint,
        "tags": list(wanted.tags),
        "work_pool_name": pool.name,
        "work_queue_name": wanted.queue,
        "job_variables": dict(pool.job_variables),
        "pull_steps": [],
        "schedules": [
            DeploymentScheduleCreate(schedule=CronSchedule(cron=one.cron, timezone=one.timezone), slug=one.slug) for one in wanted.schedules
        ],
        "concurrency_limit": wanted.limit[0] if wanted.limit else None,
        "concurrency_options": ConcurrencyOptions(collision_strategy=wanted.limit[1]) if wanted.limit else None,
        "parameter_openapi_schema": parameter_schema(flow).model_dump(exclude_unset=True),
        "enforce_parameter_schema": wanted.enforce_parameter_schema,
    }


def compared(request: dict[str, Any]) -> dict[str, Any]:
    """The same in a form in which it can be compared."""
    options = request["concurrency_options"]
    return request | {
        "schedules": sorted((one.slug, one.schedule.cron, one.schedule.timezone) for one in request["schedules"]),
        "concurrency_options": options and options.collision_strategy.value,
    }


def found(known: DeploymentResponse) -> dict[str, Any]:
    """What the server has of it, in that form."""
    limit, options = known.global_concurrency_limit, known.concurrency_options
    same = ("name", "description", "entrypoint", "tags", "work_pool_name", "work_queue_name", "job_variables")
    return {name: getattr(known, name) for name in same} | {
        "pull_steps": known.pull_steps or [],
        "schedules": sorted((str(one.slug), *_cron(one.schedule)) for one in known.schedules),
        "concurrency_limit": limit and limit.limit,
        "concurrency_options": options and options.collision_strategy.value,
        "parameter_openapi_schema": known.parameter_openapi_schema,
        "enforce_parameter_schema": known.enforce_parameter_schema,
    }


def _cron(schedule: Any) -> tuple[str, str]:
    """Those of an interval or a rule are none of ours."""
    return getattr(schedule, "cron", ""), str(schedule.timezone)
