"""How Spark reaches a lake on gs://: Google's Hadoop connector, and who asks by it."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from twilytics.errors import SettingError
from twilytics.storage import credentials

CONNECTOR = {
    "spark.hadoop.fs.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem",
    "spark.hadoop.fs.AbstractFileSystem.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFS",
}
ADDRESS = "spark.hadoop.fs.gs.storage.root.url"
WHO_ASKS = "spark.hadoop.fs.gs.auth.type"
KEY_FILE = "spark.hadoop.fs.gs.auth.service.account.json.keyfile"
#: Emulators cannot move objects at one call, as Google's storage does: the connector copies and removes instead.
EMULATED = {"spark.hadoop.fs.gs.operation.move.enable": "false"}


def is_on_google(lake: str) -> bool:
    return lake.startswith("gs://")


@contextmanager
def access(lake: str, told: SecretStr | None, *, on_this_machine: bool) -> Iterator[Mapping[str, str]]:
    """Spark's options for the lake, none where it is a folder. They show where a key is, never the key: Spark tells its options to all.

    A key that came as JSON stands in a private file meanwhile. Raise :class:`SettingError` where only workers of other machines would
    need that file.
    """
    if not is_on_google(lake):
        yield {}
        return
    key = credentials.key(told)
    if key is None or told is None:
        yield {**CONNECTOR, WHO_ASKS: "APPLICATION_DEFAULT"}
    elif key.get("disable_oauth"):
        yield {**CONNECTOR, **_address(key), WHO_ASKS: "UNAUTHENTICATED", **EMULATED}
    else:
        with _key_file(told, key, on_this_machine) as path:
            yield {**CONNECTOR, **_address(key), WHO_ASKS: "SERVICE_ACCOUNT_JSON_KEYFILE", KEY_FILE: str(path)}


def _address(key: Mapping[str, Any]) -> dict[str, str]:
    return {ADDRESS: key["gcs_base_url"]} if key.get("gcs_base_url") else {}


@contextmanager
def _key_file(told: SecretStr, key: Mapping[str, Any], on_this_machine: bool) -> Iterator[Path]:
    named = told.get_secret_value().strip()
    if not named.startswith("{"):
        yield Path(named).expanduser().absolute()
        return
    if not on_this_machine:
        raise SettingError(
            f"{credentials.NAME} holds the key itself, which is not sent to the workers of a cluster: let it name a key file that lies at "
            "the same path on each of them, or leave it out where they have an account of their own"
        )
    with tempfile.NamedTemporaryFile("w", prefix="twilytics-", suffix=".json", encoding="utf-8") as file:
        json.dump(key, file)
        file.flush()
        yield Path(file.name)
