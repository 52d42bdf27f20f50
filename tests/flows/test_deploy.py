"""`twilytics deploy` against a real Prefect server that asks for a login, and one that asks for a key, as Prefect Cloud does."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from prefect import flow
from prefect.cli.deploy._models import PrefectYamlModel
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_KEY, PREFECT_API_URL, PREFECT_CLOUD_API_URL, temporary_settings
from prefect_gcp.workers.cloud_run_v2 import CloudRunWorkerV2
from pydantic import SecretStr

from flows import automation, declared, schedule
from flows.changes import Change
from flows.deploying import deploy
from tests.flows.conftest import CLEAN, REPOSITORY, Guarded, command, environment
from twilytics.errors import ServiceError, SettingError
from twilytics.settings import Settings

NAMES = {"cycle/cycle", "watch/watch", "alert/alert", "maintain/maintain", "retry/retry", "backfill/backfill"}
CLOUD = "/api/accounts/a/workspaces/w"
KEY = "pnu_of_the_test"


@flow
def somebody_elses() -> None:
    """Nothing."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, _env_file=None)


@pytest.fixture
def client(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncPrefectClient]:
    """A client of the server, on which nothing is deployed."""
    monkeypatch.setenv("PREFECT_API_URL", guarded.url)
    with (
        temporary_settings({PREFECT_API_URL: guarded.url, PREFECT_API_AUTH_STRING: f"admin:{guarded.password}"}),
        get_client(sync_client=True) as opened,
    ):
        for deployment in opened.read_deployments():
            opened.delete_deployment(deployment.id)
        for made in opened.read_automations():
            opened.delete_automation(made.id)
        for pool in opened.read_work_pools():
            opened.delete_work_pool(pool.name)
        yield opened


def crons(client: SyncPrefectClient, name: str) -> set[str]:
    return {one.schedule.cron for one in client.read_deployment_by_name(name).schedules}


def queues(client: SyncPrefectClient, pool: str) -> list[str]:
    found = client.request("POST", f"/work_pools/{pool}/queues/filter", json={}).json()
    return [queue["name"] for queue in sorted(found, key=lambda queue: queue["priority"])]


def whats(changes: tuple[Change, ...], did: str) -> set[str]:
    return {change.what for change in changes if change.did == did}


def test_the_command_tells_a_new_server_of_everything_and_then_of_nothing(client: SyncPrefectClient, guarded: Guarded, tmp_path: Path):
    told = {**environment(tmp_path), "PREFECT_API_URL": guarded.url, "PREFECT_API_AUTH_STRING": f"admin:{guarded.password}"}
    run = partial(subprocess.run, command("deploy"), env=told, cwd=tmp_path, capture_output=True, text=True, check=False)
    first = run()
    assert first.returncode == 0, first.stderr
    assert {f"created    deployment {name}" for name in NAMES} < set(first.stdout.splitlines())
    assert run().stdout == "nothing to change, Prefect has it all\n"


def test_the_pool_has_the_hourly_queue_first_and_backfills_behind(client: SyncPrefectClient, settings: Settings):
    deploy(settings)
    assert client.read_work_pool("twilytics-process").type == "process"
    assert queues(client, "twilytics-process") == ["hourly", "upkeep", "backfills", "default"]
    cycle, backfill = client.read_deployment_by_name("cycle/cycle"), client.read_deployment_by_name("backfill/backfill")
    assert (cycle.work_queue_name, backfill.work_queue_name) == ("hourly", "backfills")


def test_queues_that_somebody_reordered_are_put_in_order(client: SyncPrefectClient, settings: Settings):
    deploy(settings)
    client.request("PATCH", "/work_pools/twilytics-process/queues/backfills", json={"priority": 1})
    deploy(settings)
    assert queues(client, "twilytics-process") == ["hourly", "upkeep", "backfills", "default"]
    assert deploy(settings) == ()


def test_a_backfill_waits_for_the_one_before_it_and_is_not_dropped(client: SyncPrefectClient, settings: Settings):
    deploy(settings)
    deployment = client.read_deployment_by_name("backfill/backfill")
    assert (deployment.global_concurrency_limit.limit, deployment.concurrency_options.collision_strategy.value) == (1, "ENQUEUE")


def test_deployments_are_described_tagged_and_refuse_other_parameters(client: SyncPrefectClient, settings: Settings):
    deploy(settings)
    cycle = client.read_deployment_by_name("cycle/cycle")
    assert cycle.tags == ["twilytics"]
    assert cycle.description.startswith("Ask, land, snapshot, refine, check, publish")
    assert cycle.parameter_openapi_schema["properties"]["is_asking"]["description"].startswith("Ask the source for the current slot first")
    chosen = client.read_deployment_by_name("retry/retry").parameter_openapi_schema["properties"]
    assert [name for name, about in chosen.items() if not about.get("description")] == []
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        client.create_flow_run_from_deployment(cycle.id, parameters={"is_asking": "perhaps"})


def test_a_dry_run_tells_the_same_and_changes_nothing(client: SyncPrefectClient, settings: Settings):
    told = deploy(settings, is_dry=True)
    assert (client.read_deployments(), client.read_work_pools(), client.read_automations()) == ([], [], [])
    assert deploy(settings) == told


def test_the_schedule_follows_the_setting_and_loses_lines_that_are_not_in_it_any_more(client: SyncPrefectClient, settings: Settings):
    deploy(settings.model_copy(update={"interval_minutes": 90}))
    assert crons(client, "cycle/cycle") == {"0 */3 * * *", "30 1,4,7,10,13,16,19,22 * * *"}
    assert deploy(settings) == (Change("changed", "deployment cycle/cycle", ("schedules",)),)
    assert crons(client, "cycle/cycle") == {"0 * * * *"}


def test_what_is_paused_on_the_pages_stays_so(client: SyncPrefectClient, settings: Settings):
    deploy(settings)
    cycle = client.read_deployment_by_name("cycle/cycle")
    client.pause_deployment(cycle.id)
    client.update_deployment_schedule(cycle.id, cycle.schedules[0].id, active=False)
    client.request("PATCH", f"/deployments/{cycle.id}", json={"description": "another"})
    (made,) = client.read_automations_by_name(automation.NAME)
    client.pause_automation(made.id)
    other = made.model_dump(mode="json", exclude={"id", "owner_resource"}) | {"enabled": False, "description": "another"}
    client.request("PUT", f"/automations/{made.id}", json=other)
    assert whats(deploy(settings), "changed") == {"deployment cycle/cycle", f"automation {automation.NAME}"}
    cycle = client.read_deployment_by_name("cycle/cycle")
    (made,) = client.read_automations_by_name(automation.NAME)
    assert (cycle.paused, cycle.schedules[0].active, made.enabled) == (True, False, False)


def test_of_what_is_not_declared_only_ours_is_removed(client: SyncPrefectClient, settings: Settings):
    deploy(settings)
    made = client.create_flow(somebody_elses)
    old = client.create_deployment(made, "old", tags=["twilytics"])
    client.create_deployment(made, "theirs", tags=["others"])
    trigger = {"name": "twilytics: an old one", "expect": ["a"], "match": {"prefect.resource.id": "b"}}
    for told in (trigger, {**trigger, "name": "somebody's own"}):
        client.create_automation(automation.of(old, [told])[0])
    assert whats(deploy(settings), "removed") == {"deployment somebody-elses/old", "automation twilytics: an old one"}
    assert {one.name for one in client.read_deployments()} == {name.partition("/")[2] for name in NAMES} | {"theirs"}
    assert {one.name for one in client.read_automations()} == {automation.NAME, "somebody's own"}


def test_prefects_own_command_deploys_the_same(client: SyncPrefectClient, settings: Settings, guarded: Guarded, tmp_path: Path):
    deploy(settings)
    for deployment in client.read_deployments():
        client.delete_deployment(deployment.id)
    words = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(declared.FILE)]
    login = {"PREFECT_API_URL": guarded.url, "PREFECT_API_AUTH_STRING": f"admin:{guarded.password}"}
    told = {**CLEAN, **login, "PYTHONPATH": REPOSITORY}
    ended = subprocess.run(words, env=told, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert {one.name for one in client.read_deployments()} == {name.partition("/")[2] for name in NAMES}
    assert whats(deploy(settings), "created") | whats(deploy(settings), "changed") == set()


def test_for_containers_all_move_to_another_pool_but_the_watch(client: SyncPrefectClient, settings: Settings):
    deploy(settings)
    asked = Settings(places="berlin,bonn", postgres_dsn=SecretStr("prefect:dsn"), home=settings.home, _env_file=None)
    assert whats(deploy(asked, to="docker", image="registry/twilytics:2"), "removed") == {"deployment watch/watch"}
    cycle = client.read_deployment_by_name("cycle/cycle")
    assert (cycle.work_pool_name, client.read_work_pool("twilytics-docker").type) == ("twilytics-docker", "docker")
    assert cycle.job_variables["image"] == "registry/twilytics:2"
    assert cycle.job_variables["env"] == {"TWILYTICS_PLACES": "berlin,bonn", "TWILYTICS_POSTGRES_DSN": "prefect:dsn"}
    assert deploy(asked, to="docker", image="registry/twilytics:2") == ()


def test_a_secret_never_becomes_a_job_variable(settings: Settings):
    asked = settings.model_copy(update={"postgres_dsn": SecretStr("postgresql://owner:hunter2@host/db")})
    told = Settings(home=settings.home, postgres_dsn=asked.postgres_dsn, _env_file=None)
    with pytest.raises(SettingError, match="TWILYTICS_POSTGRES_DSN: a container would get it as a job variable") as refused:
        declared.pool(told, "docker")
    assert "hunter2" not in str(refused.value)


def test_cloud_run_keeps_nothing_in_home_and_names_its_image(settings: Settings):
    with pytest.raises(SettingError, match=r"^TWILYTICS_LAKE, TWILYTICS_MONGODB_URI, TWILYTICS_POSTGRES_DSN: Cloud Run keeps no disk"):
        declared.pool(settings, "cloud-run", "registry/twilytics:2")
    named = {"lake": "gs://bucket/lake", "mongodb_uri": SecretStr("prefect:a"), "postgres_dsn": SecretStr("prefect:b")}
    asked = settings.model_copy(update=named)
    with pytest.raises(SettingError, match="--image"):
        declared.pool(asked, "cloud-run")
    pool = declared.pool(asked, "cloud-run", "registry/twilytics:2")
    assert (pool.type, pool.job_variables["image"], pool.job_variables["max_retries"]) == ("cloud-run-v2", "registry/twilytics:2", 0)


def test_an_image_is_for_containers(settings: Settings):
    with pytest.raises(SettingError, match="--image is for containers"):
        declared.pool(settings, "process", "registry/twilytics:2")


def test_what_a_pool_of_terraforms_sets_is_left_to_it(client: SyncPrefectClient, settings: Settings):
    template = CloudRunWorkerV2.get_default_base_job_template()
    properties = template["variables"]["properties"]
    properties["env"]["default"] = {"TWILYTICS_LAKE": "gs://bucket/lake"}
    properties["image"]["default"] = "registry/twilytics:2"
    client.create_work_pool(WorkPoolCreate(name="twilytics-cloud-run", type="cloud-run-v2", base_job_template=template))
    deploy(settings, to="cloud-run")
    assert client.read_deployment_by_name("cycle/cycle").job_variables.keys() == {"cpu", "memory", "timeout", "max_retries"}


def test_a_pool_of_another_type_is_told_and_left(client: SyncPrefectClient, settings: Settings):
    client.create_work_pool(WorkPoolCreate(name="twilytics-process", type="kubernetes"))
    with pytest.raises(SettingError, match="has a work pool twilytics-process already, of type kubernetes and not process: remove it"):
        deploy(settings)
    assert client.read_deployments() == []


def test_without_a_server_it_says_how_to_have_one(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(ServiceError, match="there is no Prefect to deploy to: set PREFECT_API_URL, or start `twilytics serve`"):
        deploy(settings)


def test_a_server_that_does_not_answer_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(ServiceError, match=r"no Prefect answers at http://127\.0\.0\.1:9/api"):
        deploy(settings)


def test_without_the_login_it_says_what_to_set(client: SyncPrefectClient, settings: Settings):
    with (
        temporary_settings(restore_defaults={PREFECT_API_AUTH_STRING}),
        pytest.raises(ServiceError, match=r"does not let us in \(401\): set PREFECT_API_KEY .* or PREFECT_API_AUTH_STRING"),
    ):
        deploy(settings)


class Cloud(BaseHTTPRequestHandler):
    """Plays Prefect Cloud before the server: a path for the workspace, a key in place of the login; any other key may not do this."""

    guarded: Guarded

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        key = self.headers.get("authorization")
        if not self.path.startswith(f"{CLOUD}/") or key != f"Bearer {KEY}":
            self._answer(401 if key is None else 403, b"{}")
            return
        url = self.guarded.url + self.path.removeprefix(CLOUD)
        login = ("admin", self.guarded.password)
        answer = httpx.request(self.command, url, content=body, auth=login, headers={"content-type": "application/json"})
        self._answer(answer.status_code, answer.content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def in_the_cloud(guarded: Guarded, key: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Guarding", (Cloud,), {"guarded": guarded})) as web:
        Thread(target=web.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{web.server_port}"
        monkeypatch.setenv("PREFECT_API_URL", root + CLOUD)
        cloud = {PREFECT_API_URL: root + CLOUD, PREFECT_CLOUD_API_URL: f"{root}/api", PREFECT_API_KEY: key}
        with temporary_settings(cloud, restore_defaults={PREFECT_API_AUTH_STRING}):
            yield
        web.shutdown()


def test_prefect_cloud_is_deployed_to_by_key(client: SyncPrefectClient, settings: Settings, guarded: Guarded, monkeypatch):
    with in_the_cloud(guarded, KEY, monkeypatch):
        deploy(settings)
        assert deploy(settings) == ()
    assert {one.name for one in client.read_deployments()} == {name.partition("/")[2] for name in NAMES}


def test_a_key_that_may_not_do_this_is_told(client: SyncPrefectClient, settings: Settings, guarded: Guarded, monkeypatch):
    with (
        in_the_cloud(guarded, "pnu_of_a_reader", monkeypatch),
        pytest.raises(ServiceError, match=r"does not let us in \(403\): set PREFECT_API_KEY for Prefect Cloud"),
    ):
        deploy(settings)


def test_the_file_is_what_prefect_reads_and_says_the_schedules_of_the_default_settings(settings: Settings):
    told = PrefectYamlModel.model_validate(declared._read())
    crons = {one.name: {line.cron for line in one.schedules} for one in told.deployments if one.schedules}
    assert crons["cycle"] == set(schedule.crons(settings.interval_minutes))
    assert crons["maintain"] == {schedule.MAINTENANCE}
    named = [trigger["name"] for one in told.deployments for trigger in one.triggers or ()]
    assert automation.NAME in named
    assert all(name.startswith(automation.OURS) for name in named)


def test_no_variable_of_the_environment_names_where_it_was_tested(settings: Settings):
    assert str(Path.home()) not in declared.FILE.read_text()
    assert os.fspath(settings.home) not in str(declared.container_environment(settings, keeps_home=True))
