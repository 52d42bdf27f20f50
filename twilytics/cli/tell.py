"""How results are told: tables on stdout for people, JSON for programs; whatever else happens, on stderr.

Much of what is told was written by strangers: it never acts on the terminal, nor as rich's markup.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from twilytics.visible import HAZARDS, escape, visible

WIDE = 10_000  # columns of a pipe: nothing in it is cut or wrapped


@cache
def out() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)


@cache
def err() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def text(value: object, style: str = "") -> Text:
    """Anything as one line of text in which nothing acts."""
    return Text(visible(plain(value)), style=style)


def plain(value: object) -> str:
    """A value as people read it. What acts in it is still there."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if value.second == value.microsecond == 0 else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """A table on stdout, numbers to the right."""
    from rich.box import SIMPLE_HEAD

    listed = [list(row) for row in rows]
    drawn = Table(box=SIMPLE_HEAD, title=text(title, "bold") if title else None, title_justify="left", pad_edge=False)
    for number, name in enumerate(columns):
        is_number = any(isinstance(row[number], int | float) for row in listed) and not any(isinstance(row[number], str) for row in listed)
        drawn.add_column(text(name), justify="right" if is_number else "left", overflow="fold")
    for row in listed:
        drawn.add_row(*(text(value) for value in row))
    out().print(drawn)


def line(message: object = "") -> None:
    """A line on stdout."""
    out().print(text(message) if message != "" else "", soft_wrap=True)


def json(value: Any) -> None:
    """JSON on stdout. Characters that would act on a terminal stand in it as their escapes, which is the same JSON."""
    from json import dumps

    told = dumps(value, ensure_ascii=False, indent=2, default=_jsonable)
    sys.stdout.write("\n".join(HAZARDS.sub(lambda match: escape(match.group()), row) for row in told.split("\n")) + "\n")


def _jsonable(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    return str(value)


def note(message: str) -> None:
    """A line on stderr: for people, not part of the result."""
    err().print(text(message))


def error(message: str) -> None:
    err().print(Text.assemble(("error: ", "bold red"), text(message)))


def trace(problem: BaseException) -> None:
    """The traceback, for ``--debug``."""
    for row in "".join(traceback.format_exception(problem)).splitlines():
        err().print(text(row, "dim"))


class _OneLine(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        err().print(Text.assemble((f"{record.levelname.lower()}: ", "yellow"), text(record.getMessage())))


@contextmanager
def warnings(*, debug: bool) -> Iterator[None]:
    """Tell Twilytics' own warnings on stderr meanwhile, a line each; with ``debug`` everybody's, and details."""
    logger, handler = logging.getLogger() if debug else logging.getLogger("twilytics"), _OneLine()
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO if debug else logging.WARNING)
    logger.propagate = debug
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr, none when that is no terminal: call what it gives with what is done, how much, and of how much (0: unknown)."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err(), transient=True) as bar:
        task = bar.add_task("", total=None)

        def told(stage: str, done: int, total: int) -> None:
            bar.update(task, description=visible(stage), completed=done, total=total or None)

        yield told
