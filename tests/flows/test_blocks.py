"""What stands in blocks of Prefect's, read from a real server."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from prefect.blocks.system import Secret
from prefect_gcp import GcpCredentials, GcsBucket
from pydantic import SecretStr

from flows import blocks
from flows.opened import Kept
from twilytics.errors import ServiceError, SettingError
from twilytics.settings import Settings


@pytest.fixture
def settings(served, prefect, monkeypatch):
    """Settings of the served HOME, of which the token is in a block."""
    monkeypatch.setenv("PREFECT_API_URL", served.url)
    Secret(value="token-of-a-block").save("x-token", overwrite=True)
    return Settings(home=served.home, x_bearer_token=SecretStr("prefect:x-token"), mongodb_uri=SecretStr("mongodb://a"), _env_file=None)


def test_a_secret_comes_from_its_block(settings):
    found = blocks.resolved(settings)
    assert found.x_bearer_token.get_secret_value() == "token-of-a-block"
    assert found.mongodb_uri.get_secret_value() == "mongodb://a"
    assert "token-of-a-block" not in repr(found)


def test_whatever_opens_an_observatory_for_a_flow_knows_the_secret(settings):
    with Kept(settings) as kept:
        assert kept.observatory().settings.x_bearer_token.get_secret_value() == "token-of-a-block"


def test_the_server_of_the_home_is_asked_where_the_environment_names_none(settings, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL")
    assert blocks.resolved(settings).x_bearer_token.get_secret_value() == "token-of-a-block"


def test_a_missing_block_is_told_by_the_setting_and_its_name(settings):
    missing = settings.model_copy(update={"postgres_dsn": SecretStr("prefect:no-such-block")})
    with pytest.raises(SettingError, match=r"^TWILYTICS_POSTGRES_DSN: Prefect has no Secret block 'no-such-block': make it"):
        blocks.resolved(missing)


@pytest.mark.parametrize("block", ["", "Not A Name", "../x", "secret/x-token"])
def test_what_is_no_name_of_a_block_is_told_likewise(settings, block):
    with pytest.raises(SettingError, match="TWILYTICS_X_BEARER_TOKEN: Prefect has no Secret block"):
        blocks.resolved(settings.model_copy(update={"x_bearer_token": SecretStr(f"prefect:{block}")}))


def test_a_block_that_holds_no_text_is_told(settings):
    Secret(value={"token": 7}).save("no-text", overwrite=True)
    with pytest.raises(SettingError, match="TWILYTICS_X_BEARER_TOKEN: the Secret block 'no-text' has to hold text"):
        blocks.resolved(settings.model_copy(update={"x_bearer_token": SecretStr("prefect:no-text")}))


def test_without_a_prefect_to_ask_it_is_said_how_to_have_one(settings, tmp_path, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL")
    with pytest.raises(ServiceError, match="TWILYTICS_X_BEARER_TOKEN: the value is in a block of Prefect's, and none runs"):
        blocks.resolved(settings.model_copy(update={"home": tmp_path}))


def test_a_prefect_that_does_not_answer_is_told(settings, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(ServiceError, match=r"TWILYTICS_X_BEARER_TOKEN: no Prefect answers at http://127\.0\.0\.1:9/api"):
        blocks.resolved(settings)


def test_settings_that_name_no_block_are_what_they_were(settings):
    plain = settings.model_copy(update={"x_bearer_token": SecretStr("AAAA")})
    assert blocks.resolved(plain) is plain


#: Google's library reads it, so it has to be one.
PEM = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
KEY = {
    "type": "service_account",
    "client_email": "lake@project.iam.gserviceaccount.com",
    "private_key": PEM,
    "token_uri": "https://oauth2.googleapis.com/token",
}


def test_the_key_of_an_account_comes_from_a_block_of_gcp_credentials_or_a_secret(settings):
    GcpCredentials(service_account_info=KEY).save("gcp", overwrite=True)
    Secret(value=json.dumps(KEY)).save("gcp-key", overwrite=True)
    for block in ("gcp", "gcp-key"):
        found = blocks.resolved(settings.model_copy(update={"gcp_credentials": SecretStr(f"prefect:{block}")}))
        assert json.loads(found.gcp_credentials.get_secret_value()) == KEY
        assert PEM.splitlines()[1] not in repr(found)


def test_a_lake_comes_from_a_block_of_a_bucket_with_its_credentials(settings):
    credentials = GcpCredentials(service_account_info=KEY)
    GcsBucket(bucket="bucket", bucket_folder="some/folder", gcp_credentials=credentials).save("lake", overwrite=True)
    asked = settings.model_copy(update={"lake": "prefect:lake"})
    found = blocks.resolved(asked)
    assert found.lake_root == "gs://bucket/some/folder"
    assert json.loads(found.gcp_credentials.get_secret_value()) == KEY
    own = blocks.resolved(asked.model_copy(update={"gcp_credentials": SecretStr("/a/key.json")}))
    assert own.gcp_credentials.get_secret_value() == "/a/key.json"


def test_a_missing_bucket_block_is_told_by_its_kind(settings):
    with pytest.raises(SettingError, match=r"^TWILYTICS_LAKE: Prefect has no GCS Bucket block 'nowhere': make it"):
        blocks.resolved(settings.model_copy(update={"lake": "prefect:nowhere"}))
