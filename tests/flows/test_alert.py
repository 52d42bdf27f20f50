"""A cycle of `twilytics serve` that fails is told of, by an automation of Prefect's that there is once."""

import time
from collections.abc import Callable, Iterator

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.states import Crashed, Failed

from flows import automation
from flows.cycle import cycle
from tests.flows.conftest import Served, serving
from tests.flows.test_serve import run_by_hand
from tests.receiving import Receiver, receiving
from tests.services import open_home

SECRET = "unmistakable-t0ken"
SECONDS_AT_MOST = 60


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving(SECRET) as opened:
        yield opened


@pytest.fixture(scope="module")
def alerted(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served HOME, with a channel."""
    with open_home() as home:
        (home / ".env").write_text(f"TWILYTICS_ALERTS={receiver.url}\n")
        for served in serving(home, tmp_path_factory.mktemp("serve") / "log"):
            until(lambda log=served.log: "serving" in log.read_text())  # it is announced before it knows its deployments
            yield served


@pytest.fixture
def client(alerted: Served) -> Iterator[SyncPrefectClient]:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: alerted.url}), get_client(sync_client=True) as opened:
        yield opened


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_AT_MOST
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_cycle_that_fails_is_told_once_and_over_when_one_ends_well(alerted: Served, client: SyncPrefectClient, receiver: Receiver):
    assert run_by_hand(client, "cycle/cycle").state.name == "Completed"
    assert receiver.n_asked == 0
    lake = alerted.home / "lake"
    lake.rename(alerted.home / "moved")
    lake.write_text("no folder")
    failed = run_by_hand(client, "cycle/cycle")
    assert failed.state.name == "Failed"
    until(lambda: receiver.n_asked == 1)
    assert receiver.last.startswith(f"A cycle failed (critical)\n- the cycle: run {failed.name}: Failed: ")
    assert run_by_hand(client, "cycle/cycle").state.name == "Failed"
    until(lambda: alerted.log.read_text().count("\nalert ") == 2)
    lake.unlink()
    (alerted.home / "moved").rename(lake)
    assert run_by_hand(client, "cycle/cycle").state.name == "Completed"
    assert [message["title"] for message in receiver.messages] == ["Twilytics: 1 new", "Twilytics: 1 over"]


def test_a_crash_is_told_and_what_the_gate_stopped_is_left_to_the_gates_own_alert(
    alerted: Served, client: SyncPrefectClient, receiver: Receiver
):
    n_asked, n_runs = receiver.n_asked, alerted.log.read_text().count("\nalert ")
    for number, state in enumerate((Failed(message="an exception: GateError: rank_minimum failed"), Crashed(message="killed")), 1):
        run = client.create_flow_run(cycle)
        client.set_flow_run_state(run.id, state, force=True)
        until(lambda number=number: alerted.log.read_text().count("\nalert ") == n_runs + number)
    assert receiver.n_asked == n_asked + 1
    assert "Crashed: killed" in receiver.last


def test_serving_again_makes_no_second_automation_and_none_without_the_setting(alerted: Served, client: SyncPrefectClient):
    (made,) = client.read_automations_by_name(automation.NAME)
    deployment = client.read_deployment_by_name("alert/alert").id
    client.pause_automation(made.id)
    automation.keep(client, deployment)
    (again,) = client.read_automations_by_name(automation.NAME)
    assert (again.actions[0].deployment_id, again.enabled) == (deployment, False)
    automation.keep(client, None)
    assert client.read_automations_by_name(automation.NAME) == []
    automation.keep(client, deployment)
    assert len(client.read_automations_by_name(automation.NAME)) == 1


def test_no_token_is_in_what_the_server_knows_or_logs(alerted: Served):
    known = b"".join(path.read_bytes() for path in (alerted.home / "prefect").glob("prefect.db*"))
    assert b"tell of failed cycles" in known
    assert SECRET.encode() not in known + alerted.log.read_bytes()
