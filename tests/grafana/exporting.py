"""What Grafana makes of a dashboard that it loads and exports, though nobody changed anything."""

import copy
from typing import Any

Json = dict[str, Any]
BUILT_IN = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "name": "Annotations & Alerts",
}


def exported(model: Json) -> Json:
    """As the page "Save JSON to file" gives it: ids counted anew, defaults written out, older forms brought up to date."""
    made = copy.deepcopy(model)
    made |= {
        "id": 17,
        "version": 4,
        "iteration": 1700000000,
        "schemaVersion": 41,
        "weekStart": "",
        "preload": False,
        "fiscalYearStartMonth": 0,
    }
    made.setdefault("annotations", {}).setdefault("list", []).insert(0, copy.deepcopy(BUILT_IN))
    for variable in made.get("templating", {}).get("list", []):
        variable |= {
            "current": {"text": "Hamburg", "value": "hamburg"},
            "options": [],
            "definition": str(variable.get("query")),
            "skipUrlSync": False,
        }
    for number, panel in enumerate(made["panels"], start=101):
        panel |= {"id": number, "pluginVersion": "12.2.0", "transparent": False}
        panel["datasource"] = {"type": "grafana-postgresql-datasource", "uid": "twilytics"}
        _written_out(panel)
    return made


def for_sharing(model: Json) -> Json:
    """As "Export for sharing externally" gives it: a data source that whoever imports it chooses."""
    made = exported(model)
    made["__inputs"] = [{"name": "DS_TWILYTICS", "type": "datasource", "pluginId": "grafana-postgresql-datasource"}]
    made["__requires"] = [{"type": "grafana", "id": "grafana", "version": "12.2.0"}]
    for panel in made["panels"]:
        panel["datasource"] = {"type": "grafana-postgresql-datasource", "uid": "${DS_TWILYTICS}"}
    return made


def from_the_api(model: Json) -> Json:
    return {"meta": {"slug": "x", "version": 4}, "dashboard": exported(model)}


def as_a_resource(model: Json) -> Json:
    """As Grafana 12 keeps it: the uid is the name of the resource."""
    spec = exported(model)
    name = spec.pop("uid")
    return {"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "metadata": {"name": name}, "spec": spec}


FORMS = (exported, for_sharing, from_the_api, as_a_resource)


def _written_out(panel: Json) -> None:
    for target in panel.get("targets", []):
        target |= {"hide": False, "sql": {"columns": [{"type": "function", "parameters": []}], "groupBy": [], "limit": 50}}
        target["rawSql"] = f"{target['rawSql']}\n"
    fields = panel.setdefault("fieldConfig", {"defaults": {}, "overrides": []})
    defaults = fields.setdefault("defaults", {})
    defaults.setdefault("mappings", [])
    defaults.setdefault("custom", {}).setdefault("axisBorderShow", False)
    defaults["custom"].setdefault("axisPlacement", "auto")
    for steps in (defaults.get("thresholds"), *(one["value"] for one in _properties(fields) if one["id"] == "thresholds")):
        if steps:
            steps["steps"][0]["value"] = 0
    for one in _properties(fields):
        if one["id"] == "custom.displayMode":
            one |= {"id": "custom.cellOptions", "value": _cell(one["value"])}


def _properties(fields: Json) -> list[Json]:
    return [one for override in fields.get("overrides", []) for one in override["properties"]]


def _cell(mode: str) -> Json:
    if mode == "color-background":
        return {"type": mode, "mode": "gradient"}
    return {"type": "gauge", "mode": mode.removesuffix("-gauge")} if mode.endswith("-gauge") else {"type": mode}
