"""The rules that Grafana is given are the alerts, and their SQL is what an instance a subject wants."""

from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models.alerting import Rule

from grafana import alert_rules
from tests.alerts.conftest import Gold, ago, gold
from twilytics import alerts, postgres

__all__ = ["gold"]
FILES = {path.rpartition("/")[2]: yaml.safe_load(text) for path, text in alert_rules.files()}
(GROUP,) = FILES["rules.yaml"]["groups"]
RULES: list[dict[str, Any]] = GROUP["rules"]
HOSTILE = "'; drop table gold.trends --"


def test_there_is_a_rule_for_each_alert_that_a_table_tells_and_its_uid_stays():
    assert [rule["uid"] for rule in RULES] == [
        "twilytics-gate-failed",
        "twilytics-data-stale",
        "twilytics-budget-spent",
        "twilytics-quarantine-high",
        "twilytics-change-unusual",
        "twilytics-watched-topic",
    ]
    assert (GROUP["name"], GROUP["folder"], GROUP["interval"]) == ("twilytics", "Twilytics alerts", "1m")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["uid"])
def test_a_rule_asks_what_its_alert_declares(rule: dict[str, Any]):
    (alert,) = [alert for alert in alerts.ALERTS if alert.title == rule["title"]]
    asked, fires = rule["data"]
    first, *declared, last = asked["model"]["rawSql"].splitlines()
    assert (first, "\n".join(declared), last) == ("SELECT subject, value FROM (", alert.query.strip(), ") AS found")
    assert (asked["datasourceUid"], asked["model"]["format"]) == ("twilytics", "table")
    assert (fires["datasourceUid"], fires["model"]["type"], fires["model"]["expression"]) == ("__expr__", "threshold", "A")
    assert fires["model"]["conditions"] == [{"evaluator": {"type": "gt", "params": [-1]}}]
    assert (rule["condition"], rule["noDataState"], rule["execErrState"]) == ("B", "OK", "Alerting")
    assert rule["labels"] == {"severity": alert.severity, "told": "once" if alert.key == "watched_topic" else "always"}
    assert rule["annotations"]["todo"] == alert.todo
    assert rule["annotations"]["summary"] == f"{alert.title}: {{{{ $$labels.subject }}}}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["uid"])
def test_a_rule_has_only_fields_that_grafana_has(rule: dict[str, Any]):
    assert set(rule) <= set(Rule.from_json(rule).to_json())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["uid"])
def test_a_rules_sql_answers_the_reader_in_long_form(gold: Gold, rule: dict[str, Any]):
    sql = rule["data"][0]["model"]["rawSql"]
    assert "$" not in sql
    assert postgres.query(gold.reader, sql) == (("subject", "value"), [])


def test_a_hostile_place_is_a_label(gold: Gold):
    gold.put("gold.coverage", *({"place": HOSTILE, "slot": ago(5 + n), "state": "captured"} for n in range(5)))
    ((subject, value),) = postgres.query(gold.reader, RULES[1]["data"][0]["model"]["rawSql"])[1]
    assert (subject, value) == (HOSTILE, pytest.approx(5, abs=0.1))


def test_whom_grafana_tells_comes_from_its_environment_and_an_event_is_never_over():
    points = {point["name"]: point["receivers"][0] for point in FILES["contact-points.yaml"]["contactPoints"]}
    (policy,) = FILES["policies.yaml"]["policies"]
    assert {receiver["type"] for receiver in points.values()} == {"${TWILYTICS_GRAFANA_ALERTS_BY}"}
    assert {receiver["settings"]["url"] for receiver in points.values()} == {"${TWILYTICS_GRAFANA_ALERTS_TO}"}
    assert {name: receiver["disableResolveMessage"] for name, receiver in points.items()} == {"twilytics": False, "twilytics-events": True}
    assert (policy["receiver"], policy["group_by"]) == ("twilytics", ["alertname"])
    assert policy["routes"] == [{"receiver": "twilytics-events", "object_matchers": [["told", "=", "once"]]}]


def test_the_files_are_the_same_each_time():
    assert list(alert_rules.files()) == list(alert_rules.files())
    assert all(content["apiVersion"] == 1 for content in FILES.values())
