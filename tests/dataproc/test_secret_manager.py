"""The hash key, kept in Secret Manager."""

import pytest

from tests.dataproc.api import Api
from twilytics import keyed
from twilytics.errors import ServiceError, SettingError
from twilytics.settings import Settings


def test_the_key_is_what_the_secret_holds(api: Api, settings: Settings):
    api.secret = b"from the vault"
    assert keyed.key(settings) == b"from the vault"


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (404, SettingError, "there is no secret projects/p/secrets/key/versions/latest: make it"),
        (403, SettingError, "may not be read: grant roles/secretmanager.secretAccessor on it"),
        (503, ServiceError, "Secret Manager does not give projects/p/secrets/key/versions/latest"),
    ],
)
def test_without_it_somebody_is_told_what_to_do(api: Api, settings: Settings, status: int, kind: type[Exception], says: str, monkeypatch):
    monkeypatch.setattr("twilytics.secret_manager.SECONDS", 0.5)
    api.faults["access"] = [status] * 1000
    with pytest.raises(kind, match=says):
        keyed.key(settings)


def test_a_reference_that_names_none_is_said(settings: Settings):
    with pytest.raises(SettingError, match="names no secret: write gcp-secret:projects/PROJECT/secrets/NAME"):
        keyed.key(settings.model_copy(update={"hash_key": type(settings.hash_key)("gcp-secret:key")}))
