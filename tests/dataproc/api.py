"""A server that plays the parts of Google's APIs that a batch needs: Dataproc's batches, the driver's log, a secret."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
CREATED_AT = "2026-01-01T12:00:00Z"
ENDED_AT = "2026-01-01T12:05:00Z"
NAMES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS"}
#: Instead of an answer: the connection ends, with the request not looked at, or done.
CUT, CUT_AFTERWARDS = 0, -1


@dataclass
class Api:
    """``faults`` are what the next calls of a kind (create, get, list, cancel) are answered with, one after the other; ``play`` has the
    states that a new batch is found in, look by look, the last of them for ever. ``at_its_end`` is called with a batch's id first."""

    url: str = ""
    play: tuple[str, ...] = ("PENDING", "RUNNING", "SUCCEEDED")
    message: str = ""
    ended_at: str = ENDED_AT
    log: tuple[str, ...] = ()
    secret: bytes = b"the key"
    at_its_end: Callable[[str], object] = lambda _batch: None
    at_create: Callable[[dict[str, Any]], object] = lambda _batch: None
    faults: dict[str, list[int]] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def add(self, batch_id: str, *play: str, parent: str = "projects/p/locations/r", **told: Any) -> None:
        self.left[batch_id] = list(play)
        name = f"{parent}/batches/{batch_id}"
        operation = f"projects/p/regions/r/operations/of-{batch_id}"
        self.batches[batch_id] = {**told, "name": name, "state": play[0], "operation": operation, "createTime": CREATED_AT}

    def looked(self, batch_id: str) -> dict[str, Any]:
        found, left = self.batches[batch_id], self.left[batch_id]
        found["state"] = left.pop(0) if len(left) > 1 else left[0]
        if found["state"] in ENDED and "stateTime" not in found:
            self.at_its_end(batch_id)
            usage = {"milliDcuSeconds": "720000", "shuffleStorageGbSeconds": "72000"}
            found |= {"stateTime": self.ended_at, "stateMessage": self.message, "runtimeInfo": {"approximateUsage": usage}}
        return found

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[str, Callable[[], tuple[int, Any]]]:
        """The kind of the call, and what does it."""
        if path.endswith("/entries:list"):
            return "log", lambda: (200, {"entries": [{"textPayload": line} for line in reversed(self.log)]})
        if path.endswith(":access"):
            return "access", lambda: (200, {"name": path, "payload": {"data": base64.b64encode(self.secret).decode()}})
        if path.endswith(":cancel"):
            return "cancel", lambda: self._cancel(path.rpartition("/of-")[2].removesuffix(":cancel"))
        if path.endswith("/batches"):
            if method == "POST":
                return "create", lambda: self._create(path, query, body)
            return "list", lambda: self._list(query["filter"])
        return "get", lambda: self._get(path.rpartition("/")[2])

    def _create(self, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        batch_id = query["batchId"]
        if batch_id in self.batches:
            return 409, f"Already exists: batch {batch_id}"
        self.add(batch_id, *self.play, parent=path.removeprefix("/v1/").removesuffix("/batches"), **body)
        self.at_create(self.batches[batch_id])
        return 200, {"name": self.batches[batch_id]["operation"]}

    def _get(self, batch_id: str) -> tuple[int, Any]:
        return (200, self.looked(batch_id)) if batch_id in self.batches else (404, f"Not found: batch {batch_id}")

    def _list(self, asked: str) -> tuple[int, Any]:
        key, value = re.match(r"labels\.(\w+) = (\w+) AND", asked).groups()
        states = re.findall(r"state = (\w+)", asked)
        labelled = (one for one in self.batches.values() if one.get("labels", {}).get(key) == value)
        return 200, {"batches": [one for one in labelled if one["state"] in states]}

    def _cancel(self, batch_id: str) -> tuple[int, Any]:
        self.cancelled.append(batch_id)
        self.left[batch_id] = ["CANCELLING", "CANCELLED"]
        return 200, {}


@contextmanager
def played() -> Iterator[Api]:
    api, one_at_a_time = Api(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond()

        def do_POST(self) -> None:
            self.respond()

        def respond(self) -> None:
            address = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            with one_at_a_time:
                kind, does = api.answer(self.command, address.path, query, body)
                api.asked.append(kind)
                faults = api.faults.get(kind, [])
                fault = faults.pop(0) if faults else 200
                status, told = does() if fault in (200, CUT_AFTERWARDS) else (fault, f"played {fault}")
            if fault in (CUT, CUT_AFTERWARDS):
                self.close_connection = True
                return
            if status != 200:
                told = {"error": {"code": status, "message": told, "status": NAMES.get(status, "UNAVAILABLE")}}
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
