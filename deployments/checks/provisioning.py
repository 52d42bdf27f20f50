"""The rules of what Grafana is provisioned with: one data source, that of the dashboards, as the reader, its password from a file."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployments.checks.compose import MOUNTED_SECRET, mounted, mounts
from deployments.checks.read import VARIABLE, document, texts
from twilytics.roles import READER

#: Of Grafana's own, which need no data source: annotations, and panels of several.
BUILT_IN = ("-- Grafana --", "grafana", "-- Mixed --", "-- Dashboard --", "__expr__")
FROM_FILE = re.compile(r"^\$__file\{/run/secrets/[\w.-]+\}$")


def data_source(source: Mapping[str, Any]) -> Iterator[str]:
    """A data source that could write, or whose password stands in the file. Both names of the database: of Grafana 9, and later."""
    name = source.get("name")
    if source.get("user") != READER:
        yield f"data source {name}: its user is {source.get('user')}, not the one that can only read: {READER}"
    if source.get("type") != "postgres":
        yield f"data source {name}: its type is {source.get('type')}; postgres is the one that Grafana 9.4 knows as well"
    if not FROM_FILE.match(str(source.get("secureJsonData", {}).get("password"))):
        yield f"data source {name}: its password does not come from a file: write $__file{{/run/secrets/…}}"
    if not source.get("database") or source.get("database") != source.get("jsonData", {}).get("database"):
        yield f"data source {name}: database and jsonData.database have to be the same"


def used_by(dashboard: Any, sources: Mapping[str, str]) -> Iterator[str]:
    """Data sources that the dashboard asks and nothing provides. ``sources``: the kind of each, by uid."""
    for panel, asked in _asked(dashboard, "the dashboard"):
        uid = asked if isinstance(asked, str) else asked.get("uid")
        if uid in BUILT_IN or uid is None or str(uid).startswith("${"):
            continue
        if uid not in sources:
            yield f"{panel} asks the data source {uid}; provided: {', '.join(sources) or 'none'}"
        elif isinstance(asked, Mapping) and asked.get("type", sources[uid]) != sources[uid]:
            yield f"{panel} takes the data source {uid} for {asked['type']}, which is {sources[uid]}"


def in_container(provisioned: Any, grafana: Mapping[str, Any]) -> Iterator[str]:
    """Variables, secrets and folders that the file counts on and the service `grafana` of the compose file does not have."""
    targets = {rest.partition(":")[0] for _, rest in mounts(grafana)}
    for text in texts(provisioned):
        for variable in VARIABLE.finditer(text):
            if variable["name"] not in grafana.get("environment", {}):
                yield f"${{{variable['name']}}} is set nowhere: set it in grafana's environment in compose.yaml"
        for secret in MOUNTED_SECRET.findall(text):
            if secret not in mounted(grafana):
                yield f"/run/secrets/{secret} is not among grafana's secrets in compose.yaml"
    for provider in provisioned.get("providers", ()):
        if provider.get("type") == "file" and (path := provider["options"]["path"]) not in targets:
            yield f"provider {provider['name']}: {path} is not mounted in grafana in compose.yaml"


def _asked(value: Any, panel: str) -> Iterator[tuple[str, Any]]:
    """Each data source that is named anywhere, with the panel that it is in."""
    if isinstance(value, Mapping):
        if isinstance(value.get("title"), str) and "gridPos" in value:
            panel = f"panel {value['title']}"
        for key, held in value.items():
            if key == "datasource" and held:
                yield panel, held
            else:
                yield from _asked(held, panel)
    elif isinstance(value, list):
        for held in value:
            yield from _asked(held, panel)


def problems(grafana: Path, compose: Path) -> list[str]:
    """What is wrong in the folder `grafana`, and between it and the compose file. Raise :class:`yaml.YAMLError` where it is no YAML."""
    found: list[str] = []
    sources: dict[str, str] = {}
    service = document(compose)["services"]["grafana"]
    for path in sorted((grafana / "provisioning").rglob("*.yaml")):
        provisioned = document(path)
        where = path.relative_to(grafana).as_posix()
        if provisioned.get("apiVersion") != 1:
            found.append(f"{where}: apiVersion has to be 1")
        for source in provisioned.get("datasources", ()):
            sources[source.get("uid", "")] = source.get("type", "")
            found += [f"{where}: {problem}" for problem in data_source(source)]
        found += [f"{where}: {problem}" for problem in in_container(provisioned, service)]
    for path in sorted((grafana / "dashboards").glob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        found += [f"dashboards/{path.name}: {problem}" for problem in used_by(dashboard, sources)]
    return found
