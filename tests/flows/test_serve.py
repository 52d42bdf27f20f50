"""`twilytics serve` as its users have it: pages, schedule, runs by hand, and the other commands of its HOME."""

import json
import stat
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType

SECONDS_WARM = 3.0
SECONDS_AT_MOST = 90


def line(minute: int, place: str = "638242") -> str:
    trends = [{"name": "#hsv", "tweet_volume": None}, {"name": "<b>Werder</b>", "tweet_volume": 7}]
    payload = [
        {"trends": trends, "as_of": "2020-07-18T12:00:00Z", "created_at": "2020-07-18T12:00:00Z", "locations": [{"name": "x", "woeid": 1}]}
    ]
    return json.dumps({"source": "x-v1.1", "place": place, "captured_at": f"2020-07-18T12:{minute:02}:00Z", "payload": payload})


@pytest.fixture(scope="module")
def replayed(served, tmp_path_factory):
    """What `twilytics replay` told, of two answers and a broken line."""
    archive = tmp_path_factory.mktemp("replayed") / "archive.jsonl"
    archive.write_text("\n".join([line(0), line(1, "641142"), "{broken"]))
    ended = served.twilytics("replay", str(archive), "--json")
    assert ended.returncode == 0, ended.stderr
    return ended


def run_by_hand(prefect, deployment: str, **parameters: object) -> FlowRun:
    """What "quick run" on the pages does; the run when it has ended."""
    made = prefect.create_flow_run_from_deployment(prefect.read_deployment_by_name(deployment).id, parameters=parameters)
    deadline = time.monotonic() + SECONDS_AT_MOST
    while not (run := prefect.read_flow_run(made.id)).state.is_final():
        assert time.monotonic() < deadline, run.state
        time.sleep(0.1)
    return run


def test_the_pages_are_served_on_this_machine_only(served):
    pages = served.url.removesuffix("/api")
    assert pages.startswith("http://127.0.0.1:")
    assert "<html" in httpx.get(pages, follow_redirects=True).text
    assert httpx.get(f"{pages}/ui-settings").json()["api_url"] == served.url
    assert httpx.get(f"{served.url}/health", headers={"host": "evil.example"}).status_code == 400


def test_another_page_may_not_call_the_api(served):
    asked = {"origin": "http://evil.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    answer = httpx.options(f"{served.url}/flow_runs/filter", headers=asked)
    assert "access-control-allow-origin" not in answer.headers


def test_the_database_of_runs_is_the_owners(served):
    assert stat.S_IMODE((served.home / "prefect").stat().st_mode) == 0o700


def test_nothing_is_told_to_prefects_makers(served):
    assert httpx.get(f"{served.url}/admin/settings").json()["server"]["analytics_enabled"] is False


def test_the_cycle_is_scheduled_every_full_hour(prefect):
    deadline = time.monotonic() + 30
    only = DeploymentFilter(name=DeploymentFilterName(any_=["cycle"]))
    waiting = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])))
    while not (runs := prefect.read_flow_runs(deployment_filter=only, flow_run_filter=waiting)):
        assert time.monotonic() < deadline, "nothing was scheduled"
        time.sleep(0.5)
    first = min(run.next_scheduled_start_time for run in runs)
    assert (first.minute, first.second) == (0, 0)
    assert timedelta(0) < first - datetime.now(UTC) <= timedelta(hours=1)


def test_a_command_of_the_same_home_is_a_run_of_the_server(replayed, prefect):
    told = json.loads(replayed.stdout)
    assert (told["landed"]["n_answers"], told["landed"]["faults"]) == (3, {"line_not_json": 1})
    assert told["published"]["n_rows"]["gold.captures"] == 2
    for name in ("land", "cycle"):
        runs = prefect.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[name])))
        assert "Completed" in {run.state.name for run in runs}


def test_a_warm_cycle_run_by_hand_takes_less_than_three_seconds(replayed, prefect):
    assert run_by_hand(prefect, "cycle/cycle").state.name == "Completed"
    warm = run_by_hand(prefect, "cycle/cycle")
    assert warm.state.name == "Completed"
    assert warm.total_run_time.total_seconds() < SECONDS_WARM


def test_a_cycle_leaves_an_artifact_with_counts_checks_and_links(replayed, prefect):
    run = run_by_hand(prefect, "backfill/backfill", since="2020-07-18T12:00:00Z", until="2020-07-18T13:00:00Z")
    assert run.state.name == "Completed"
    told = prefect.request("POST", "/artifacts/filter", json={"artifacts": {"flow_run_id": {"any_": [str(run.id)]}}}).json()
    (artifact,) = [found["data"] for found in told]
    assert "refined: 2020-07-18 12:00 to 2020-07-18 13:00 UTC" in artifact
    assert "all rules hold" in artifact
    assert "` gold.captures `: " in artifact
    assert f"/runs/flow-run/{run.id}" in artifact
    assert "[the report](/report)" in artifact


def test_the_report_is_on_the_pages(replayed, served):
    page = httpx.get(f"{served.url.removesuffix('/api')}/report", timeout=120)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Content-Security-Policy" in page.text
    assert "What the data are worth" in page.text
    assert (served.home / "report.html").read_text(encoding="utf-8") == page.text


def test_a_backfill_without_slots_fails_and_says_why(served, prefect):
    run = run_by_hand(prefect, "backfill/backfill", since="2020-07-18T13:00:00Z", until="2020-07-18T12:00:00Z")
    assert run.state.name == "Failed"
    assert "--since has to be before --until" in run.state.message


def test_a_retry_is_a_run_of_the_server_whoever_asks_for_it(replayed, served, prefect):
    ended = served.twilytics("quarantine", "retry", "--reason", "line_not_json", "--json")
    told = json.loads(ended.stdout)
    assert (told["n_tried"], told["n_passed"], [one["reason"] for one in told["remaining"]]) == (1, 0, ["line_not_json"])
    runs = prefect.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=["retry"])))
    assert {run.state.name for run in runs} == {"Completed"}
    run = run_by_hand(prefect, "retry/retry", since="2020-07-18T12:00:00", reason="line_not_json")
    assert run.state.name == "Completed", run.state.message


def test_what_runs_is_told_on_the_terminal_in_one_line(replayed, prefect, served):
    run = run_by_hand(prefect, "cycle/cycle")
    deadline = time.monotonic() + 10
    while not (told := [row for row in served.log.read_text().splitlines() if run.name in row]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(told) == 1
    assert told[0].startswith(f"cycle {run.name}: Completed in ")


def test_status_says_where_the_pages_are(served):
    assert json.loads(served.twilytics("status", "--json").stdout)["served_at"] == served.url.removesuffix("/api")


def test_maintenance_is_scheduled_daily_and_changes_no_result(replayed, prefect):
    (schedule,) = prefect.read_deployment_by_name("maintain/maintain").schedules
    assert (schedule.schedule.cron, schedule.schedule.timezone) == ("37 3 * * *", "UTC")
    assert run_by_hand(prefect, "maintain/maintain").state.name == "Completed"


def test_a_second_serve_is_told_of_the_first(served):
    ended = served.twilytics("serve")
    assert ended.returncode == 1
    assert ended.stderr.endswith(f"is served already, at {served.url.removesuffix('/api')}: use that one, or stop it\n")


def test_no_secret_is_in_what_the_server_knows(replayed, served):
    secrets = [path.read_text().strip() for path in (served.home / "secrets").iterdir()]
    assert secrets
    known = b"".join(path.read_bytes() for path in (served.home / "prefect").glob("prefect.db*"))
    assert [secret for secret in secrets if secret.encode() in known] == []
