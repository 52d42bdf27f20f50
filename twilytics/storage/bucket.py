"""A lake in a bucket of object storage: there are only whole objects, what was put there stays, and a lease keeps others out."""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from os import getpid
from typing import Any

import obstore
import pyarrow.fs as pafs
from deltalake.fs import DeltaStorageHandler
from obstore.store import GCSStore
from pydantic import SecretStr

from twilytics.storage import File, credentials, refusals
from twilytics.storage.lease import Lease

LOCK = "_lock"


class Bucket:
    """See :class:`twilytics.storage.Storage`. ``told`` are the credentials: a key as JSON, or the file that holds it."""

    def __init__(self, root: str, told: SecretStr | None = None) -> None:
        self.root = root.rstrip("/")
        self.options: Mapping[str, str] | None = credentials.for_delta(told)
        self._store = GCSStore.from_url(
            self.root,
            config=credentials.for_store(told),
            client_options=credentials.client(told),
            retry_config=credentials.RETRIES,
        )
        self._lease: Lease | None = None
        #: What was read or written under the lease: nobody else writes meanwhile.
        self._read: dict[str, bytes | None] = {}

    def uri(self, folder: str) -> str:
        return f"{self.root}/{folder}"

    def filesystem(self, folder: str, sizes: Mapping[str, int]) -> pafs.FileSystem:
        return pafs.PyFileSystem(DeltaStorageHandler(self.uri(folder), dict(self.options or {}), dict(sizes)))

    def prepare(self, folder: str) -> None:
        """There are no folders."""

    def read(self, name: str) -> bytes | None:
        if name in self._read:
            return self._read[name]
        content = self.fetch(name)
        if self._lease is not None:
            self._read[name] = content
        return content

    def write(self, name: str, content: bytes) -> None:
        self.store(name, content)
        if self._lease is not None:
            self._read[name] = content

    def fetch(self, name: str) -> bytes | None:
        with self.told():
            try:
                return bytes(obstore.get(self._store, name).bytes())
            except FileNotFoundError:
                return None

    def store(self, name: str, content: bytes) -> None:
        self.check()
        with self.told():
            obstore.put(self._store, name, content)

    def files(self, folder: str) -> list[File]:
        with self.told():
            found: Any = obstore.list_with_delimiter(self._store, folder)["objects"]
        return [File(one["path"].rpartition("/")[2], one["size"], one["last_modified"].timestamp()) for one in found]

    def modified(self, name: str) -> float | None:
        with self.told():
            try:
                return obstore.head(self._store, name)["last_modified"].timestamp()
            except FileNotFoundError:
                return None

    def remove(self, folder: str, names: Iterable[str]) -> None:
        with self.told():
            for name in names:
                try:
                    obstore.delete(self._store, f"{folder}/{name}")
                except FileNotFoundError:
                    continue

    @contextmanager
    def locked(self, lease: str | None = None) -> Iterator[None]:
        one = Lease(self._store, LOCK, f"{socket.gethostname()}, process {getpid()}", self.told)
        with one.lent(lease) if lease is not None else one.held(self.root):
            self._lease = one
            try:
                yield
            finally:
                self._lease = None
                self._read.clear()

    def check(self) -> None:
        if self._lease is not None:
            self._lease.check()

    @property
    def lease(self) -> str | None:
        return self._lease.token if self._lease is not None else None

    def look_again(self) -> None:
        self._read.clear()

    def settle(self, table: str, folder: str, version: int) -> None:
        """What the storage has taken, it has."""

    def take_back(self) -> list[str]:
        return []

    def told(self) -> AbstractContextManager[None]:
        return refusals.told(self.root)
