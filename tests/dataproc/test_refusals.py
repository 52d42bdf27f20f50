"""What Dataproc refuses: which kind of error, and what it says to do."""

import pytest

from tests.dataproc.api import CUT, Api
from tests.dataproc.conftest import Refine, hurried
from twilytics import gcp
from twilytics.errors import ServiceError, SettingError
from twilytics.observatory import Observatory
from twilytics.settings import Settings

ENDLESS = 1000
REFUSED = {
    400: r"Dataproc refuses to submit the batch twilytics-\w+: played 400",
    401: r"Google does not know who wants to submit the batch .*: renew the credentials of this process",
    403: r"not allowed to submit the batch .* in the project p in r: grant who runs this roles/dataproc.editor on the project and "
    r"roles/iam.serviceAccountUser on runner@p.iam.gserviceaccount.com, and enable dataproc.googleapis.com \(played 403\)",
    404: r"there is no the project p in r",
}
AWAY = {
    429: r"cannot submit the batch .*: a quota of the project p in r is used up: wait, or ask for more under IAM & Admin, Quotas",
    503: r"cannot submit the batch .*: Dataproc does not answer \(played 503\): the next cycle goes on from here",
    CUT: r"cannot submit the batch .*: Dataproc does not answer",
}


@pytest.mark.parametrize("status", REFUSED)
def test_what_somebody_has_to_mend_is_not_tried_again(api: Api, refine: Refine, status: int):
    api.faults["create"] = [status] * ENDLESS
    with pytest.raises(SettingError, match=REFUSED[status]):
        refine()
    assert api.asked.count("create") == 1
    assert api.batches == {}


@pytest.mark.parametrize("status", AWAY)
def test_what_lasts_is_given_up_for_now(api: Api, refine: Refine, status: int):
    api.faults["create"] = [status] * ENDLESS
    with pytest.raises(ServiceError, match=AWAY[status]):
        refine()
    assert api.asked.count("create") > 2


def test_a_server_that_is_not_there_is_said(settings: Settings):
    with (
        Observatory(settings.model_copy(update={"gcp_api_url": "http://127.0.0.1:9"})) as observatory,
        pytest.raises(ServiceError, match="cannot list the batches: Dataproc does not answer"),
    ):
        hurried(observatory)


def test_one_that_is_away_while_a_batch_runs_leaves_the_batch_alone(api: Api, refine: Refine):
    api.play = ("RUNNING",)
    api.faults["get"] = [200, *[503] * ENDLESS]
    with pytest.raises(ServiceError, match=r"cannot look at the batch twilytics-.*: Dataproc does not answer"):
        refine()
    assert api.cancelled == []


def test_without_credentials_it_says_which_to_set(settings: Settings, monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(SettingError, match="set TWILYTICS_GCP_CREDENTIALS to a service account's key"):
        gcp.way("dataproc.googleapis.com", settings.model_copy(update={"gcp_api_url": None}))
