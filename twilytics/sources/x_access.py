"""What both versions of X's API share: where, which places, with which access, and tweepy kept to its last.

tweepy prints its token in its DEBUG log, has no timeout, retries 429 until the stack ends, and stumbles over error bodies of
another shape. So it says what to ask for, and nothing else: it gets a token that is none and sees of the reply only the status.
"""

import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twilytics.errors import SettingError
from twilytics.places import catalogue, nearest
from twilytics.sources.limit import Limit
from twilytics.sources.reply import Reply, Unanswered
from twilytics.sources.wire import Wire

if TYPE_CHECKING:
    import requests
    import tweepy  # type: ignore[import-untyped]

ADDRESS = "https://api.x.com"
TOKEN = "TWILYTICS_X_BEARER_TOKEN"  # noqa: S105  the setting's name
NO_TOKEN = "<the token stays with twilytics.sources.wire>"  # noqa: S105
TOPICS = 50
#: What X charges for pay-per-use access, in USD: a trends request, a post that is read, a counts request.
PRICES_USD: Mapping[str, float] = MappingProxyType({"trends": 0.010, "post": 0.005, "counts": 0.005})
PRICES_OF = "2026-11"
#: Of trends, with either version's call, a token. As of 2026-11.
LIMIT = Limit(75, timedelta(minutes=15), usd=PRICES_USD["trends"])

ACCESS: Mapping[str, str] = {
    "unauthorized": f"{TOKEN} has to be the app-only Bearer Token of an app in X's developer console; making a new one ends the old one",
    "forbidden": "X wants the token's app to belong to a project whose access, pay-per-use or higher, has trends: developer console",
    "unpaid": "Buy credits, or raise the spending limit, in X's developer console",
}


def woeid(key: str) -> str:
    """X's id of a place of the catalogue. Raise :class:`SettingError` where X has none."""
    place = catalogue().get(key)
    if place is None or place.woeid is None:
        raise SettingError(f"X has no trends for {key!r}. Nearest: {', '.join(nearest(key, 'x-v2'))}. All: twilytics places")
    return str(place.woeid)


def through(wire: Wire, call: Callable[["Session"], object]) -> Reply:
    """What X replies to the one request that tweepy makes of ``call``. Raise :class:`Unanswered` where nothing whole comes."""
    import tweepy

    session = Session(wire)
    with suppress(tweepy.TweepyException, Unanswered):  # the session has kept what came, whatever tweepy thinks of it
        call(session)
    if isinstance(session.came, Reply):
        return session.came
    raise session.came or RuntimeError("tweepy made no request")


def client(session: "Session") -> "tweepy.Client":
    """tweepy's client of version 2, that hands back what came as it is."""
    import requests
    import tweepy  # 0.2 s to import

    made = tweepy.Client(NO_TOKEN, return_type=requests.Response)
    made.session = session
    return made


class Session:
    """What tweepy takes for the session of requests that it sends with."""

    def __init__(self, wire: Wire) -> None:
        self.came: Reply | Unanswered | None = None
        self._wire = wire

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any],
        headers: Mapping[str, str],
        **_: object,  # tweepy's own token, timeout and the like
    ) -> "requests.Response":
        """Ask X by our wire, and let tweepy see the status, so that it knows nothing that it could print."""
        import requests

        if method != "GET":
            raise ValueError(f"{method} is not for reading")
        self.came = None
        try:
            self.came = self._wire.get(ADDRESS, urlsplit(url).path, params, {"User-Agent": headers["User-Agent"]})
        except Unanswered as failure:
            self.came = failure
            raise
        bare = requests.Response()
        bare.status_code = self.came.status
        bare.reason = HTTPStatus(bare.status_code).phrase if bare.status_code in list(HTTPStatus) else ""
        bare.raw = io.BytesIO()
        return bare

    def close(self) -> None:
        """tweepy closes its session after each call; each call has its own connection anyway."""
