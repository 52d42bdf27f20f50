"""What Prefect keeps for settings: one that reads ``prefect:NAME`` stands for what the block of that name holds.

A secret stands in a Secret block; a service account's key may stand in a GCP Credentials block as well, and a lake in a
GCS Bucket block, with the credentials that are nested in it. The latter two are prefect-gcp's.
"""

import json
import os
from typing import Any

from pydantic import SecretStr

from flows import environment, server
from twilytics import settings as plain
from twilytics.errors import ServiceError, SettingError
from twilytics.settings import Settings


def load() -> Settings:
    """As :func:`twilytics.settings.load`, with what the blocks hold in place of their names."""
    return resolved(plain.load())


def resolved(settings: Settings) -> Settings:
    """The settings with what the blocks hold. Prefect is only loaded, and asked, where a setting names a block.

    Raise :class:`SettingError` where there is no such block, :class:`ServiceError` where no Prefect answers.
    """
    told = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in settings}
    named = {
        name: value.removeprefix(plain.BLOCK) for name, value in told.items() if isinstance(value, str) and value.startswith(plain.BLOCK)
    }
    if not named:
        return settings
    url = os.environ.get("PREFECT_API_URL") or server.running(settings.home)
    if url is None:
        names = ", ".join(f"{plain.PREFIX}{name.upper()}" for name in named)
        raise ServiceError(f"{names}: the value is in a block of Prefect's, and none runs: start `twilytics serve`, or set PREFECT_API_URL")
    environment.record_at(url)
    held: dict[str, Any] = {}
    for name, block in named.items():
        read = {"lake": _lake, "gcp_credentials": _credentials}.get(name, _secret)
        found = read(block, f"{plain.PREFIX}{name.upper()}", url, name)
        # What a setting says by itself counts more than what comes along with the block of another.
        held |= {other: value for other, value in found.items() if other == name or getattr(settings, other) is None}
    return settings.model_copy(update=held)


def _secret(block: str, setting: str, url: str, name: str) -> dict[str, SecretStr]:
    from prefect.blocks.system import Secret

    held = _loaded(Secret, "Secret", block, setting, url).get()
    if isinstance(held, dict) and name == "gcp_credentials":
        held = json.dumps(held)  # Prefect reads what is JSON
    if not isinstance(held, str):
        raise SettingError(f"{setting}: the Secret block {block!r} has to hold text")
    return {name: SecretStr(held)}


def _credentials(block: str, setting: str, url: str, name: str) -> dict[str, SecretStr]:
    from prefect_gcp import GcpCredentials

    try:
        key = _key(_loaded(GcpCredentials, "GCP Credentials", block, setting, url))
    except SettingError:
        return _secret(block, setting, url, name)
    return {} if key is None else {name: key}


def _lake(block: str, setting: str, url: str, name: str) -> dict[str, str | SecretStr]:
    from prefect_gcp import GcsBucket

    bucket = _loaded(GcsBucket, "GCS Bucket", block, setting, url)
    key = _key(bucket.gcp_credentials)
    return {name: f"gs://{bucket.bucket}/{bucket.bucket_folder}".rstrip("/")} | ({} if key is None else {"gcp_credentials": key})


def _key(credentials: Any) -> SecretStr | None:
    """A service account's key; None where the machine's own credentials are meant."""
    if credentials.service_account_info is not None:
        return SecretStr(json.dumps(credentials.service_account_info.get_secret_value()))
    return None if credentials.service_account_file is None else SecretStr(str(credentials.service_account_file))


def _loaded(kind: Any, called: str, block: str, setting: str, url: str) -> Any:
    import httpx
    from prefect.settings import PREFECT_API_URL, temporary_settings

    try:
        with temporary_settings({PREFECT_API_URL: url}):
            return kind.load(block)
    except ValueError:  # Prefect's word for a block that is missing
        raise SettingError(f"{setting}: Prefect has no {called} block {block!r}: make it on the pages, under Blocks") from None
    except (httpx.TransportError, RuntimeError):  # RuntimeError: what Prefect makes of the other, when it connects
        raise ServiceError(f"{setting}: {server.unanswered(url)}") from None
