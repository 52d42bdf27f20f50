"""Prefect's server and its pages, from a thread of this process; or the one that runs elsewhere."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows import environment, server
from twilytics.errors import ServiceError

HOST = "127.0.0.1"  # the API asks for no password
USUAL_PORT = 4200
SECONDS_TO_START = 90.0
SECONDS_TO_STOP = 10.0


@contextmanager
def prefect_server(home: Path, port: int | None = None) -> Iterator[str]:
    """Serve Prefect's API and pages for ``home``; give the API's URL.

    Raise :class:`ServiceError` where this HOME is served already, the port is taken or Prefect does not start.
    """
    with server.alone(home), bound(port) as listener:
        url = environment.serve_at(home, HOST, listener.getsockname()[1])
        with _served(listener, home), server.announced(home, url, is_own=True):
            yield url


@contextmanager
def prefect_elsewhere(home: Path, url: str) -> Iterator[str]:
    """Be the one worker of ``home`` for the Prefect server whose API has that URL; give the URL.

    Raise :class:`ServiceError` where this HOME is served already.
    """
    with server.alone(home):
        environment.record_at(url)
        environment.quieten()
        with server.announced(home, url, is_own=False):
            try:
                yield url
            finally:
                _send_what_is_left()


def bound(port: int | None) -> socket.socket:
    """A listening socket on the port; without one on 4200 or, where that is taken, on any. Raise :class:`ServiceError`."""
    problem: OSError | None = None
    for attempt in (port,) if port is not None else (USUAL_PORT, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, attempt))
            listener.listen(128)
        except (OSError, OverflowError) as error:
            listener.close()
            problem = error if isinstance(error, OSError) else OSError(0, "there is no such port")
        else:
            return listener
    raise ServiceError(f"port {port} of {HOST} cannot be had ({problem and problem.strerror}): choose another with --port, or leave it out")


@contextmanager
def _served(listener: socket.socket, home: Path) -> Iterator[None]:
    environment.keep_the_pages_in(home / "prefect" / "pages")
    import uvicorn
    from prefect.server.api.server import create_app
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from flows import reported

    app = create_app(final=True)
    app.router.routes.insert(0, reported.route())  # before Prefect's pages, which answer to every path
    # A page from elsewhere whose host was made to point here (DNS rebinding) is not let in.
    guarded = TrustedHostMiddleware(app, allowed_hosts=[HOST, "localhost"])
    web = uvicorn.Server(uvicorn.Config(guarded, log_config=None, access_log=False, lifespan="on"))
    environment.log_to(home / "prefect" / "server.log")
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]}, name="prefect", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while not web.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                folder = home / "prefect"
                raise ServiceError(f"Prefect's server did not start, {folder}/server.log says why; {folder} only holds the history of runs")
            time.sleep(0.05)
        environment.quieten()
        yield
    finally:
        _send_what_is_left()
        web.should_exit = True
        thread.join(SECONDS_TO_STOP)


def _send_what_is_left() -> None:
    """Prefect sends logs and events of runs by and by; those of the last one, while there still is a server."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=SECONDS_TO_STOP)
