"""Sources that fail as they are told to: a real HTTP server that plays X, Mastodon and Bluesky, and a clock that never waits."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from twilytics.pacer import pacer
from twilytics.settings import Settings
from twilytics.sources import ABOUT_TOPICS, x_counts, x_search

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HTML = b"<html><body>We will be back soon</body></html>"
X_453 = {"errors": [{"code": 453, "message": "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints"}]}
UNAUTHORIZED = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
DRIP_S = 0.03  # between two bytes of a server that drips: shorter than any timeout of a read


class FakeClock:
    """Time passes only where somebody waits. What was waited is written down."""

    def __init__(self, start: datetime = NOON) -> None:
        self.time = start
        self.waits: list[float] = []
        self.is_stopped = False

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += timedelta(seconds=seconds)

    def stopped(self) -> bool:
        return self.is_stopped


def answer(source: str, place_id: str, n: int = 50, name: str | None = None) -> bytes:
    """What a source answers for a place, in blanks that only a verbatim copy keeps; ``name`` is another name for the name's field."""
    if source in ABOUT_TOPICS:
        return about(source, place_id, n, name)
    key = name or ("trend_name" if source == "x-v2" else "topic" if source == "bluesky" else "name")
    items = [{key: f"topic {nth} of {place_id}"} for nth in range(n)]
    shapes = {"x-v2": {"data": items}, "x-v1.1": [{"trends": items}], "mastodon": items, "bluesky": {"trends": items}}
    return json.dumps(shapes[source], indent=1).encode() + b"\n "


def about(source: str, query: str, n: int, name: str | None = None) -> bytes:
    """What X tells about a topic: some posts, in German and by two authors, or spans with a count that follows from the query.

    ``name`` is another name for the posts' number, or for the count.
    """
    if source == x_counts.NAME:
        spans = [{"start": "2026-11-24T11:00:00Z", "end": "2026-11-24T12:00:00Z", name or "tweet_count": len(query)}] * min(n, 1)
        return json.dumps({"data": spans}).encode()
    posts = [
        {name or "id": f"{nth}{len(query)}", "author_id": str(nth % 2), "created_at": "2026-11-24T11:00:00Z", "lang": "de", "text": query}
        for nth in range(min(n, 4))
    ]
    return json.dumps({"data": posts, "meta": {"result_count": len(posts)}}).encode()


@dataclass(frozen=True)
class Call:
    """A request that came; ``path`` is what the source itself would see."""

    place_id: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)


class Request(BaseHTTPRequestHandler):
    """One request, and how to answer it. HTTP/1.1, each connection for one request."""

    protocol_version = "HTTP/1.1"
    server: "Faulty"

    def do_GET(self) -> None:
        self.close_connection = True
        url = urlsplit(self.path)
        _, host, path = url.path.split("/", 2)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.source = next(source for source, part in PATHS.items() if path.startswith(part))
        asked = {"x-v2": path.rpartition("/")[2], "x-v1.1": query.get("id", ""), **dict.fromkeys(ABOUT_TOPICS, query.get("query", ""))}
        self.place_id = asked.get(self.source, host)
        with self.server.lock:
            self.server.calls.append(Call(self.place_id, host, f"/{path}", query, dict(self.headers)))
            faults = self.server.faults[self.place_id]
            fault = faults.pop(0) if len(faults) > 1 else (faults or [fine])[0]
        with suppress(ConnectionError):
            fault(self)

    def give(self, body: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, text: Iterator[bytes]) -> None:
        for piece in text:
            if self.server.ending.wait(DRIP_S):
                return
            self.wfile.write(piece)

    @property
    def answer(self) -> bytes:
        return answer(self.source, self.place_id)

    def log_message(self, *_: object) -> None:
        """Tests read logs; the server's own are none of theirs."""


PATHS = {"x-v2": "2/trends/by/woeid/", "x-v1.1": "1.1/trends/place.json", "mastodon": "api/v1/trends/tags", "bluesky": "xrpc/"} | {
    x_search.NAME: "2/tweets/search/recent",
    x_counts.NAME: "2/tweets/counts/recent",
}
Fault = Callable[[Request], None]


class Faulty(ThreadingHTTPServer):
    """Each place answers well until it is told otherwise; its last fault repeats."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.calls: list[Call] = []
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.lock = threading.Lock()
        self.ending = threading.Event()

    @property
    def url(self) -> str:
        """As a base address: the source's own host becomes the first part of the path."""
        return f"http://127.0.0.1:{self.server_address[1]}/{{host}}"

    def play(self, place_id: str, *faults: Fault) -> None:
        self.faults[place_id] = list(faults)

    def n_calls(self) -> Counter[str]:
        return Counter(call.place_id for call in self.calls)


@pytest.fixture
def server() -> Iterator[Faulty]:
    """A server of the test's own; whatever was asked of sources before does not count against their limits."""
    pacer.cache_clear()
    with serving() as started:
        yield started


@pytest.fixture
def x_settings(server: Faulty, mongodb_uri: str, tmp_path: Path) -> Settings:
    """An observatory that asks X, which the server plays."""
    token = SecretStr("token-of-a-test")
    return Settings(home=tmp_path, x_api_url=server.url, x_bearer_token=token, mongodb_uri=mongodb_uri, _env_file=None)


@contextmanager
def serving() -> Iterator[Faulty]:
    with Faulty() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            server.shutdown()
            thread.join()


def fine(request: Request) -> None:
    request.give(request.answer)


def after(seconds: float) -> Fault:
    def late(request: Request) -> None:
        time.sleep(seconds)
        fine(request)

    return late


def slow_headers(request: Request) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    request.drip(b"z" for _ in iter(int, 1))


def slow_body(request: Request) -> None:
    request.give(b"", length=1_000_000)
    request.drip(b" " for _ in iter(int, 1))


def slow_then_silent(request: Request) -> None:
    request.give(b"", length=1_000_000)
    request.drip(b" " for _ in range(40))
    request.server.ending.wait(5)


def slow_chunk_sizes(request: Request) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    request.drip(b"0" for _ in iter(int, 1))


def endless(request: Request) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while not request.server.ending.is_set():
        request.wfile.write(b"[" * 50_000)


def cut_in_half(request: Request) -> None:
    request.give(request.answer[: len(request.answer) // 2], length=len(request.answer))


def cut_between_chunks(request: Request) -> None:
    half = request.answer[: len(request.answer) // 2]
    request.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(half), half))


def hang_up(request: Request) -> None:
    request.connection.close()


def html(request: Request) -> None:
    request.give(HTML)


def errors_inside(request: Request) -> None:
    request.give(json.dumps({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}).encode())


def renamed(request: Request) -> None:
    request.give(answer(request.source, request.place_id, name="post.fields"))


def empty_list(request: Request) -> None:
    request.give(answer(request.source, request.place_id, n=0))


def twenty(request: Request) -> None:
    request.give(answer(request.source, request.place_id, n=20))


def redirect(request: Request) -> None:
    request.give(b"", 302, Location=f"http://127.0.0.1:{request.server.server_address[1]}/elsewhere/api/v1/trends/tags?key=hidden")


def refused(status: int, body: object = None, **headers: str) -> Fault:
    return lambda request: request.give(HTML if body is None else json.dumps(body).encode(), status, **headers)


def limited_for(seconds: int) -> Fault:
    """429, with the reset in seconds since 1970, as X tells it."""
    return lambda request: refused(
        429, {"title": "Too Many Requests", "status": 429}, x_rate_limit_remaining="0", x_rate_limit_reset=str(int(time.time()) + seconds)
    )(request)


def repeats_the_token(status: int) -> Fault:
    """Tells the caller what it sent, as a server for debugging does, in every place where it can."""

    def echo(request: Request) -> None:
        sent = request.headers.get("Authorization", "")
        request.send_response(status, sent)
        body = json.dumps({"errors": [{"message": f"no access with {sent}"}], "sent": dict(request.headers)}).encode()
        for name, value in {"X-Sent": sent, "Location": f"https://{sent.split()[-1]}/", "Content-Length": str(len(body))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return echo
