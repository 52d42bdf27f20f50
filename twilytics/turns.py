"""Turns: of several programs on this machine one at a time does what two must not do at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from twilytics import durable
from twilytics.errors import ServiceError


@contextmanager
def taken(lock: Path, patience_seconds: float, what: str, instead: str = "stop it") -> Iterator[None]:
    """Hold the lock for the block; a file beside it tells since when, to whoever waits in vain.

    Raise :class:`ServiceError`, after so many seconds, which says that another Twilytics has been doing ``what``, and what to do
    ``instead`` of waiting.
    """
    durable.make_folder(lock.parent)
    holder = lock.with_name(f"{lock.name}_holder")
    try:
        with FileLock(lock, timeout=patience_seconds):
            holder.write_text(f"since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", encoding="utf-8")
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)
    except Timeout:
        told = holder.read_text(encoding="utf-8") if holder.exists() else "for a while"
        raise ServiceError(f"another Twilytics has been {what} {told}: wait for it, or {instead}") from None
