"""How Google's APIs are reached: by HTTP, at which address, in whose name."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from twilytics.errors import SettingError
from twilytics.settings import Settings
from twilytics.storage import credentials

T = TypeVar("T")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Way(NamedTuple):
    """To an API: ``scheme`` and ``host`` (with a port where it is not the usual one), and the credentials of Google's libraries."""

    scheme: str
    host: str
    credentials: Any


def way(host: str, settings: Settings) -> Way:
    """The way to that host of Google's, or to TWILYTICS_GCP_API_URL. Raise :class:`SettingError` where nothing here says who asks."""
    address = urlsplit(settings.gcp_api_url or f"https://{host}")
    if address.scheme == "https":
        return Way(address.scheme, address.netloc, _credentials(settings))
    from google.auth.credentials import AnonymousCredentials

    # Whatever is not encrypted is a server of tests: nobody's token goes there.
    return Way("http", address.netloc, AnonymousCredentials())  # type: ignore[no-untyped-call]


def transport(kind: Callable[..., T], host: str, settings: Settings) -> T:
    """The way, for a client: ``kind`` is one of its library's REST transports."""
    found = way(host, settings)
    return kind(host=found.host, credentials=found.credentials, url_scheme=found.scheme)


def can_pass(error: BaseException) -> bool:
    """Whether it may be otherwise in a moment: a quota, a server's fault, a lost connection."""
    from google.api_core import exceptions
    from google.auth.exceptions import TransportError
    from requests import exceptions as lost

    passing = (
        exceptions.TooManyRequests,
        exceptions.InternalServerError,
        exceptions.BadGateway,
        exceptions.ServiceUnavailable,
        exceptions.GatewayTimeout,
        lost.ConnectionError,
        lost.Timeout,
        lost.ChunkedEncodingError,
        TransportError,
    )
    return isinstance(error, passing)


def _credentials(settings: Settings) -> Any:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError
    from google.oauth2.service_account import Credentials

    key = credentials.key(settings.gcp_credentials)
    if key is not None:
        return Credentials.from_service_account_info(key, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    try:
        return google.auth.default(scopes=[SCOPE])[0]
    except DefaultCredentialsError:
        raise SettingError(
            "Google cannot be asked, as nothing here says who asks: set TWILYTICS_GCP_CREDENTIALS to a service account's key, "
            "or run `gcloud auth application-default login`"
        ) from None
