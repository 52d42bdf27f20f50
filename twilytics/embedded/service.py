"""A server that commands share: the first starts it, the next find it, the last to leave stops it.

Locks of the kernel say what is so, and no file can go stale: whoever starts or stops holds `NAME.lock`, each user
shares `NAME.users`, the server holds `NAME.process`. All are freed at death, also by kill -9 or a power cut, and a
copied HOME has its own.
"""

import fcntl
import json
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from twilytics import durable
from twilytics.embedded import ports
from twilytics.embedded.process import Process, held, opened, within
from twilytics.errors import ServiceError

State = Mapping[str, Any]
PATIENCE_SECONDS = 180.0  # for another command that starts or stops the server
STOP_SECONDS = 60.0


class Service(ABC):
    """One embedded server of one HOME."""

    name: ClassVar[str]
    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "services"
        self.log = self.folder / f"{self.name}.log"
        self.process = Process(self.folder / f"{self.name}.process", self.log)

    @abstractmethod
    def start(self, port: int | None) -> State:
        """Start the server's process, on the port if it is free; return when it serves. The state says its `port`."""

    @abstractmethod
    def stop(self, state: State) -> None:
        """Have the server end cleanly; it may still be about it when this returns."""

    @abstractmethod
    def address(self, state: State) -> str:
        """What its users connect to."""

    @contextmanager
    def running(self) -> Iterator[str]:
        """Yield the server's address. Raise :class:`ServiceError` when it can't be had."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            users = opened(self.folder / f"{self.name}.users")
        except OSError as error:
            raise ServiceError(f"{self.folder} can't be used ({error.strerror}): let TWILYTICS_HOME name a folder you may write") from None
        try:
            address = self._entered(users)
            try:
                yield address
            finally:
                with self._turn():
                    if held(users, fcntl.LOCK_EX):
                        self._end(self._state())
        finally:
            os.close(users)

    def failed(self, problem: str) -> ServiceError:
        """The error that the server did not start, with what it said last."""
        said = self.process.said()
        return ServiceError(f"the {self.title} did not start: {problem}{f' ({said[-1][:300]})' if said else ''}; its log is {self.log}")

    def _entered(self, users: int) -> str:
        try:
            with self._turn():
                fcntl.flock(users, fcntl.LOCK_SH)
                return self.address(self._found(users) or self._begun())
        except OSError as error:
            raise ServiceError(f"the {self.title} did not start: {error}; its log is {self.log}") from None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Nobody else starts or stops the server meanwhile."""
        path = self.folder / f"{self.name}.lock"
        lock = opened(path)
        try:
            if not within(PATIENCE_SECONDS, lambda: held(lock, fcntl.LOCK_EX)):
                raise ServiceError(
                    f"another command has been starting or stopping the {self.title} for {PATIENCE_SECONDS:.0f} s and holds {path}: "
                    f"end it (`fuser {path}` names it), and try again"
                )
            yield
        finally:
            os.close(lock)

    def _state(self) -> State:
        try:
            state = json.loads((self.folder / f"{self.name}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _found(self, users: int) -> State | None:
        pid, state = self.process.pid(), self._state()
        if pid is None:
            return None
        if state.get("pid") == pid and ports.answers(state["port"]):
            return state
        # Whoever started it was killed before it was done, or it hangs.
        alone = held(users, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if not alone:
            raise ServiceError(f"the {self.title} (process {pid}) does not answer, and others wait for it: end them, then `kill -9 {pid}`")
        self._end({})
        return None

    def _begun(self) -> State:
        port = self._state().get("port")
        noted = self.folder / f"{self.name}.json"
        noted.unlink(missing_ok=True)
        try:
            state = {**self.start(port), "pid": self.process.pid()}
            durable.write(noted, json.dumps(state).encode(), mode=durable.PRIVATE)
        except BaseException:
            self._end({})
            raise
        return state

    def _end(self, state: State) -> None:
        """Cleanly where the state is the running server's, else by signals. The state file stays, for its port."""
        pid = self.process.pid()
        if pid is None:
            return
        if state.get("pid") == pid:
            self.stop(state)
        else:
            self.process.signal(self.stop_signal)
        if not self.process.has_ended(STOP_SECONDS):
            self.process.signal(signal.SIGKILL)
            self.process.has_ended(STOP_SECONDS)
