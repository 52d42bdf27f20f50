"""What people see and set of a dashboard, by the words that Grafana's pages have for it. What is not here is not compared.

Everything is read from a model without empty values (:func:`grafana.exported.plain`). Ids, versions and the selected values
of variables are no aspects: Grafana counts them, and everybody selects others.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
#: What begins so is only compared where the generated model sets it: the rest are defaults, which Grafana writes out on export.
OPTION = "option "
#: Settings of a field, by Grafana's name.
FIELD = {
    "unit": "unit",
    "decimals": "decimals",
    "min": "minimum",
    "max": "maximum",
    "displayName": "name",
    "noValue": "text for no value",
    "mappings": "value mappings",
    "color": "colour scheme",
    "links": "links of data",
    "thresholds": "thresholds",
}
FIRST_STEP = "base"


def dashboard(model: Json) -> dict[str, Any]:
    """The aspects of the dashboard itself."""
    found = {
        "title": model.get("title"),
        "description": model.get("description"),
        "time range": " to ".join(model["time"].get(end, "") for end in ("from", "to")) if "time" in model else None,
        "refresh": model.get("refresh"),
        "time zone": model.get("timezone"),
        "tags": sorted(model.get("tags", ())),
        "links": [_link(link) for link in model.get("links", ())],
    }
    for variable in model.get("templating", {}).get("list", ()):
        found |= {f'variable "{variable.get("name")}": {key}': value for key, value in _variable(variable).items()}
    for mark in model.get("annotations", {}).get("list", ()):
        if not mark.get("builtIn"):
            found |= {f'annotation "{mark.get("name")}": {key}': value for key, value in _annotation(mark).items()}
    return _told(found)


def panel(model: Json) -> dict[str, Any]:
    """The aspects of a panel."""
    place = model.get("gridPos", {})
    found = {
        "title": model.get("title"),
        "description": model.get("description"),
        "visualisation": model.get("type"),
        "position": f"column {place.get('x', 0)}, row {place.get('y', 0)}",
        "size": f"{place.get('w')} wide, {place.get('h')} high",
        "repeated by": model.get("repeat"),
        "links": [_link(link) for link in model.get("links", ())],
        "transformations": [[one.get("id"), one.get("options")] for one in model.get("transformations", ())],
        "text": model.get("options", {}).get("content"),
    }
    for target in model.get("targets", ()):
        name = f"query {target.get('refId', 'A')}"
        found |= {name: lines(target.get("rawSql", "")), f"{name}: format": target.get("format"), f"{name}: hidden": target.get("hide")}
    fields = model.get("fieldConfig", {})
    found |= {told: _field(key, fields.get("defaults", {}).get(key)) for key, told in FIELD.items()}
    for override in fields.get("overrides", ()):
        matched = override.get("matcher", {}).get("options")
        for one in override.get("properties", ()):
            key, value = _property(one)
            found[f'field "{matched}": {FIELD.get(key, key)}'] = _field(key, value)
    options = {key: value for key, value in model.get("options", {}).items() if key != "content"}
    found |= dict(_leaves(options, OPTION)) | dict(_leaves(fields.get("defaults", {}).get("custom", {}), OPTION))
    return _told(found)


def _variable(model: Json) -> dict[str, Any]:
    asked = model.get("query", {})
    return {
        "kind": model.get("type", "query"),
        "label": model.get("label"),
        "query": lines(asked if isinstance(asked, str) else asked.get("rawSql") or asked.get("query", "")),
        "filter": model.get("regex"),
        "several": model.get("multi"),
        "all": model.get("includeAll"),
        "hidden": model.get("hide") or None,
    }


def _annotation(model: Json) -> dict[str, Any]:
    return {
        "shown": model.get("enable"),
        "colour": model.get("iconColor"),
        "query": lines(model.get("target", {}).get("rawSql") or model.get("rawQuery") or ""),
    }


def _link(model: Json) -> Json:
    return {
        key: model[key] for key in ("type", "title", "url", "tags", "includeVars", "keepTime", "targetBlank", "asDropdown") if key in model
    }


def _field(key: str, value: Any) -> Any:
    if key == "links" and isinstance(value, list):
        return [_link(link) for link in value]
    if key == "thresholds" and isinstance(value, Mapping):
        # The first step holds below all others, whatever number Grafana writes there.
        steps = value.get("steps", ())
        of = "" if value.get("mode", "absolute") == "absolute" else " %"
        return [f"{step.get('value', 0) if nth else FIRST_STEP}{of if nth else ''}: {step.get('color')}" for nth, step in enumerate(steps)]
    return value


def _property(model: Json) -> tuple[str, Any]:
    """An override's property; a table's cell by its older name, which Grafana from 10 on brings up to date as it reads."""
    key, value = str(model.get("id")), model.get("value")
    if key != "custom.cellOptions" or not isinstance(value, Mapping):
        return key, value
    kind, mode = value.get("type"), value.get("mode")
    if kind == "gauge":
        return "custom.displayMode", "basic" if mode == "basic" else f"{mode}-gauge"
    return "custom.displayMode", "color-background-solid" if (kind, mode) == ("color-background", "basic") else kind


def _leaves(model: Json, before: str) -> Iterator[tuple[str, Any]]:
    for key, value in model.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def lines(text: Any) -> str:
    """The text as it is compared: without blanks at the ends of its lines, and around it."""
    return "\n".join(line.rstrip() for line in str(text).strip().splitlines())


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None and value != "" and value != []}
