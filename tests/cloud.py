"""An emulator of Google Cloud Storage on this machine, behind a proxy that speaks what delta-rs speaks, and can misbehave.

The emulator is a Go program, made once and kept with the user's caches. It lacks the PUT of GCS' XML API, which the proxy
turns into the JSON API's upload; its XML API wants names with plain slashes and the host that it was told of, and lists from the
first name on, whatever `start-after` says.
"""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit
from xml.sax.saxutils import unescape

import pytest
from filelock import FileLock
from pydantic import SecretStr

from twilytics.embedded import java

VERSION = "v1.56.1"
MODULE = f"github.com/fsouza/fake-gcs-server@{VERSION}"
SECONDS_TO_START = 20
LISTED = re.compile(rb"<Contents><Key>([^<]*)</Key>.*?</Contents>")
HOP_BY_HOP = {"host", "content-length", "connection", "transfer-encoding"}
#: Says what to answer to a request, by method and path, in place of the emulator; None: nothing.
Fault = Callable[[str, str], int | None]
#: An answer that is lost: the emulator did what it was asked for, and the connection ends.
LOST = 0


@dataclass
class Emulator:
    """``url`` is the proxy's. ``requests`` are those since the list was cleared, as (method, path)."""

    url: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    fault: Fault = lambda _method, _path: None

    @property
    def credentials(self) -> SecretStr:
        """A key that says where the emulator is, and that nobody has to say who asks."""
        told = {"gcs_base_url": self.url, "disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
        return SecretStr(json.dumps(told))

    def bucket(self) -> str:
        """The URL of a new bucket."""
        name = f"test-{uuid.uuid4().hex}"
        host = http.client.HTTPConnection(urlsplit(self.url).netloc)
        host.request("POST", "/storage/v1/b?project=test", json.dumps({"name": name}), {"Content-Type": "application/json"})
        assert host.getresponse().status == 200
        return f"gs://{name}"


@contextmanager
def running() -> Iterator[Emulator]:
    """An emulator of its own."""
    port, served = _free_port(), _free_port()
    address = f"127.0.0.1:{served}"
    words = [_program(), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory", "-public-host", address]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        emulator = Emulator(f"http://{address}")
        proxy = ThreadingHTTPServer(("127.0.0.1", served), _handler(emulator, port, address))
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            _wait_for(port)
            yield emulator
        finally:
            proxy.shutdown()
            process.kill()


@pytest.fixture(scope="session")
def emulator_of_all() -> Iterator[Emulator]:
    with running() as one:
        yield one


@pytest.fixture
def emulator(emulator_of_all: Emulator) -> Iterator[Emulator]:
    """The emulator, well behaved again after the test."""
    emulator_of_all.requests.clear()
    yield emulator_of_all
    emulator_of_all.fault = lambda _method, _path: None


def _program() -> str:
    """The emulator, made where it is not there yet. Skips, loudly, where it cannot be made."""
    folder = java.cache_folder() / f"fake-gcs-server-{VERSION}"
    program = folder / "fake-gcs-server"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not program.exists():
            if shutil.which("go") is None:
                _absent("Go is not on this machine")
            made = subprocess.run(
                ["go", "install", MODULE],
                env={**os.environ, "GOBIN": str(folder), "GOFLAGS": ""},
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode:
                _absent(f"go install {MODULE}: {made.stderr.strip()[-300:]}")
    return str(program)


def _absent(why: str) -> None:
    warnings.warn(f"nothing about gs:// was tested, as there is no emulator: {why}", stacklevel=2)
    pytest.skip(f"no emulator of Google Cloud Storage: {why}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the emulator did not start"
            time.sleep(0.05)
        else:
            return


def _handler(emulator: Emulator, port: int, address: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Not told."""

        def pass_on(self) -> None:
            body = self._body()
            emulator.requests.append((self.command, self.path))
            status = emulator.fault(self.command, self.path)
            if status:
                self._answer(status, {}, b"<Error><Code>Planted</Code></Error>")
                return
            method, path = _as_the_emulator_wants(self.command, self.path, self.headers.get("x-goog-if-generation-match"))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            there = http.client.HTTPConnection("127.0.0.1", port)
            there.request(method, path, body, headers | {"Host": address})
            found = there.getresponse()
            content, told = found.read(), {name: value for name, value in found.getheaders() if name.lower() not in HOP_BY_HOP | {"date"}}
            there.close()
            if status == LOST:
                self.close_connection = True
                return
            if (self.command, method) == ("PUT", "POST") and found.status == 200:
                made = json.loads(content)
                told, content = {"ETag": made["etag"], "x-goog-generation": made["generation"]}, b""
            if self.command == "GET":
                content = _after(self.path, content)
            if self.command == "HEAD":
                told["Content-Length"] = found.getheader("Content-Length", "0")
            self._answer(found.status, told, content)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while n_bytes := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(n_bytes))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = pass_on  # noqa: N815  (the library's names)

    return Handler


def _as_the_emulator_wants(method: str, path: str, generation: str | None) -> tuple[str, str]:
    parts = urlsplit(path)
    bucket, _, name = parts.path.lstrip("/").partition("/")
    if bucket in ("storage", "upload", "download"):
        return method, path
    if method == "PUT" and name:
        asked = {"uploadType": "media", "name": unquote(name)} | ({} if generation is None else {"ifGenerationMatch": generation})
        return "POST", f"/upload/storage/v1/b/{bucket}/o?{urlencode(asked)}"
    return method, f"/{bucket}" + (f"/{quote(unquote(name), safe='/=')}" if name else "") + (f"?{parts.query}" if parts.query else "")


def _after(path: str, content: bytes) -> bytes:
    """A listing, from behind the name that it was to start after."""
    after = parse_qs(urlsplit(path).query).get("start-after")
    if after is None:
        return content
    return LISTED.sub(lambda found: found[0] if unescape(found[1].decode()) > after[0] else b"", content)
