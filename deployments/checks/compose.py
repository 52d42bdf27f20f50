"""The rules of `compose.yaml`: its form, what it refers to, its images, its containers' health and bounds."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match

from deployments.checks.read import ROOT, document, texts
from deployments.checks.schema import COMPOSE

#: A version of at least two numbers: `17` or `stable` would be something else tomorrow.
PINNED = re.compile(r"^[a-z0-9./_-]+:v?\d+(\.\d+)+[\w.-]*(@sha256:[0-9a-f]{64})?$")
MOUNTED_SECRET = re.compile(r"/run/secrets/([\w.-]+)")
Service = Mapping[str, Any]
Compose = Mapping[str, Any]


def form(compose: Any) -> Iterator[str]:
    """What does not have the form of a compose file, as far as we use it. The other rules need that it has."""
    for error in jsonschema.Draft202012Validator(COMPOSE).iter_errors(compose):
        deepest = best_match([error])  # of what could have been either, say what is wrong with the nearer
        yield f"{'.'.join(str(step) for step in deepest.absolute_path) or 'compose.yaml'}: {deepest.message}"


def references(compose: Compose, folder: Path) -> Iterator[str]:
    """What a service names and nothing defines, and what is defined and no service names. ``folder``: where the file is."""
    named: dict[str, set[str]] = {"networks": set(), "volumes": set(), "secrets": set()}
    for name, service in compose["services"].items():
        for other in service.get("depends_on", ()):
            if other not in compose["services"]:
                yield f"{name}: depends on {other}, which is no service"
        named["networks"] |= (networks := set(service.get("networks", ())))
        named["secrets"] |= (secrets := set(mounted(service).values()))
        named["volumes"] |= (volumes := {source for source, _ in mounts(service) if not _is_path(source)})
        for kind, found in (("networks", networks), ("secrets", secrets), ("volumes", volumes)):
            yield from (f"{name}: {kind} has no {missing}" for missing in sorted(found - set(compose[kind])))
        for source, options in mounts(service):
            if _is_path(source) and not (folder / source).exists():
                yield f"{name}: {source} is mounted, and is not there"
            if _is_path(source) and not options.endswith(":ro"):
                yield f"{name}: {source} is mounted for writing: let it end in :ro"
        if "build" in service and not (folder / service["build"]["context"] / service["build"].get("dockerfile", "Dockerfile")).is_file():
            yield f"{name}: there is no {service['build'].get('dockerfile', 'Dockerfile')} in {service['build']['context']}"
        for text in texts([service.get("environment", {}), service.get("command", []), service.get("healthcheck", {})]):
            for secret in MOUNTED_SECRET.findall(text):
                if secret not in mounted(service):
                    yield f"{name}: reads /run/secrets/{secret}, which is not among its secrets"
    for kind, found in named.items():
        yield from (f"{kind}: {unused} is used by no service" for unused in sorted(set(compose[kind]) - found))


def images(compose: Compose) -> Iterator[str]:
    """Images that are not pinned by version, and ours where it is not of the package's."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    for name, service in compose["services"].items():
        image = service["image"]
        if not PINNED.match(image):
            yield f"{name}: {image} is not pinned by version, as in postgres:17.6"
        if "build" in service and image != f"twilytics:{version}":
            yield f"{name}: {image} is built from this project, which is of version {version}"


def health(compose: Compose) -> Iterator[str]:
    """Services that run on and tell nobody how they are; and waiting for what will never be."""
    for name, service in compose["services"].items():
        if service.get("restart") != "no" and "test" not in service.get("healthcheck", {}):
            yield f"{name}: has no health check"
        for other, how in service.get("depends_on", {}).items():
            waited = compose["services"].get(other, {})
            if how["condition"] == "service_healthy" and "test" not in waited.get("healthcheck", {}):
                yield f"{name}: waits until {other} is healthy, which has no health check"
            if how["condition"] == "service_completed_successfully" and waited.get("restart") != "no":
                yield f"{name}: waits until {other} has ended, which is started again and again"


def bounds(compose: Compose) -> Iterator[str]:
    """Containers that could write, gain, grow or log without end."""
    for name, service in compose["services"].items():
        if service.get("read_only") is not True:
            yield f"{name}: its root file system can be written: set read_only, and volumes or tmpfs where it has to write"
        if service.get("cap_drop") != ["ALL"]:
            yield f"{name}: keeps capabilities: set cap_drop: [ALL]"
        if "no-new-privileges:true" not in service.get("security_opt", ()):
            yield f"{name}: may gain privileges: set security_opt: [no-new-privileges:true]"
        if "mem_limit" not in service or "pids_limit" not in service:
            yield f"{name}: may take all memory or processes of the machine: set mem_limit and pids_limit"
        if "restart" not in service:
            yield f"{name}: stays away once it ended: set restart"
        if not {"max-size", "max-file"} <= set(service.get("logging", {}).get("options", ())):
            yield f"{name}: its log grows without end: set max-size and max-file under logging"
        if service.get("user", "").partition(":")[0] in ("root", "0"):
            yield f"{name}: runs as root"


def mounted(service: Service) -> Mapping[str, str]:
    """The secret behind each name in the service's /run/secrets."""
    found = [(secret, secret) if isinstance(secret, str) else (secret["target"], secret["source"]) for secret in service.get("secrets", ())]
    return dict(found)


def mounts(service: Service) -> Iterator[tuple[str, str]]:
    """The source of each volume, and the rest of its line: where it goes, and how."""
    for line in service.get("volumes", ()):
        source, _, rest = line.partition(":")
        yield source, rest


def _is_path(source: str) -> bool:
    return source.startswith((".", "/", "~"))


def problems(path: Path) -> list[str]:
    """All that is wrong with the file; only its form where that is not right. Raise :class:`yaml.YAMLError` where it is no YAML."""
    from deployments.checks import guarded

    compose = document(path)
    if told := list(form(compose)):
        return told
    rules = (images, health, bounds, guarded.ports, guarded.networks, guarded.passwords, guarded.logins)
    return [*references(compose, path.parent), *(problem for rule in rules for problem in rule(compose)), *guarded.files(compose, ROOT)]
