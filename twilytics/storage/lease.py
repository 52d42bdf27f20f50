"""The lock of a lake on object storage: an object that its holder writes anew every few seconds, until somebody else may have it.

All by conditional writes, as Delta's commits are. Clocks are never compared: a waiter takes a lease for dead when it has seen
the same generation of the object for as long as a lease lasts, by its own clock. Should a holder have slept for longer and go
on, it finds out before its next commit (:meth:`Lease.check`), and where even that is too late, its commit is in conflict with
those that came between.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import ObjectStore

from twilytics.errors import ServiceError, TwilyticsError

LASTS_SECONDS = 45.0
RENEWED_EVERY_SECONDS = 10.0
LOOKED_EVERY_SECONDS = 0.5
#: Longer than a slice of a long history, and than a lease that nobody renews any more.
PATIENCE_SECONDS = 300.0


class Lease:
    """The lease ``name`` in the store, for whom ``holder`` describes to people. ``told`` puts the store's errors in our words."""

    def __init__(self, store: ObjectStore, name: str, holder: str, told: Callable[[], AbstractContextManager[None]]) -> None:
        self._store, self._name, self._holder, self._told = store, name, holder, told
        self.token = secrets.token_hex(16)
        self._since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        self._generation: Any = None
        self._renewed_at = 0.0
        self._is_lent = False
        self._is_lost = False

    @contextmanager
    def held(self, what: str) -> Iterator[None]:
        """Hold it meanwhile. Raise :class:`ServiceError` where another holds it for more than five minutes."""
        self._take(what)
        ended = threading.Event()
        renewer = threading.Thread(target=self._renew, args=(ended,), name="lease", daemon=True)
        renewer.start()
        try:
            yield
        finally:
            ended.set()
            renewer.join()
            self._give_back()

    @contextmanager
    def lent(self, token: str) -> Iterator[None]:
        """Work under the lease of somebody who holds it, and renews it, for us. Raise :class:`ServiceError` where they do not."""
        self.token, self._is_lent = token, True
        self.check()
        yield

    def check(self) -> None:
        """Raise :class:`ServiceError` where somebody else may hold it by now."""
        if self._is_lent:
            self._is_lost = self._found()[0].get("token") != self.token
        elif time.monotonic() - self._renewed_at > LASTS_SECONDS - RENEWED_EVERY_SECONDS:
            self._is_lost = True
        if self._is_lost:
            raise ServiceError("the lock of the lake was lost, to another writer or for lack of an answer: run again, nothing is lost")

    def _take(self, what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        seen: Any = None
        seen_at = 0.0
        while True:
            found, generation = self._found()
            now = time.monotonic()
            if generation != seen:
                seen, seen_at = generation, now
            is_free = generation is None or found.get("token") is None or now - seen_at > LASTS_SECONDS
            if is_free and self._put(self.token, generation):
                return
            if now > deadline:
                who = f"{found.get('holder')}, since {found.get('since')}"
                raise ServiceError(f"another Twilytics is writing to the lake {what} ({who}): wait for it, or stop it")
            time.sleep(LOOKED_EVERY_SECONDS)

    def _renew(self, ended: threading.Event) -> None:
        while not ended.wait(RENEWED_EVERY_SECONDS):
            try:
                if not self._put(self.token, self._generation):
                    self._is_lost = True
                    return
            except TwilyticsError:
                continue  # tried again, and lost by :meth:`check` when it takes too long

    def _give_back(self) -> None:
        try:
            self._put(None, self._generation)
        except TwilyticsError:
            return  # the next one waits until it has run out

    def _put(self, token: str | None, generation: Any) -> bool:
        """Write it anew, if it is as it was then. A lost answer is asked for: what was written may be ours."""
        content = {"token": token, "holder": self._holder, "since": self._since, "nonce": secrets.token_hex(4)}
        asked_at = time.monotonic()
        try:
            with self._told():
                done = obstore.put(
                    self._store, self._name, json.dumps(content).encode(), mode="create" if generation is None else generation
                )
        except (AlreadyExistsError, PreconditionError):
            found, newest = self._found()
            if found != content:
                return False
            self._generation = newest
        else:
            self._generation = {"e_tag": done["e_tag"], "version": done["version"]}
        self._renewed_at = asked_at
        return True

    def _found(self) -> tuple[dict[str, Any], Any]:
        """What the object holds, and its generation; None where there is none."""
        with self._told():
            try:
                got = obstore.get(self._store, self._name)
                content = bytes(got.bytes())
            except FileNotFoundError:
                return {}, None
        return dict(json.loads(content)), {"e_tag": got.meta["e_tag"], "version": got.meta["version"]}
