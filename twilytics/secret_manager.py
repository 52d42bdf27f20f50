"""Secrets that Google's Secret Manager keeps: a setting that reads ``gcp-secret:projects/P/secrets/NAME`` stands for the newest version."""

import re

from twilytics import gcp
from twilytics.errors import ServiceError, SettingError
from twilytics.settings import VAULT, Settings

NAMED = re.compile(r"projects/[^/]+/secrets/[^/]+(/versions/[^/]+)?")
SECONDS = 30.0


def held(reference: str, settings: Settings) -> bytes:
    """What the secret holds, in the name of who runs this.

    Raise :class:`SettingError` where it is not there or may not be read, :class:`ServiceError` where Google does not answer.
    """
    from google.api_core import exceptions
    from google.api_core.retry import Retry
    from google.cloud.secretmanager_v1.services.secret_manager_service import SecretManagerServiceClient
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports.rest import SecretManagerServiceRestTransport
    from requests import RequestException

    name = reference.removeprefix(VAULT)
    if not NAMED.fullmatch(name):
        raise SettingError(f"{reference!r} names no secret: write {VAULT}projects/PROJECT/secrets/NAME, with /versions/N for one version")
    version = name if "/versions/" in name else f"{name}/versions/latest"
    client = SecretManagerServiceClient(
        transport=gcp.transport(SecretManagerServiceRestTransport, "secretmanager.googleapis.com", settings)
    )
    tried_again = Retry(predicate=gcp.can_pass, timeout=SECONDS)
    try:
        content: bytes = client.access_secret_version(name=version, retry=tried_again, timeout=SECONDS).payload.data
    except exceptions.NotFound:
        raise SettingError(f"there is no secret {version}: make it with `gcloud secrets create`, as deployments/gcp does") from None
    except (exceptions.Forbidden, exceptions.Unauthorized) as error:
        raise SettingError(f"{version} may not be read: grant roles/secretmanager.secretAccessor on it ({error.message})") from None
    except (exceptions.GoogleAPICallError, exceptions.RetryError, RequestException) as error:
        raise ServiceError(f"Secret Manager does not give {version} ({type(error).__name__}): try again, nothing is lost") from None
    return content
