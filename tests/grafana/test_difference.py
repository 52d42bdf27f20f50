"""`make grafana-diff`: what somebody changed is told by the panel's name, what Grafana writes by itself is not."""

import copy
import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from grafana_foundation_sdk.builders import common, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, Threshold, ThresholdsMode

from grafana import exported
from grafana.difference import difference, main
from grafana.query import SOURCE, Query
from tests.grafana.exporting import FORMS
from tests.grafana.exporting import exported as export

RATE = "SELECT slot AS time, change_rate\nFROM gold.change_rate\nWHERE place IN ($place)\nORDER BY slot"
ROOT = Path(__file__).parents[2]


def built() -> dict:
    """Two rows of panels: lines with thresholds, a number, and a table with a column that is coloured."""
    lines = timeseries.Panel().title("Change rate").description("How fast it changes.").unit("percentunit").span(16).height(8)
    lines = lines.datasource(SOURCE).with_target(Query(RATE, "time_series")).line_width(1)
    lines = lines.legend(common.VizLegendOptions().show_legend(True))
    steps = [Threshold(None, "blue"), Threshold(0.8, "orange")]
    lines = lines.thresholds(builders.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    fresh = (
        stat.Panel()
        .title("Newest slot")
        .span(8)
        .height(8)
        .datasource(SOURCE)
        .with_target(Query("SELECT max(slot) FROM gold.captures", "table"))
    )
    rows = table.Panel().title("Topics").span(24).height(9).datasource(SOURCE).with_target(Query("SELECT topic FROM gold.trends", "table"))
    rows = rows.override_by_name(
        "share", [DynamicConfigValue("unit", "percentunit"), DynamicConfigValue("custom.displayMode", "lcd-gauge")]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        dashboard = builders.Dashboard("Twilytics: Now").uid("twilytics-now").tags(["twilytics"]).time("now-24h", "now").refresh("5m")
        dashboard = dashboard.with_variable(
            builders.QueryVariable("place").label("Place").query("SELECT place FROM gold.places").multi(True)
        )
        dashboard = dashboard.link(builders.DashboardLink("All").url("/dashboards"))
        model = dashboard.with_panel(lines.id(1)).with_panel(fresh.id(2)).with_panel(rows.id(3)).build()
    return json.loads(json.dumps(model, cls=JSONEncoder))


@pytest.fixture
def generated() -> dict:
    return built()


@pytest.fixture
def changed(generated) -> dict:
    """An export of it, to be edited."""
    return export(generated)


def told(before: dict, after: dict) -> list[str]:
    return difference(exported.plain(before), exported.plain(after))


def panel(model: dict, title: str) -> dict:
    return next(one for one in model["panels"] if one["title"] == title)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_an_export_of_what_nobody_changed_changes_nothing(generated, form, tmp_path: Path):
    (tmp_path / "exported.json").write_text(json.dumps(form(generated)))
    found = exported.read(tmp_path / "exported.json")
    assert found["uid"] == "twilytics-now"
    assert difference(exported.plain(generated), found) == []


DASHBOARDS = sorted((ROOT / "grafana/dashboards").glob("*.json"))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_an_export_of_a_generated_dashboard_changes_nothing(path: Path, form, tmp_path: Path, capsys):
    (tmp_path / "exported.json").write_text(json.dumps(form(json.loads(path.read_text()))))
    assert main([str(tmp_path / "exported.json")]) == 0
    assert capsys.readouterr().out.endswith(": nothing changed\n")


def test_a_changed_query_is_told_line_by_line(generated, changed):
    panel(changed, "Change rate")["targets"][0]["rawSql"] = RATE.replace("ORDER BY slot", "ORDER BY slot DESC")
    assert told(generated, changed) == [
        'panel "Change rate"',
        "  query A:",
        "    --- generated",
        "    +++ exported",
        "    @@ -3,2 +3,2 @@",
        "     WHERE place IN ($place)",
        "    -ORDER BY slot",
        "    +ORDER BY slot DESC",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda one: one.update(title="Speed"), "title: Change rate → Speed"),
        (lambda one: one.update(description="Fast."), "description: How fast it changes. → Fast."),
        (lambda one: one.pop("description"), "description: How fast it changes. → none"),
        (lambda one: one.update(type="barchart"), "visualisation: timeseries → barchart"),
        (lambda one: one["gridPos"].update(x=2, y=9), "position: column 0, row 0 → column 2, row 9"),
        (lambda one: one["gridPos"].update(w=12), "size: 16 wide, 8 high → 12 wide, 8 high"),
        (lambda one: one["fieldConfig"]["defaults"].update(unit="short"), "unit: percentunit → short"),
        (lambda one: one["fieldConfig"]["defaults"].update(decimals=0), "decimals: none → 0"),
        (lambda one: one["fieldConfig"]["defaults"].update(max=1), "maximum: none → 1"),
        (
            lambda one: one["fieldConfig"]["defaults"]["thresholds"]["steps"][1].update(value=0.9),
            'thresholds: ["base: blue", "0.8: orange"] → ["base: blue", "0.9: orange"]',
        ),
        (lambda one: one["targets"][0].update(hide=True), "query A: hidden: none → true"),
        (lambda one: one["targets"][0].update(format="table"), "query A: format: time_series → table"),
        (lambda one: one["fieldConfig"]["defaults"]["custom"].update(lineWidth=3), "option lineWidth: 1 → 3"),
        (lambda one: one.update(links=[{"title": "More", "url": "/d/x"}]), 'links: none → [{"title": "More", "url": "/d/x"}]'),
        (lambda one: one.update(repeat="place"), "repeated by: none → place"),
    ],
)
def test_each_change_of_a_panel_is_told_with_its_name(generated, changed, change, line):
    change(panel(changed, "Change rate"))
    assert told(generated, changed) == ['panel "Change rate"', f"  {line}"]


def test_a_change_of_one_column_names_it(generated, changed):
    properties = panel(changed, "Topics")["fieldConfig"]["overrides"][0]["properties"]
    properties[0]["value"] = "short"
    properties[1]["value"] = {"type": "gauge", "mode": "basic"}
    assert told(generated, changed) == [
        'panel "Topics"',
        '  field "share": unit: percentunit → short',
        '  field "share": custom.displayMode: lcd-gauge → basic',
    ]


def test_panels_that_came_and_went_are_told(generated, changed):
    changed["panels"] = [one for one in changed["panels"] if one["title"] != "Newest slot"]
    changed["panels"].append({"id": 102, "title": "Mine", "type": "text", "gridPos": {"x": 0, "y": 30, "w": 4, "h": 4}})
    assert told(generated, changed) == ['panel "Newest slot" removed', 'panel "Mine" added']


def test_a_panel_in_a_folded_row_is_still_there(generated, changed):
    inside = changed["panels"].pop()
    changed["panels"].append({"id": 9, "title": "More", "type": "row", "collapsed": True, "gridPos": {}, "panels": [inside]})
    assert told(generated, changed) == ['panel "More" added']


def test_of_two_panels_of_one_name_each_is_compared_with_its_own():
    question = {"title": "Rate", "type": "stat", "gridPos": {}}
    first, second = ({**question, "targets": [{"refId": "A", "rawSql": f"SELECT {number}"}]} for number in (1, 2))
    before = {"panels": [first, second]}
    assert told(before, copy.deepcopy(before)) == []
    assert told(before, {"panels": [first]}) == ['panel "Rate" removed']


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda model: model.update(title="Now!"), "title: Twilytics: Now → Now!"),
        (lambda model: model["time"].update({"from": "now-7d"}), "time range: now-24h to now → now-7d to now"),
        (lambda model: model.update(refresh="1m"), "refresh: 5m → 1m"),
        (lambda model: model.update(tags=["mine", "twilytics"]), 'tags: ["twilytics"] → ["mine", "twilytics"]'),
        (lambda model: model.update(links=[]), 'links: [{"type": "link", "title": "All", "url": "/dashboards"}] → none'),
        (lambda model: model["templating"]["list"][0].update(label="City"), 'variable "place": label: Place → City'),
        (lambda model: model["templating"]["list"][0].update(multi=False), 'variable "place": several: true → none'),
    ],
)
def test_each_change_of_the_dashboard_is_told(generated, changed, change, line):
    change(changed)
    assert told(generated, changed) == [line]


def test_a_variable_that_went_and_one_that_came_are_told(generated, changed):
    changed["templating"]["list"] = [{"name": "lag", "type": "custom", "query": "1,2"}]
    lines = told(generated, changed)
    assert 'variable "place": kind: query → none' in lines
    assert 'variable "lag": kind: none → custom' in lines


def test_a_name_that_would_act_on_a_terminal_is_shown_as_text(generated, changed):
    panel(changed, "Change rate")["title"] = "\x1b[31mred"
    assert told(generated, changed) == ['panel "Change rate"', "  title: Change rate → \\u001b[31mred"]


@pytest.fixture
def folder(generated, tmp_path: Path, monkeypatch) -> Path:
    """A folder of generated dashboards in place of the real one."""
    made = tmp_path / "dashboards"
    made.mkdir()
    (made / "now.json").write_text(json.dumps(generated))
    monkeypatch.setattr(exported.generated, "__defaults__", (made,))
    return tmp_path


def test_the_exit_code_says_whether_something_differs(folder: Path, changed, capsys):
    (folder / "same.json").write_text(json.dumps(changed))
    assert main([str(folder / "same.json")]) == 0
    assert capsys.readouterr().out == "Twilytics: Now (twilytics-now): nothing changed\n"
    changed["refresh"] = "1m"
    (folder / "other.json").write_text(json.dumps(changed))
    assert main([str(folder / "other.json")]) == 1
    assert capsys.readouterr().out == "Twilytics: Now (twilytics-now)\n  refresh: 5m → 1m\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON: export the dashboard again, as JSON, and name that file"),
        ("[]", "holds no dashboard: export one in Grafana (Share or Export, as JSON), and name that file"),
        ('{"panels": [3], "title": "x"}', "holds no dashboard: export one in Grafana (Share or Export, as JSON), and name that file"),
        (
            '{"spec": {"elements": {}, "title": "x"}}',
            "in the form of Grafana's new dashboards: export it again, and choose the classic model",
        ),
        (
            '{"panels": [], "title": "x", "uid": "abc"}',
            "no dashboard of uid abc is generated (known: twilytics-now): export the dashboard that was edited, not a copy of it",
        ),
        (
            '{"panels": [], "title": "x"}',
            "no dashboard without a uid is generated (known: twilytics-now): export the dashboard that was edited, not a copy of it",
        ),
    ],
)
def test_what_cannot_be_compared_is_told(folder: Path, text, message, capsys):
    (folder / "exported.json").write_text(text)
    assert main([str(folder / "exported.json")]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.startswith("grafana-diff: "), told.err.endswith(f"{message}\n")) == ("", True, True), told.err


def test_a_file_that_is_not_there_is_told(folder: Path, capsys):
    assert main([str(folder / "gone.json")]) == 2
    assert "gone.json can't be read (No such file or directory): name the file that Grafana exported" in capsys.readouterr().err


def test_make_without_a_file_says_how(tmp_path: Path):
    ended = subprocess.run([sys.executable, "-m", "grafana.difference", ""], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "grafana-diff: which file? make grafana-diff FILE=exported.json\n")
