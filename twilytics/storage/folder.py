"""A lake in a folder of this machine: one lock, and everything synced, as delta-rs does not do that."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pyarrow.fs as pafs

from twilytics import durable, turns
from twilytics.errors import SettingError
from twilytics.storage import File
from twilytics.storage.synced import Synced

#: A slice of a long history may take that long, and a cycle waits for it.
PATIENCE_SECONDS = 300


class Folder:
    """See :class:`twilytics.storage.Storage`."""

    options: Mapping[str, str] | None = None
    lease = None

    def __init__(self, root: str) -> None:
        self.path = Path(root).expanduser().absolute()
        self.root = str(self.path)
        self._synced = Synced(self.path)

    def uri(self, folder: str) -> str:
        return str(self.path / folder)

    def filesystem(self, folder: str, sizes: Mapping[str, int]) -> pafs.FileSystem:  # noqa: ARG002
        return pafs.SubTreeFileSystem(str(self.path / folder), pafs.LocalFileSystem())

    def prepare(self, folder: str) -> None:
        durable.make_folder(self.path / folder)

    def read(self, name: str) -> bytes | None:
        path = self.path / name
        return path.read_bytes() if path.exists() else None

    def write(self, name: str, content: bytes) -> None:
        durable.write(self.path / name, content)

    fetch, store = read, write

    def files(self, folder: str) -> list[File]:
        there = self.path / folder
        found = [path for path in there.iterdir() if path.is_file()] if there.is_dir() else []
        return [File(path.name, (stat := path.stat()).st_size, stat.st_mtime) for path in found]

    def modified(self, name: str) -> float | None:
        path = self.path / name
        return path.stat().st_mtime if path.exists() else None

    def remove(self, folder: str, names: Iterable[str]) -> None:
        there, gone = self.path / folder, list(names)
        for name in gone:
            (there / name).unlink(missing_ok=True)
        durable.sync([there] if gone else [])

    @contextmanager
    def locked(self, lease: str | None = None) -> Iterator[None]:
        if lease is not None:
            raise SettingError(f"the lake {self.root} is a folder, whose lock cannot be lent: TWILYTICS_LAKE has to name a bucket")
        with turns.taken(self.path / "_lock", PATIENCE_SECONDS, f"writing to the lake {self.root}"):
            yield

    def check(self) -> None:
        """The kernel keeps the lock for as long as this process lives."""

    def look_again(self) -> None:
        """Nothing is kept in memory."""

    def settle(self, table: str, folder: str, version: int) -> None:
        self._synced.note(table, self.path / folder, version)

    def take_back(self) -> list[str]:
        return self._synced.take_back()

    def told(self) -> AbstractContextManager[None]:
        return nullcontext()
