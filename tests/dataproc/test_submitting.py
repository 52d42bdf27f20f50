"""One batch for what is due, whatever becomes of requests, answers and processes."""

from dataclasses import replace

import pytest

from tests.dataproc.api import CUT, CUT_AFTERWARDS, Api
from tests.dataproc.conftest import DONE, HOUR, START, Refine, answered
from twilytics import ledger, refining
from twilytics.dataproc import work
from twilytics.engines.duckdb import DuckDBEngine
from twilytics.errors import TwilyticsError
from twilytics.observatory import Observatory
from twilytics.slots import Slots


def only(api: Api) -> str:
    (batch_id,) = api.batches
    return batch_id


def test_a_batch_is_submitted_and_what_it_did_is_read_back(api: Api, refine: Refine):
    done = refine()
    assert replace(done, batch=None) == DONE
    assert done.batch.batch == only(api)
    assert api.asked.count("create") == 1


def test_a_cycle_has_a_batch_refine_and_does_the_rest_by_itself(api: Api, observatory: Observatory):
    api.play = ("SUCCEEDED",)
    assert refining.refine(observatory).batch.batch == only(api)
    assert isinstance(observatory.engine, DuckDBEngine)


def test_what_it_took_and_cost_is_told(api: Api, refine: Refine):
    api.log = ("first", "last")
    run = refine().batch
    assert run.url == f"https://console.cloud.google.com/dataproc/batches/r/{only(api)}/monitoring?project=p"
    assert (run.state, run.seconds, run.output) == ("SUCCEEDED", 300, ("first", "last"))
    # 720,000 milli-DCU seconds and 72,000 GB seconds, at 0.06 a DCU-hour and 0.04 a GB-month of 730 hours.
    assert (run.dcu_hours, run.shuffle_gb_hours) == (0.2, 20)
    assert run.usd == pytest.approx(0.012 + 20 * 0.04 / 730)
    assert run.prices_of == "list prices of us-central1, 2026-11-28"


def test_where_nothing_is_due_there_is_no_batch(api: Api, refine: Refine):
    refine()
    again = refine()
    assert (again.rows, again.batch) == ({}, None)
    assert api.asked.count("create") == 1


@pytest.mark.parametrize("fault", [429, 500, 502, 503, 504, CUT])
@pytest.mark.parametrize("kind", ["list", "create", "get"])
def test_what_passes_is_waited_out(api: Api, refine: Refine, kind: str, fault: int):
    api.faults[kind] = [fault, fault]
    assert refine().rows == DONE.rows
    assert len(api.batches) == 1


def test_a_lost_answer_to_the_submission_does_not_double_it(api: Api, refine: Refine):
    api.faults["create"] = [CUT_AFTERWARDS]
    assert refine().rows == DONE.rows
    assert api.asked.count("create") == 2
    assert len(api.batches) == 1


def test_nor_where_it_has_succeeded_meanwhile(api: Api, refine: Refine):
    api.faults["create"] = [CUT_AFTERWARDS]
    api.play = ("SUCCEEDED",)
    assert refine().batch.batch == only(api)


def test_a_batch_that_runs_already_is_waited_for(api: Api, refine: Refine, observatory: Observatory):
    work.due(observatory)  # as whoever submitted it has noted
    api.add("left", "RUNNING", "RUNNING", "SUCCEEDED", labels={"twilytics_lake": work.label(observatory.settings.lake_root)})
    assert refine().batch.batch == "left"
    assert api.asked.count("create") == 0


def test_what_came_after_it_began_is_submitted_once_it_ended(api: Api, refine: Refine, observatory: Observatory):
    label = {"twilytics_lake": work.label(observatory.settings.lake_root)}
    api.add("left", "RUNNING", "FAILED", labels=label)
    api.add("elsewhere", "RUNNING", labels={"twilytics_lake": "another"})
    assert refine().batch.batch not in {"left", "elsewhere"}
    assert len(api.batches) == 3


def test_a_batch_under_a_lock_that_is_lost_is_ended_first(api: Api, refine: Refine, observatory: Observatory):
    label = {"twilytics_lake": work.label(observatory.settings.lake_root)}
    api.add("left", "RUNNING", labels=label, pysparkBatch={"args": ["--lease", "of a process that is gone"]})
    api.at_create = lambda _batch: states.append(api.batches["left"]["state"])
    states: list[str] = []
    refine()
    assert (api.cancelled, states) == (["left"], ["CANCELLED"])


def test_a_batch_that_failed_is_followed_by_the_next_attempt(api: Api, refine: Refine):
    api.play = ("FAILED",)
    with pytest.raises(TwilyticsError):
        refine()
    api.play = ("SUCCEEDED",)
    first, second = refine().batch.batch.removesuffix("-2"), list(api.batches)[1]
    assert list(api.batches) == [first, f"{first}-2"] == [first, second]


def test_five_batches_that_fail_at_the_same_are_enough(api: Api, refine: Refine):
    api.play = ("FAILED",)
    for _ in range(5):
        with pytest.raises(TwilyticsError, match="failed"):
            refine()
    with pytest.raises(TwilyticsError, match=r"5 batches failed at the same work, the last is .*-5: look at https://console"):
        refine()
    assert len(api.batches) == 5


def test_other_answers_are_other_work(api: Api, refine: Refine, observatory: Observatory):
    api.play = ("FAILED",)
    for hour in (5, 6):
        with pytest.raises(TwilyticsError):
            refine()
        answered(observatory, hour)
    assert not any(batch_id.endswith("-2") for batch_id in api.batches)
    assert len(api.batches) == 2


def test_the_same_backfill_again_is_another_batch(api: Api, refine: Refine, observatory: Observatory):
    refine()
    for _ in range(2):
        observatory.save(observatory.ledger.touched((Slots(START, START + HOUR),)))
        assert refine().rows == DONE.rows
        assert observatory.ledger.to_refine == ()
    assert len(api.batches) == 3


def test_the_same_work_has_the_same_id_for_whoever_submits_it(observatory: Observatory):
    first = work.due(observatory)
    with Observatory(observatory.settings) as other:
        again = work.due(other)
    assert first.batch("program", 1) == again.batch("program", 1)
    ids = {first.batch("program", 1), first.batch("program", 2), first.batch("another", 1)}
    assert len(ids) == 3
    assert all(4 <= len(one) <= 63 for one in ids)
    ledger.save(replace(observatory.ledger, refined_batch=99), observatory.lake.storage)
    assert work.due(observatory).batch("program", 1) not in ids
