"""`twilytics serve` while a long backfill runs: cycles come in between its slices, and what is left of it is not forgotten."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.objects import FlowRun, State, StateType

from twilytics import ledger
from twilytics.lake import Lake
from twilytics.ledger import Ledger
from twilytics.sources import simulated

HOUR = timedelta(hours=1)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
#: With 4 places that is 4 slices of the smallest size.
HOURS = 500
SECONDS_AT_MOST = 240


def state(served) -> Ledger:
    return ledger.load(Lake(str(served.home / "lake")).storage, HOUR)


@pytest.fixture(scope="module")
def slow(served, tmp_path_factory):
    """The server, with a history that it takes for a long one: it believes to be slow, and so makes small slices."""
    path = tmp_path_factory.mktemp("slow") / "simulated.jsonl.gz"
    simulated.write(path, ["bremen", "cologne", "dresden", "essen"], SINCE, HOURS)
    ended = served.twilytics("replay", str(path), "--json")
    assert ended.returncode == 0, ended.stderr
    lake = Lake(str(served.home / "lake"))
    with lake.locked():
        ledger.save(replace(state(served), pace={"duckdb": 1.0}), lake.storage)
    return served


def asked(prefect, deployment: str, **parameters: object) -> FlowRun:
    return prefect.create_flow_run_from_deployment(prefect.read_deployment_by_name(deployment).id, parameters=parameters)


def until(is_so) -> None:
    deadline = time.monotonic() + SECONDS_AT_MOST
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ended(prefect, run: FlowRun) -> FlowRun:
    until(lambda: prefect.read_flow_run(run.id).state.is_final())
    return prefect.read_flow_run(run.id)


def a_backfill_in_the_middle(slow, prefect) -> FlowRun:
    """A backfill that has made a slice, and has others to make."""
    run = asked(prefect, "backfill/backfill", since=str(SINCE), until=str(SINCE + HOURS * HOUR))
    until(lambda: state(slow).to_backfill)
    whole = state(slow).to_backfill
    until(lambda: state(slow).to_backfill != whole)
    return run


def test_a_cycle_that_becomes_due_during_a_backfill_ends_before_it(slow, prefect):
    backfill = a_backfill_in_the_middle(slow, prefect)
    cycle = ended(prefect, asked(prefect, "cycle/cycle"))
    assert cycle.state.name == "Completed", cycle.state.message
    backfill = ended(prefect, backfill)
    assert backfill.state.name == "Completed", backfill.state.message
    assert backfill.start_time < cycle.start_time < cycle.end_time < backfill.end_time
    assert state(slow).refining() == state(slow).publishing("gold.captures") == ()


def test_a_cancelled_backfill_ends_after_its_slice_and_a_cycle_has_another_run_do_the_rest(slow, prefect):
    backfill = a_backfill_in_the_middle(slow, prefect)
    prefect.set_flow_run_state(backfill.id, State(type=StateType.CANCELLING), force=True)
    assert ended(prefect, backfill).state.name == "Cancelled"
    assert state(slow).to_backfill
    before = backfills(prefect)
    assert ended(prefect, asked(prefect, "cycle/cycle")).state.name == "Completed"
    until(lambda: backfills(prefect) - before)
    until(lambda: not state(slow).refining())


def backfills(prefect) -> set[str]:
    return {run.name for run in prefect.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=["backfill"])))}
