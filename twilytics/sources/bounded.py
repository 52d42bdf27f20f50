"""One GET that ends in bounded time and size, whatever the server does. Only :mod:`twilytics.sources.wire` imports this, when it calls.

The timeout of requests begins anew with every byte, so that a server that drips, in its headers or its body, never runs into it:
here every read from the socket gets what is left until one deadline.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from twilytics.sources.bounds import Bounds
from twilytics.sources.reply import Unanswered

CHUNK = 1 << 16
Signer = Callable[[requests.PreparedRequest], requests.PreparedRequest]


@dataclass(frozen=True)
class Fetched:
    """A whole response; the headers ignore case. It shows neither them nor the body: a server can repeat there what it was sent."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def fetch(url: str, params: Mapping[str, str | int], headers: Mapping[str, str], sign: Signer, bounds: Bounds) -> Fetched:
    """What the server answers; a redirect is an answer and not followed. Raise :class:`Unanswered` where nothing whole comes in time."""
    host = urllib3.util.parse_url(url).netloc or url
    body = bytearray()
    failure = None
    with requests.Session() as session:
        session.auth = sign  # as a signer, not as a header: requests would put a password from ~/.netrc in a header's place
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Adapter(time.monotonic() + bounds.total_s))
        try:
            with session.get(
                url,
                params=params,
                headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
                timeout=(min(bounds.connect_s, bounds.total_s), bounds.total_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                while len(body) <= bounds.size and (chunk := response.raw.read1(CHUNK, decode_content=True)):
                    body += chunk
                if len(body) <= bounds.size:
                    return Fetched(response.status_code, response.headers, bytes(body))
                failure = Unanswered("too_large", f"the answer goes on after {bounds.size} bytes; no list of trends does")
        except (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException, ValueError) as error:
            failure = _told(error, host, len(body), bounds)
    # Outside of the handler, and so without the cause: it carries the request, and that its headers.
    raise failure


class _Adapter(HTTPAdapter):
    def __init__(self, deadline: float) -> None:
        super().__init__()
        self._deadline = deadline

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> urllib3.HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        timed = {"response_class": partial(_Response, deadline=self._deadline)}
        pool.ConnectionCls = type("TimedConnection", (pool.ConnectionCls,), timed)
        return pool


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Until(self.fp.detach(), sock, deadline))


class _Until(io.RawIOBase):
    """A socket's bytes, until the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        super().__init__()
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _told(error: BaseException, host: str, n_bytes: int, bounds: Bounds) -> Unanswered:
    """In words of ours: what the libraries say can repeat addresses and headers."""
    causes = list(_causes(error))
    never_connected = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.ProxyError)
    reached = not any(isinstance(cause, (*never_connected, ssl.SSLError)) for cause in causes)
    if any(isinstance(cause, TimeoutError) for cause in causes):  # urllib3's own counts a refused connection among its timeouts
        told = f"no whole answer within {bounds.total_s:g} s" if reached else f"no connection to {host} within {bounds.connect_s:g} s"
        return Unanswered("timeout", f"{told}, {n_bytes} bytes came" if n_bytes else told, reached=reached)
    os_error = next((cause for cause in reversed(causes) if isinstance(cause, OSError) and cause.strerror), None)
    why = os_error.strerror if os_error else type(causes[-1]).__name__
    if isinstance(os_error, ssl.SSLCertVerificationError):
        why = f"the certificate is not trusted: {os_error.verify_message}"
    if not reached:
        return Unanswered("unreachable", f"{host}: {why}", reached=False)
    told = f"the answer broke off after {n_bytes} bytes" if n_bytes else "the connection was closed without an answer"
    return Unanswered("cut_off", f"{told} ({why})")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
