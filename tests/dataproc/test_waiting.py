"""How batches end, and how they are ended."""

import pytest

from tests.dataproc.api import CUT, Api
from tests.dataproc.conftest import Refine
from twilytics import stopping, storage
from twilytics.dataproc import outcome
from twilytics.dataproc.waiting import Pace
from twilytics.errors import ServiceError, SettingError, TwilyticsError
from twilytics.settings import Settings

ENDLESS = 1000


def test_a_batch_that_dataproc_loses_is_told_with_its_last_words(api: Api, refine: Refine):
    api.play, api.message, api.log = ("RUNNING", "FAILED"), "Driver exited with 137", ("reading", "Killed")
    with pytest.raises(ServiceError, match=r"failed \(Driver exited with 137\); the last that it wrote: Killed: look at https://console"):
        refine()


@pytest.mark.parametrize("error", [SettingError("no such pair"), ServiceError("the lock was lost"), KeyError("place")])
def test_what_its_program_failed_of_is_raised_here(api: Api, settings: Settings, refine: Refine, error: Exception):
    api.play = ("RUNNING", "FAILED")
    api.at_its_end = lambda batch_id: outcome.write_failure(storage.opened(str(settings.staging)), batch_id, error)
    with pytest.raises(TwilyticsError) as raised:
        refine()
    assert type(raised.value) is (type(error) if isinstance(error, TwilyticsError) else TwilyticsError)
    assert f"failed: {error}" in str(raised.value)


def test_one_that_somebody_else_cancels_is_not_tried_again_at_once(api: Api, refine: Refine):
    api.play, api.message = ("RUNNING", "CANCELLING", "CANCELLED"), "Cancelled by a person"
    with pytest.raises(TwilyticsError, match=r"was cancelled by somebody else \(Cancelled by a person\)") as raised:
        refine()
    assert not isinstance(raised.value, ServiceError)


def test_one_that_took_too_long_says_so(api: Api, refine: Refine):
    api.play, api.ended_at = ("RUNNING", "CANCELLED"), "2026-01-02T12:00:01Z"
    with pytest.raises(TwilyticsError, match="was ended after 1 day, 0:00:00, which is all it is given; what it has done is kept"):
        refine()


def test_one_that_does_not_tell_what_it_did_is_not_believed(api: Api, refine: Refine):
    api.at_its_end = lambda _batch_id: None
    with pytest.raises(ServiceError, match="succeeded, but has not told what it did"):
        refine()


def test_a_log_that_may_not_be_read_costs_nothing_else(api: Api, refine: Refine):
    api.faults["log"] = [403]
    assert refine().batch.output == ()


def test_a_slow_batch_is_looked_at_until_it_ends(api: Api, refine: Refine):
    api.play = (*["PENDING"] * 10, *["RUNNING"] * 20, "SUCCEEDED")
    assert refine().batch.state == "SUCCEEDED"
    assert api.asked.count("get") == 31


def test_however_often_it_is_looked_at_the_time_between_stays_as_it_is():
    assert 20 * 2 / 3 <= Pace().between(100_000) <= 20


def stop_when_it_runs(api: Api) -> None:
    def at_look(batch_id: str) -> dict[str, object]:
        found = looked(batch_id)
        if found["state"] == "RUNNING":
            stopping.requested.set()
        return found

    looked, api.play, api.looked = api.looked, ("PENDING", "RUNNING"), at_look


def test_a_request_to_end_cancels_the_batch(api: Api, refine: Refine):
    stop_when_it_runs(api)
    with pytest.raises(stopping.Stopped, match=r"^stopped before the batch (\S+) ended, nothing is lost: .*; the batch \1 is cancelled$"):
        refine()
    assert api.cancelled == list(api.batches)


def test_so_does_a_run_that_is_cancelled_elsewhere(api: Api, refine: Refine):
    def cancelled(stage: str) -> None:
        if "RUNNING" in [one["state"] for one in api.batches.values()]:
            raise stopping.Stopped(f"cancelled before {stage}")

    api.play = ("PENDING", "RUNNING")
    with stopping.asking_also(cancelled), pytest.raises(stopping.Stopped, match=r"cancelled before the batch .* ended; the batch"):
        refine()
    assert api.cancelled == list(api.batches)


def test_the_request_is_heard_where_the_batch_cannot_be_cancelled(api: Api, refine: Refine):
    stop_when_it_runs(api)
    api.faults["cancel"] = [403]
    with pytest.raises(stopping.Stopped, match="may go on, and the next run waits for it"):
        refine()


def test_and_where_it_has_ended_meanwhile(api: Api, refine: Refine):
    stop_when_it_runs(api)
    api.faults = {"cancel": [404], "get": [200, 200, 200, 503]}
    with pytest.raises(stopping.Stopped, match="is being cancelled"):
        refine()


def test_a_request_to_end_is_heard_while_dataproc_is_away(api: Api, refine: Refine):
    api.faults["create"] = [503, CUT, *[503] * ENDLESS]
    stopping.requested.set()
    with pytest.raises(stopping.Stopped, match="stopped before Dataproc let it submit the batch"):
        refine()
    assert api.asked.count("create") == 1
