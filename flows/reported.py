"""The report on the pages of a Prefect server of ours: written anew for whoever opens it."""

import json
import subprocess
import sys
import threading
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

PATH = "/report"
UNAVAILABLE = 503

_one_at_a_time = threading.Lock()


def route() -> Route:
    """Answers with the page, or with what keeps it from being written. A request takes the seconds that `twilytics report` takes."""
    return Route(PATH, _answer)


def _answer(_request: Request) -> Response:
    # A process of its own: what draws charts would else stay in the memory of the server.
    with _one_at_a_time:
        made = subprocess.run([sys.executable, "-m", "twilytics.cli", "report", "--json"], capture_output=True, text=True, check=False)
        if made.returncode:
            return PlainTextResponse(made.stderr, UNAVAILABLE)
        return HTMLResponse(Path(json.loads(made.stdout)["path"]).read_bytes())
