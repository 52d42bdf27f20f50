"""A channel of apprise that is here: `json://` messages, kept, or refused."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """``status`` is what it answers with; ``messages`` are those that it took, each with ``title`` and ``message``."""

    url: str = ""
    status: int = 200
    n_asked: int = 0
    messages: list[dict[str, str]] = field(default_factory=list)

    @property
    def last(self) -> str:
        return self.messages[-1]["message"]


@contextmanager
def receiving(secret: str = "token") -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.n_asked += 1
            if receiver.status == 200:
                receiver.messages.append(json.loads(body))
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"json://127.0.0.1:{server.server_port}/{secret}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
