"""The generated dashboards: fields that Grafana knows, links that lead somewhere, nothing of one installation in them."""

import json
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.dashboards import files, model
from grafana.query import Query
from twilytics.panels import dashboards, panels

ROOT = Path(__file__).parents[2]
MODELS = {dashboard.uid: model(dashboard) for dashboard in dashboards()}
SOURCE = {"const": {"type": "postgres", "uid": "twilytics"}}
#: Of Grafana's own queries, and of what the SDK takes as any object.
TARGET = {
    "type": "object",
    "properties": {
        "refId": {"const": "A"},
        "datasource": SOURCE,
        "format": {"enum": ["table", "time_series"]},
        "rawQuery": {"const": True},
        "rawSql": {"type": "string", "pattern": "^(SELECT|WITH)\\s"},
        "editorMode": {"const": "code"},
    },
    "required": ["refId", "datasource", "format", "rawQuery", "rawSql"],
    "additionalProperties": False,
}
MATRIX = {
    "properties": {
        "id": {"const": "groupingToMatrix"},
        "options": {
            "properties": {name: {"type": "string"} for name in ("rowField", "columnField", "valueField", "emptyValue")},
            "required": ["rowField", "columnField", "valueField"],
            "additionalProperties": False,
        },
    },
    "required": ["id", "options"],
}
PROPERTY = {
    "properties": {
        "id": {"enum": ["displayName", "unit", "min", "max", "mappings", "thresholds", "links", "custom.displayMode", "custom.hidden"]},
        "value": {},
    },
    "required": ["id", "value"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "uid": {"pattern": "^twilytics-[a-z]+$"},
        "schemaVersion": {"const": 37},
        "timezone": {"const": "browser"},
        "panels": {
            "items": {
                "properties": {
                    "type": {"enum": ["stat", "table", "timeseries", "state-timeline", "barchart", "geomap", "text"]},
                    "title": {"type": "string", "minLength": 3},
                    "description": {"type": "string", "minLength": 20},
                    "datasource": SOURCE,
                    "targets": {"items": TARGET, "maxItems": 1},
                    "transformations": {"items": MATRIX},
                    "fieldConfig": {"properties": {"overrides": {"items": {"properties": {"properties": {"items": PROPERTY}}}}}},
                },
                "required": ["type", "title", "description", "gridPos", "id"],
            }
        },
        "templating": {
            "properties": {
                "list": {"items": {"properties": {"type": {"const": "query"}, "datasource": SOURCE, "query": {"type": "string"}}}}
            }
        },
        "annotations": {"properties": {"list": {"items": {"properties": {"datasource": SOURCE, "target": TARGET}}, "minItems": 2}}},
    },
    "required": ["uid", "title", "schemaVersion", "timezone", "panels", "templating", "annotations", "time", "links"],
}


@pytest.fixture(params=MODELS)
def made(request: pytest.FixtureRequest) -> dict[str, Any]:
    return MODELS[request.param]


def test_the_committed_files_are_what_is_generated():
    folder = ROOT / "grafana" / "dashboards"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")} == files()


def test_it_holds_what_the_sdk_cannot_say(made: dict[str, Any]):
    jsonschema.validate(made, SCHEMA)


def test_every_field_is_one_that_the_sdk_knows(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    """What its types do not know is lost on the way through them."""
    monkeypatch.setattr("grafana_foundation_sdk.cog.runtime.dataquery_from_json", lambda told, _hint: Query(told["rawSql"], told["format"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        read = Dashboard.from_json(json.loads(json.dumps(made)))
    assert _without_defaults(json.loads(json.dumps(read, cls=JSONEncoder))) == _without_defaults(made)


def _without_defaults(told: Any) -> Any:
    """Less what the SDK writes by itself, whatever it read."""
    if isinstance(told, dict):
        return {key: _without_defaults(value) for key, value in told.items() if key not in ("schemaVersion", "placement")}
    return [_without_defaults(one) for one in told] if isinstance(told, list) else told


def test_panels_lie_beside_each_other_and_within_the_grid(made: dict[str, Any]):
    taken: set[tuple[int, int]] = set()
    for panel in made["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])


def test_what_leads_to_another_dashboard_leads_to_one_that_is_there_and_names_its_variable(made: dict[str, Any]):
    links = [
        link["url"]
        for panel in made["panels"]
        for override in panel.get("fieldConfig", {}).get("overrides", ())
        for one in override["properties"]
        if one["id"] == "links"
        for link in one["value"]
    ]
    for url in links:
        uid, _, rest = url.removeprefix("/d/").partition("?var-")
        name = rest.partition("=")[0]
        assert name in {variable["name"] for variable in MODELS[uid]["templating"]["list"]}
        assert f"${{__data.fields.{name}:percentencode}}" in rest
        assert "${__url_time_range}" in rest
    assert all(link["includeVars"] and link["keepTime"] for link in made["links"])


def test_topics_and_places_lead_somewhere():
    texts = files()
    assert "/d/twilytics-topic?var-topic=" in texts["now.json"]
    assert "/d/twilytics-place?var-place=" in texts["now.json"]


@pytest.mark.parametrize("name", files())
def test_no_place_is_built_in_and_no_number_of_an_installation(name: str):
    text = files()[name]
    for word in ("berlin", "stuttgart", "127.0.0.1", "localhost", "password"):
        assert word not in text.casefold()
    assert json.loads(text).get("id") is None


def test_descriptions_and_units_are_those_of_the_declarations():
    now = MODELS["twilytics-now"]
    (panel,) = [one for one in now["panels"] if one["title"] == "Change rate over time"]
    declared = panels()["change-over-time"].column("change_rate")
    assert declared.description in panel["description"]
    assert panel["fieldConfig"]["defaults"] | {"unit": "percentunit", "min": 0, "max": 1} == panel["fieldConfig"]["defaults"]


def test_zero_and_unknown_look_different(made: dict[str, Any]):
    for panel in made["panels"]:
        if panel["type"] != "text":
            assert panel["fieldConfig"]["defaults"]["noValue"] == "not known", panel["title"]
