"""Where the Prefect server of a HOME is: `twilytics serve` announces it, the other commands look it up.

The server holds a lock of the kernel for as long as it lives, so an announcement that a killed one left behind, or one
in a copied HOME, is never believed; no id of a process has to be.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from twilytics import durable
from twilytics.errors import ServiceError

STATE = Path("prefect", "server.json")
LOCK = Path("prefect", "server.lock")


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Be the one server of ``home``. Raise :class:`ServiceError` where another is."""
    (home / LOCK).parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _taken(lock, fcntl.LOCK_EX):
            where = (running(home) or "another process").removesuffix("/api")
            raise ServiceError(f"{home} is served already, at {where}: use that one, or stop it") from None
        yield
    finally:
        os.close(lock)


@contextmanager
def announced(home: Path, url: str, *, is_own: bool) -> Iterator[None]:
    """Say meanwhile that ``home`` is served at ``url`` (of the API). Only for who is :func:`alone`; readable by the owner only.

    ``is_own``: by a server of ours, whose pages have the report, and not by one elsewhere.
    """
    durable.write(home / STATE, json.dumps({"url": url, "pid": os.getpid(), "is_own": is_own}).encode(), mode=durable.PRIVATE)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            (home / STATE).unlink()


def running(home: Path) -> str | None:
    """The URL of the API of the server of ``home``; None when none runs, or it is not ready yet."""
    told = _told(home)
    return str(told["url"]) if told and "url" in told else None


def has_report(home: Path) -> bool:
    """Whether ``home`` is served by a server of ours, whose pages have the report."""
    return bool((_told(home) or {}).get("is_own"))


def _told(home: Path) -> dict[str, object] | None:
    """What the server of ``home`` announced, if one runs."""
    try:
        lock = os.open(home / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        if _taken(lock, fcntl.LOCK_SH):
            return None
        told = json.loads((home / STATE).read_bytes())
        return told if isinstance(told, dict) else None
    except (OSError, ValueError):
        return None
    finally:
        os.close(lock)


def _taken(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unanswered(url: str) -> ServiceError:
    """What to say where no server has its API there."""
    return ServiceError(f"no Prefect answers at {url}: start it, or unset PREFECT_API_URL")
