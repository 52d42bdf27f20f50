"""What Grafana is provisioned with: each rule broken once in a copy of the real folder."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.checks import provisioning
from deployments.checks.read import ROOT

COMPOSE = ROOT / "deployments/compose.yaml"


@pytest.fixture
def grafana(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "grafana/provisioning", tmp_path / "provisioning")
    (tmp_path / "dashboards").mkdir()
    return tmp_path


def test_the_real_folder_breaks_no_rule():
    assert provisioning.problems(ROOT / "grafana", COMPOSE) == []


BROKEN = [
    ("datasources", "user: twilytics_reader", "user: twilytics_owner", "its user is twilytics_owner"),
    ("datasources", "type: postgres", "type: grafana-postgresql-datasource", "its type is grafana-postgresql-datasource"),
    ("datasources", "$__file{/run/secrets/postgres_reader_password}", "hunter2", "its password does not come from a file"),
    (
        "datasources",
        "/run/secrets/postgres_reader_password}",
        "/run/secrets/postgres_owner_password}",
        "/run/secrets/postgres_owner_password is not among grafana's secrets",
    ),
    ("datasources", "      database: twilytics\n", "", "database and jsonData.database have to be the same"),
    ("datasources", "${TWILYTICS_POSTGRES}", "${TWILYTICS_DATABASE}", "${TWILYTICS_DATABASE} is set nowhere"),
    ("datasources", "apiVersion: 1", "apiVersion: 2", "apiVersion has to be 1"),
    ("dashboards", "/etc/twilytics/dashboards", "/dashboards", "/dashboards is not mounted"),
]


@pytest.mark.parametrize(("folder", "before", "after", "message"), BROKEN)
def test_each_rule_is_told_with_the_file(grafana: Path, folder, before, after, message):
    path = grafana / "provisioning" / folder / "twilytics.yaml"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    found = provisioning.problems(grafana, COMPOSE)
    assert [line for line in found if line.startswith(f"provisioning/{folder}/twilytics.yaml: ") and message in line], found


def asking(source: object) -> str:
    return json.dumps({"uid": "x", "panels": [{"title": "Change rate", "gridPos": {}, "targets": [{"datasource": source}]}]})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"uid": "elsewhere", "type": "postgres"}, "panel Change rate asks the data source elsewhere; provided: twilytics"),
        ({"uid": "twilytics", "type": "mysql"}, "panel Change rate takes the data source twilytics for mysql, which is postgres"),
        ("elsewhere", "panel Change rate asks the data source elsewhere; provided: twilytics"),
    ],
)
def test_a_panel_that_asks_what_is_not_provided_is_told(grafana: Path, source, message):
    (grafana / "dashboards/x.json").write_text(asking(source))
    assert provisioning.problems(grafana, COMPOSE) == [f"dashboards/x.json: {message}"]


@pytest.mark.parametrize("source", [{"uid": "twilytics", "type": "postgres"}, {"uid": "-- Grafana --", "type": "grafana"}])
def test_a_panel_that_asks_what_is_provided_is_fine(grafana: Path, source):
    (grafana / "dashboards/x.json").write_text(asking(source))
    assert provisioning.problems(grafana, COMPOSE) == []


def test_the_check_as_make_runs_it_passes():
    ended = subprocess.run([sys.executable, "-m", "deployments.checks"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
