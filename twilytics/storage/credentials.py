"""How object storage is told who asks: a service account's key, as JSON or as the file that holds it; else what the machine has.

"What the machine has" is Google's order: GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default login`, the
account of the machine or batch.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from twilytics.errors import SettingError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, GCSConfig, RetryConfig

NAME = "TWILYTICS_GCP_CREDENTIALS"
PATIENCE_SECONDS = 30
#: Lost answers and 5xx are tried again within a call; what lasts longer is for the stage to try again.
MOST_TRIES = 4
RETRIES: "RetryConfig" = {"max_retries": MOST_TRIES, "retry_timeout": timedelta(seconds=PATIENCE_SECONDS)}


def key(told: SecretStr | None) -> dict[str, Any] | None:
    """The service account's key; None where the machine's own credentials count.

    Raise :class:`SettingError` for what is neither a key nor a readable file of one.
    """
    if told is None:
        return None
    text = told.get_secret_value().strip()
    if not text.startswith("{"):
        try:
            text = Path(text).expanduser().read_text(encoding="utf-8")
        except OSError as error:
            raise SettingError(f"{NAME}: the file it names cannot be read ({error.strerror}): name a service account's key file") from None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "private_key" not in found:
        raise SettingError(f"{NAME} holds no service account's key: `gcloud iam service-accounts keys create` makes one, as JSON")
    return found


def address(told: SecretStr | None) -> str | None:
    """Where the key says that the storage is, as emulators' do; None where it is Google's."""
    found = key(told)
    return found.get("gcs_base_url") if found else None


def for_store(told: SecretStr | None) -> "GCSConfig":
    """The configuration of an ``obstore`` store."""
    found = key(told)
    return {} if found is None else {"service_account_key": json.dumps(found)}


def client(told: SecretStr | None) -> "ClientConfig":
    """How the store's HTTP client goes about it."""
    return {"timeout": timedelta(seconds=PATIENCE_SECONDS), "connect_timeout": timedelta(seconds=5), "allow_http": _is_plain(told)}


def for_delta(told: SecretStr | None) -> Mapping[str, str]:
    """The same for delta-rs."""
    return {
        **{f"google_{name}": str(value) for name, value in for_store(told).items()},
        "timeout": f"{PATIENCE_SECONDS}s",
        "connect_timeout": "5s",
        "max_retries": str(MOST_TRIES),
        "retry_timeout": f"{PATIENCE_SECONDS}s",
        "allow_http": str(_is_plain(told)).lower(),
    }


def _is_plain(told: SecretStr | None) -> bool:
    return (address(told) or "").startswith("http://")
