"""Where a lake lies: a folder of this machine or a bucket of object storage, by one small interface."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import pyarrow.fs as pafs
from pydantic import SecretStr

from twilytics.errors import SettingError


@dataclass(frozen=True)
class File:
    """A file by its name within its folder; ``modified`` is a POSIX time by the clock of the storage."""

    name: str
    n_bytes: int
    modified: float


class Storage(Protocol):
    """Names are relative to ``root``, with slashes. What was written, removed or settled is there after a power cut.

    Whatever the storage answers wrongly is raised as :class:`twilytics.errors.ServiceError` where trying again may help,
    :class:`SettingError` where somebody has to set something.
    """

    #: As people and engines name it: a folder's path, or a URL.
    root: str
    #: What delta-rs is told to reach it. May hold a secret.
    options: Mapping[str, str] | None

    def uri(self, folder: str) -> str:
        """As engines name a folder."""
        ...

    def filesystem(self, folder: str, sizes: Mapping[str, int]) -> pafs.FileSystem:
        """A folder's files, for Arrow; with ``sizes`` in bytes by name, of those where they are known."""
        ...

    def prepare(self, folder: str) -> None:
        """Have the folder, where folders are more than a part of a name."""
        ...

    def read(self, name: str) -> bytes | None:
        """What the file holds; None where there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Replace the file as a whole. Only under the lock, which has to be held still."""
        ...

    def fetch(self, name: str) -> bytes | None:
        """As :meth:`read`, but never from memory, and kept in none: for files that are many or large. Several threads may."""
        ...

    def store(self, name: str, content: bytes) -> None:
        """As :meth:`write`, and as :meth:`fetch` is."""
        ...

    def files(self, folder: str) -> list[File]:
        """The files right in the folder, in no order."""
        ...

    def modified(self, name: str) -> float | None:
        """When the file was last written; None where there is none."""
        ...

    def remove(self, folder: str, names: Iterable[str]) -> None:
        """Remove the folder's files of these names, one after the other in that order. Again is harmless."""
        ...

    def locked(self, lease: str | None = None) -> AbstractContextManager[None]:
        """Keep other writers out meanwhile; with the ``lease`` of one who is let in by them, work under theirs.

        Raise ServiceError where another stays for too long.
        """
        ...

    def check(self) -> None:
        """To be called before each commit. Raise ServiceError where the lock was lost meanwhile."""
        ...

    @property
    def lease(self) -> str | None:
        """What lets another process work under this lock; None where nothing can, or it is not held."""
        ...

    def look_again(self) -> None:
        """Somebody who was let in under this lock may have written."""
        ...

    def settle(self, table: str, folder: str, version: int) -> None:
        """Have surely what was committed to that Delta table up to this version."""
        ...

    def take_back(self) -> list[str]:
        """Take back whatever was committed and may not be there wholly. Return the names of the tables that went back."""
        ...

    def told(self) -> AbstractContextManager[None]:
        """Raise what libraries say of this storage in our words."""
        ...


def opened(root: str, credentials: SecretStr | None = None) -> Storage:
    """The storage of that path or URL. Raise :class:`SettingError` where it is neither a folder nor a bucket that can be used."""
    if "://" not in root:
        from twilytics.storage.folder import Folder

        return Folder(root)
    if not root.startswith("gs://"):
        raise SettingError(f"TWILYTICS_LAKE: {root} is no place that a lake can lie in: name a folder, or gs://bucket/prefix")
    from twilytics.storage.bucket import Bucket

    return Bucket(root, credentials)
