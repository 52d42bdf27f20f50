"""The lake, file by file as it is: rows, and the logs that tell of them, so that all versions of all tables move, not only the newest.

A log names its files relative to its table, so a copy is the same table. All files of rows go before any log, each log in the
order of its versions, the ledger of what is still to be done at the very end: an interrupted copy is never taken for a whole
lake. Several files at once are held in memory as wholes; ours are of some megabytes. The clock that old versions are
removed by begins anew, as :mod:`twilytics.vacuum` says. Locks, and notes of what was synced, are the target's own.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from twilytics import ledger
from twilytics.errors import ServiceError
from twilytics.lake import Lake
from twilytics.moving.part import Held, Note, Progress, Sum, heed, note_of, option, same
from twilytics.observatory import Observatory
from twilytics.schema import Table
from twilytics.storage import Storage
from twilytics.tables import definitions

T = TypeVar("T")
NOTE = "_moving.json"
FILES_AT_ONCE = 8
VERSION_DIGITS = 20


class Files:
    """See :class:`twilytics.moving.part.Part`."""

    setting = "lake"

    def __init__(self, source: Observatory, target: Observatory) -> None:
        self._from, self._to = source.lake, target.lake
        self._here, self._there = source.lake.storage, target.lake.storage
        self.source, self.target = source.lake.root, target.lake.root

    @contextmanager
    def opened(self) -> Iterator[None]:
        if _place(self.source) == _place(self.target):
            raise same(self.setting, self.target)
        with self._to.locked():
            yield

    def is_empty(self) -> bool:
        return self._there.fetch(ledger.NAME) is None and not any(_files(self._there, folder) for folder in _folders())

    def note(self) -> Note | None:
        return note_of(self._there.fetch(NOTE))

    def save(self, note: Note) -> None:
        self._there.store(NOTE, note.text().encode())

    def copy(self, progress: Progress) -> None:
        with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            folders = [Lake.folder(table) for table in _tables()]
            missing = [name for found in pool.map(self._missing, folders) for name in found]
            _each(pool, self._carry, missing, lambda done: progress("files of the lake", done, len(missing)))
            _each(pool, self._carry_log, _tables(), lambda done: progress("logs of the lake", done, len(_tables())))
        content = self._here.fetch(ledger.NAME)
        if content is not None and content != self._there.fetch(ledger.NAME):
            self._there.store(ledger.NAME, content)

    def here(self) -> Held:
        return _held(self._from)

    def there(self) -> Held:
        self._to.look_again()
        return _held(self._to)

    def _missing(self, folder: str) -> list[str]:
        there = _files(self._there, folder)
        return [f"{folder}/{name}" for name, n_bytes in _files(self._here, folder).items() if there.get(name) != n_bytes]

    def _carry(self, name: str) -> None:
        content = self._here.fetch(name)
        if content is None:
            raise ServiceError(f"{self.source}/{name} went while the lake was copied: is something else writing to it?")
        self._there.store(name, content)

    def _carry_log(self, table: Table) -> None:
        """Bring the log, and take out what only older versions needed and the source has no more."""
        folder = Lake.folder(table)
        log = f"{folder}/_delta_log"
        here, there = (sorted(_files(storage, log), key=_order) for storage in (self._here, self._there))
        newest = max(map(_version, here), default=-1)
        for name in here:
            heed()
            content, known = self._here.fetch(f"{log}/{name}"), self._there.fetch(f"{log}/{name}") if name in there else None
            if known is not None and known != content and name.endswith(".json"):
                raise self._foreign(table)
            if content != known:
                self._carry(f"{log}/{name}")
        if any(_version(name) > newest for name in there):
            raise self._foreign(table)
        self._there.remove(log, set(there) - set(here))
        self._there.remove(folder, set(_files(self._there, folder)) - set(_files(self._here, folder)))
        if newest >= 0:
            self._there.settle(table.name, folder, newest)

    def _foreign(self, table: Table) -> ServiceError:
        return ServiceError(
            f"{option(self.setting)}: {table.name} of {self.target} was written to by another than this move, or begun anew in the source "
            "since: empty the target and move again"
        )


def _held(lake: Lake) -> Held:
    """Each table with its rows at its newest version, as Delta counts them, and what all its files come to."""
    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        found = {table.name: Sum(lake.n_rows(table), _checksum(lake.storage, Lake.folder(table), pool)) for table in _tables()}
    content = lake.storage.fetch(ledger.NAME)
    return {**found, ledger.NAME: Sum(int(content is not None), hashlib.sha256(content or b"").hexdigest())}


def _checksum(storage: Storage, folder: str, pool: ThreadPoolExecutor) -> str:
    names = sorted(f"{place}/{name}" for place in (folder, f"{folder}/_delta_log") for name in _files(storage, place))
    total = hashlib.sha256()
    for start in range(0, len(names), FILES_AT_ONCE):
        heed()
        some = names[start : start + FILES_AT_ONCE]
        for name, content in zip(some, pool.map(storage.fetch, some), strict=True):
            total.update(f"{name} {hashlib.sha256(content or b'').hexdigest()}\n".encode())
    return total.hexdigest()


def _each(pool: ThreadPoolExecutor, work: Callable[[T], None], items: Sequence[T], told: Callable[[int], None]) -> None:
    """Some at a time, so that it can be stopped in between."""
    for start in range(0, len(items), FILES_AT_ONCE):
        heed()
        list(pool.map(work, items[start : start + FILES_AT_ONCE]))
        told(min(start + FILES_AT_ONCE, len(items)))


def _tables() -> list[Table]:
    return [definition.table for definition in definitions().values()]


def _folders() -> list[str]:
    return [place for table in _tables() for place in (Lake.folder(table), f"{Lake.folder(table)}/_delta_log")]


def _files(storage: Storage, folder: str) -> dict[str, int]:
    """Sizes by name. What begins with a dot is a draft, or a checksum of Hadoop's that only folders have."""
    return {file.name: file.n_bytes for file in storage.files(folder) if not file.name.startswith(".")}


def _version(name: str) -> int:
    return int(name[:VERSION_DIGITS]) if name[:VERSION_DIGITS].isdigit() else -1


def _order(name: str) -> tuple[Any, ...]:
    """By version, its entry before its checkpoint; then the file that points to the newest checkpoint."""
    return _version(name) < 0, _version(name), not name.endswith(".json"), name


def _place(root: str) -> str:
    return root if "://" in root else str(Path(root).resolve())
