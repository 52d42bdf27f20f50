"""`deployments/prefect.yaml` as this observatory has it: in which work pool, at which interval, with which environment."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import SecretStr

from flows import schedule
from twilytics import settings as plain
from twilytics.errors import SettingError
from twilytics.settings import Settings

FILE = Path(__file__).parent.parent / "deployments" / "prefect.yaml"
#: What has it, and is not in the file, is removed.
TAG = "twilytics"
#: The schedule that follows the setting, by its slug.
BY_SETTING = "every-interval"
#: Not passed on to containers: the image has a HOME of its own.
OF_THE_MACHINE = {"home"}
#: What lies in HOME by default, and is gone with a container that has no volume.
KEPT_IN_HOME = ("lake", "mongodb_uri", "postgres_dsn")

Target = Literal["process", "docker", "cloud-run"]


@dataclass(frozen=True)
class Pool:
    """A work pool, its queues in order of priority, and what each of our deployments asks of it."""

    name: str
    type: str
    queues: tuple[str, ...]
    job_variables: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Schedule:
    cron: str
    timezone: str
    slug: str


@dataclass(frozen=True)
class Declared:
    """A deployment, as the file declares it. ``limit``: runs at a time, with what becomes of others; None: any number."""

    name: str
    entrypoint: str
    tags: tuple[str, ...]
    queue: str
    enforce_parameter_schema: bool
    limit: tuple[int, str] | None = None
    schedules: tuple[Schedule, ...] = ()
    triggers: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)


def pool_name(to: Target) -> str:
    name: str = _read()["definitions"]["work_pools"][to]["name"]
    return name


def pool(settings: Settings, to: Target, image: str | None = None, preset: Collection[str] = ()) -> Pool:
    """The work pool of that target. ``preset``: the job variables that the pool sets by itself, as one that Terraform made does.

    Raise :class:`SettingError` where a container would lack something, or show a secret.
    """
    if to == "process" and image is not None:
        raise SettingError("--image is for containers: leave it out, or choose --to docker or --to cloud-run")
    known = _read()["definitions"]
    told = known["work_pools"][to]
    variables = {name: value for name, value in told.get("job_variables", {}).items() if name not in preset}
    if image is not None:
        variables["image"] = image
    if to == "cloud-run" and "image" not in {*variables, *preset}:
        raise SettingError("Cloud Run pulls an image from a registry: name it with --image")
    if to != "process" and "env" not in preset:
        variables["env"] = container_environment(settings, keeps_home=to != "cloud-run")
    return Pool(told["name"], told["type"], tuple(known["work_queues"]), variables)


def deployments(settings: Settings, to: Target) -> tuple[Declared, ...]:
    """The deployments for that target. A watch sees the processes of its own machine, so there is none for containers."""
    found = (_declared(told, settings) for told in _read()["deployments"])
    return tuple(one for one in found if to == "process" or one.name != "watch")


def triggers(deployment: str) -> tuple[Mapping[str, Any], ...]:
    """What Prefect runs the deployment after, as the file declares it."""
    (told,) = [told for told in _read()["deployments"] if told["name"] == deployment]
    return tuple(told.get("triggers", ()))


def container_environment(settings: Settings, *, keeps_home: bool) -> dict[str, str]:
    """The settings that were made, as a container's environment. Raise :class:`SettingError` where one is a secret, or one lacks."""
    lacking = [] if keeps_home else [_named(name) for name in KEPT_IN_HOME if getattr(settings, name) is None]
    if lacking:
        raise SettingError(f"{', '.join(lacking)}: Cloud Run keeps no disk, and by default this is in HOME: set where else it is")
    made = {name: getattr(settings, name) for name in sorted(settings.model_fields_set - OF_THE_MACHINE)}
    secrets = {name: value.get_secret_value() for name, value in made.items() if isinstance(value, SecretStr)}
    shown = [_named(name) for name, value in secrets.items() if not value.startswith((plain.BLOCK, plain.VAULT))]
    if shown:
        raise SettingError(
            f"{', '.join(shown)}: a container would get it as a job variable, which Prefect's pages show: "
            f"keep it in a Secret block, and set {plain.BLOCK}NAME"
        )
    texts = {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in made.items() if value is not None}
    return {_named(name): text for name, text in (texts | secrets).items()}


def _declared(told: Mapping[str, Any], settings: Settings) -> Declared:
    limit = told.get("concurrency_limit")
    return Declared(
        name=told["name"],
        entrypoint=told["entrypoint"],
        tags=tuple(told["tags"]),
        queue=told["work_pool"]["work_queue_name"],
        enforce_parameter_schema=told["enforce_parameter_schema"],
        limit=(limit["limit"], limit["collision_strategy"]) if limit else None,
        schedules=tuple(one for declared in told.get("schedules", ()) for one in _schedules(Schedule(**declared), settings)),
        triggers=tuple(told.get("triggers", ())),
    )


def _schedules(declared: Schedule, settings: Settings) -> Iterator[Schedule]:
    """Itself; or, where it follows the setting, one for each cron line that this interval takes."""
    if declared.slug != BY_SETTING:
        yield declared
        return
    for number, cron in enumerate(schedule.crons(settings.interval_minutes), 1):
        yield Schedule(cron, declared.timezone, declared.slug if number == 1 else f"{declared.slug}-{number}")


def _named(name: str) -> str:
    return f"{plain.PREFIX}{name.upper()}"


def _read() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return told
