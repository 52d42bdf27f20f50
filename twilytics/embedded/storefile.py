"""The embedded store's file, which a power cut may have emptied or torn: that must never stop a command."""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twilytics import durable
from twilytics.errors import ServiceError

log = logging.getLogger(__name__)

# org.h2.mvstore.DataUtils: errors that are no fault of the file.
WRITING_FAILED, FILE_LOCKED = 2, 7
# What comes within this time is written at once, from one buffer, and lost by a kill. H2's own second is too long for
# documents of megabytes, whose size it underrates: 40 MB within it were seen to end a heap of 256 MB.
COMMIT_MILLISECONDS = 200


class StoreFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        # There only while the file is closed and on disk; holds the file's size.
        self.closed = path.with_name("closed")

    def backend(self, jvm: Any) -> Any:
        """The file, opened, as mongo-java-server's backend. One that does not open is set aside, and a new one begun."""
        from py4j.protocol import Py4JJavaError

        self.path.parent.mkdir(parents=True, exist_ok=True)
        size = self.path.stat().st_size if self.path.exists() else None
        if size is not None and not os.access(self.path, os.R_OK | os.W_OK):
            raise ServiceError(f"{self.path} belongs to another user: run as that user, or let TWILYTICS_HOME name another folder")
        size_when_closed = self.closed.read_text() if self.closed.exists() else None
        if size is None and size_when_closed is not None:
            log.warning("%s is gone: a new one is begun", self.path)
        self.closed.unlink(missing_ok=True)
        durable.sync([self.path.parent])
        if size == 0:
            self._set_aside("it is empty")
            size = None
        store = None
        try:
            store = self._opened(jvm)
            backend = jvm.de.bwaldvogel.mongo.backend.h2.H2Backend(store)
            if size is not None and size_when_closed != str(size):
                _read_through(store)
                if size_when_closed is not None:
                    log.warning(
                        "%s is not as it was closed: it opened as it was before; what bronze lacks is still in the spool", self.path
                    )
        except Py4JJavaError as error:
            code = error.java_exception.getErrorCode() if "MVStoreException" in error.java_exception.getClass().getName() else None
            if code == FILE_LOCKED:
                raise ServiceError(
                    f"{self.path} is held by another process (`fuser {self.path}` names it): end it, and try again"
                ) from None
            if code == WRITING_FAILED:
                raise ServiceError(f"{self.path} can't be written ({said(error)}): is the disk full?") from None
            if store is not None:
                store.closeImmediately()
            self._set_aside(said(error))
            return jvm.de.bwaldvogel.mongo.backend.h2.H2Backend(self._opened(jvm))
        return backend

    def close(self) -> None:
        """Note that the server has closed the file; all of it is on disk first."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
            durable.write(self.closed, str(os.fstat(descriptor).st_size).encode(), mode=durable.PRIVATE)
        finally:
            os.close(descriptor)

    def _opened(self, jvm: Any) -> Any:
        # Compressed, as answers are JSON and take a quarter then; compacted in the background only when half of it is
        # waste (by default a tenth), since that keeps a short command waiting for its end.
        store = jvm.org.h2.mvstore.MVStore.Builder().fileName(str(self.path)).compress().autoCompactFillRate(50).open()
        store.setAutoCommitDelay(COMMIT_MILLISECONDS)
        return store

    def _set_aside(self, why: str) -> None:
        aside = self.path.with_name(f"{self.path.stem}-did-not-open-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}{self.path.suffix}")
        self.path.rename(aside)
        log.warning(
            "%s did not open (%s): it was set aside as %s and a new one is begun; what bronze lacks is still in the spool",
            self.path,
            why,
            aside.name,
        )


def said(error: Exception) -> str:
    """What went wrong, in one line, Java's own words where it was Java."""
    cause = getattr(error, "java_exception", None)
    return (str(error) if cause is None else str(cause.toString())).strip().split("\n")[0][:300]


def _read_through(store: Any) -> None:
    """Have the JVM read every page. Opening reads few, and a torn page must show now, not in the midst of a later command."""
    for name in list(store.getMapNames()):
        store.openMap(name).keySet().hashCode()
