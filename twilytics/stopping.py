"""Ending on request: the first Ctrl-C ends a command after the stage that runs, the second at once. Both lose nothing."""

import contextvars
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from twilytics.errors import TwilyticsError

T = TypeVar("T")
EXIT_CODE = 130  # what a shell gives for a command that Ctrl-C ended
SECONDS_TO_CLOSE = 5.0  # for the embedded services, when the second signal unwinds the command

requested = threading.Event()
#: What a stage that waits asks as well, beside whether this process is to end: flows know of runs that are cancelled elsewhere.
_elsewhere: contextvars.ContextVar[Callable[[str], None]] = contextvars.ContextVar("elsewhere", default=lambda _stage: None)


class Stopped(TwilyticsError):  # noqa: N818
    """The work ended between two stages, on request. What is left is found by the next run."""


def check(stage: str) -> None:
    """Raise :class:`Stopped` where somebody asked to end before ``stage`` begins."""
    if requested.is_set():
        raise Stopped(f"stopped before {stage}, nothing is lost: the next `twilytics run` goes on from here")


@contextmanager
def asking_also(elsewhere: Callable[[str], None]) -> Iterator[None]:
    """Have :func:`heed` ask this too meanwhile: it raises :class:`Stopped`, or returns."""
    token = _elsewhere.set(elsewhere)
    try:
        yield
    finally:
        _elsewhere.reset(token)


def heed(stage: str) -> None:
    """For a stage that waits for long, to be called again and again: as :func:`check`, and whether it was cancelled elsewhere."""
    check(stage)
    _elsewhere.get()(stage)


def attended(work: Callable[[], T], *, on_request: Callable[[], None] = lambda: None) -> T:
    """Do ``work`` in a thread of its own, so that this (main) thread can answer SIGINT and SIGTERM at any moment.

    ``on_request`` is called at the first signal. The second raises KeyboardInterrupt here, which lets the caller
    close what it opened, and ends the process where that takes too long. Raise whatever ``work`` raises.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # carried to the caller, whatever it is
            failure.append(error)

    def answer(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if requested.is_set():
            last = threading.Timer(SECONDS_TO_CLOSE, os._exit, (EXIT_CODE,))
            last.daemon = True
            last.start()
            raise KeyboardInterrupt
        requested.set()
        sys.stderr.write("ending after this stage (once more to end at once; either way nothing is lost)\n")
        on_request()

    requested.clear()
    before = {number: signal.signal(number, answer) for number in (signal.SIGINT, signal.SIGTERM)}
    worker = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="work", daemon=True)
    try:
        worker.start()
        worker.join()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if failure:
        raise failure[0]
    return outcome[0]
