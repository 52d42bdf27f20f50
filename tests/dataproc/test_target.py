"""What has to be set before anything can be submitted."""

import pytest

from twilytics.dataproc.target import target
from twilytics.errors import SettingError
from twilytics.settings import Settings

SET = {
    "gcp_project": "p",
    "gcp_region": "europe-west3",
    "staging": "gs://b/staging/",
    "spark_service_account": "runner@p.iam.gserviceaccount.com",
    "lake": "gs://b/lake",
    "hash_key": "gcp-secret:projects/p/secrets/key",
}


def given(**other: str | None) -> Settings:
    told = {name: value for name, value in {**SET, **other}.items() if value is not None}
    return Settings(engine="spark", spark_master="dataproc", _env_file=None, **told)


def test_what_is_missing_is_named_all_at_once():
    missing = "TWILYTICS_SPARK_MASTER=dataproc needs TWILYTICS_GCP_PROJECT, TWILYTICS_STAGING: set them"
    with pytest.raises(SettingError, match=missing):
        target(given(gcp_project=None, staging=None))


@pytest.mark.parametrize(("setting", "place"), [("lake", "/var/lake"), ("staging", "staging")])
def test_a_folder_is_not_where_a_batch_can_go(setting: str, place: str):
    with pytest.raises(SettingError, match=f"TWILYTICS_{setting.upper()}: a batch cannot reach {place}: name gs://bucket/prefix"):
        target(given(**{setting: place}))


@pytest.mark.parametrize("key", [None, "hunter2"])
def test_a_key_that_is_not_kept_in_secret_manager_goes_nowhere(key: str | None):
    with pytest.raises(SettingError, match="TWILYTICS_HASH_KEY=gcp-secret:projects/p/secrets/NAME") as raised:
        target(given(hash_key=key))
    assert "hunter2" not in str(raised.value)


def test_the_rest_may_be_left_to_dataproc():
    found = target(given())
    assert (found.parent, found.staging, found.image, found.subnet) == ("projects/p/locations/europe-west3", "gs://b/staging", None, None)
