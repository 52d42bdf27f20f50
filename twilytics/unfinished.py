"""Replays that were begun: noted before the first answer is read, so that the next run goes on with one that was killed.

An archive that is read again gives the same answers, and the same answer twice adds nothing.
"""

import json
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from twilytics import durable

_log = logging.getLogger(__name__)


@contextmanager
def noted(folder: Path, archives: Sequence[Path]) -> Iterator[None]:
    """Remember the archives on disk until the block is done; after a kill they stay remembered."""
    if not archives:
        yield
        return
    note = folder / f"{secrets.token_hex(8)}.json"
    durable.make_folder(folder)
    with FileLock(note.with_suffix(".lock")):
        durable.write(note, json.dumps([str(path.absolute()) for path in archives]).encode())
        try:
            yield
        except Exception:
            _forget(note)  # it failed and said so: trying the same again is up to the user
            raise
        _forget(note)


@contextmanager
def left(folder: Path) -> Iterator[list[Path]]:
    """The archives of all replays that were killed. They are forgotten at the end of the block, if that is reached."""
    notes: list[tuple[Path, FileLock]] = []
    for note in sorted(folder.glob("*.json")):
        lock = FileLock(note.with_suffix(".lock"), timeout=0)
        with suppress(Timeout):  # somebody is still at it
            lock.acquire()
            notes.append((note, lock))
    try:
        yield [path for note, _ in notes for path in _readable(note)]
        for note, _ in notes:
            _forget(note)
    finally:
        for _, lock in notes:
            lock.release()


def _readable(note: Path) -> Iterator[Path]:
    for name in json.loads(note.read_bytes()) if note.exists() else []:
        if Path(name).is_file():
            yield Path(name)
        else:
            _log.warning("a replay of %s was interrupted, and the archive is gone: what of it had been landed is kept", name)


def _forget(note: Path) -> None:
    note.unlink(missing_ok=True)
    durable.sync([note.parent])
    note.with_suffix(".lock").unlink(missing_ok=True)
