"""What each credential may do and may not, against what Twilytics needs: `twilytics doctor --cloud`.

What somebody may do beyond what is needed is told too: a stolen credential is worth as much as it may do.
"""

from collections.abc import Callable
from functools import partial

from twilytics.observatory import Observatory
from twilytics.permissions import google, stores
from twilytics.permissions.granted import Granted
from twilytics.settings import VAULT

__all__ = ["Granted", "asked"]


def asked(observatory: Observatory) -> dict[str, Callable[[], Granted]]:
    """By part, what tells of its credential; only what the settings name is asked about."""
    settings = observatory.settings
    parts: dict[str, Callable[[], Granted]] = {}
    for part, url in (("lake", settings.lake_root), ("staging", settings.staging or "")):
        if url.startswith("gs://"):
            parts[f"{part}: {url}"] = partial(google.bucket, settings, url)
    if settings.refines_in_batches and settings.gcp_project:
        parts[f"batches: {settings.gcp_project}"] = partial(google.project, settings)
        if settings.spark_service_account:
            parts[f"batches as {settings.spark_service_account}"] = partial(google.account, settings)
    key = settings.hash_key.get_secret_value() if settings.hash_key is not None else ""
    if key.startswith(VAULT):
        parts["hash key"] = partial(google.secret, settings, key.removeprefix(VAULT).partition("/versions/")[0])
    parts["database"] = partial(stores.database, observatory)
    parts["store"] = partial(stores.answers, observatory)
    return parts
