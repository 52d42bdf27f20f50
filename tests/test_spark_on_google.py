"""What Spark is told of a lake on gs://: nothing that it may not show to all."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.cloud import Emulator
from twilytics.engines import google
from twilytics.errors import SettingError

LAKE = "gs://bucket/lake"
KEY = {"type": "service_account", "client_email": "a@b", "private_key_id": "7", "private_key": "-----BEGIN the private part"}
#: Of Google's connector 4.0, as its documentation names them.
WHO_ASKS, KEY_FILE = "spark.hadoop.fs.gs.auth.type", "spark.hadoop.fs.gs.auth.service.account.json.keyfile"


def told(lake: str, key: str | None = None) -> dict[str, str]:
    with google.access(lake, SecretStr(key) if key else None, on_this_machine=True) as options:
        return dict(options)


def test_a_folder_needs_nothing():
    assert told("/a/folder") == {}


def test_without_a_key_the_machines_own_account_counts():
    options = told(LAKE)
    assert options[WHO_ASKS] == "APPLICATION_DEFAULT"
    assert options["spark.hadoop.fs.gs.impl"] == "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem"
    assert KEY_FILE not in options


def test_of_an_emulator_it_is_told_the_address_and_that_nobody_asks_who_asks():
    emulator = Emulator("http://127.0.0.1:1")
    options = told(LAKE, emulator.credentials.get_secret_value())
    assert (options[WHO_ASKS], options["spark.hadoop.fs.gs.storage.root.url"]) == ("UNAUTHENTICATED", "http://127.0.0.1:1")


def test_a_key_stands_in_a_private_file_for_as_long_as_the_session_and_never_in_an_option():
    with google.access(LAKE, SecretStr(json.dumps(KEY)), on_this_machine=True) as options:
        file = Path(options[KEY_FILE])
        assert options[WHO_ASKS] == "SERVICE_ACCOUNT_JSON_KEYFILE"
        assert file.stat().st_mode & 0o777 == 0o600
        assert json.loads(file.read_text()) == KEY
        assert "private part" not in str(options)
    assert not file.exists()


@pytest.mark.parametrize("on_this_machine", [True, False])
def test_a_key_file_is_named_where_it_lies_and_stays(tmp_path: Path, on_this_machine: bool):
    file = tmp_path / "key.json"
    file.write_text(json.dumps(KEY))
    with google.access(LAKE, SecretStr(str(file)), on_this_machine=on_this_machine) as options:
        assert options[KEY_FILE] == str(file)
    assert file.exists()


def test_a_key_is_not_sent_to_the_workers_of_a_cluster():
    with (
        pytest.raises(SettingError, match="let it name a key file that lies at the same path on each of them") as error,
        google.access(LAKE, SecretStr(json.dumps(KEY)), on_this_machine=False),
    ):
        pass
    assert "private part" not in str(error.value)
