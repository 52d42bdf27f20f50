"""The process of a server, known by a lock that it holds for as long as it lives."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LOG_BYTES = 1 << 20

# Those that this process started and has not yet seen end, so that none stays a zombie.
_children: list[subprocess.Popen[bytes]] = []


class Process:
    """The lock file is the server's standard input, so it is inherited, and says the process id, which the server wrote itself.

    A kill of whoever started it, at any moment, leaves a server that the next command can find; a file that is left
    over locks nothing. One caller at a time: all of this is for who has the turn to start and stop.
    """

    def __init__(self, path: Path, log: Path) -> None:
        self.path = path
        self.log = log
        self._log_start = 0

    def spawn(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
        """Start it, in a session of its own, so that Ctrl-C reaches only the command that uses it. Options are those of Popen."""
        with os.fdopen(opened(self.path), "r+b", buffering=0) as lock, self._opened_log() as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate()
            self._log_start = self.log.stat().st_size
            settings = {"stdin": lock, "stdout": log, "stderr": log, "cwd": "/", "start_new_session": True, **options}
            child = subprocess.Popen(["/bin/sh", "-c", 'echo $$ >&0; exec "$0" "$@"', *command], **settings)
        _children.append(child)
        return child

    def said(self) -> list[str]:
        """The lines that it wrote to its log since it was started."""
        return self.log.read_bytes()[self._log_start :].decode(errors="replace").strip().splitlines() if self.log.exists() else []

    def pid(self) -> int | None:
        """Its id; None when none runs; 0 when it was too busy dying to tell."""
        lock = opened(self.path)
        try:
            if held(lock, fcntl.LOCK_EX):
                return None
            within(2.0, lambda: os.pread(lock, 32, 0).endswith(b"\n"))
            return int(os.pread(lock, 32, 0) or 0)
        finally:
            os.close(lock)

    def signal(self, which: signal.Signals) -> None:
        """Signal it, if the process of that id is it: where it died and its children hold the lock, the id may be a stranger's."""
        pid = self.pid()
        try:
            if pid and (not Path("/proc/self/fd").exists() or Path(f"/proc/{pid}/fd/0").samefile(self.path)):
                os.kill(pid, which)
        except OSError:
            return

    def has_ended(self, seconds: float) -> bool:
        """Wait for its end so long."""
        ended = within(seconds, lambda: self.pid() is None)
        _children[:] = [child for child in _children if child.poll() is None]
        return ended

    def _opened_log(self) -> Any:
        grown = self.log.exists() and self.log.stat().st_size > LOG_BYTES
        return os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if grown else os.O_APPEND), 0o600), "ab")


def opened(path: Path) -> int:
    """A lock file, for the owner only."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def held(lock: int, kind: int) -> bool:
    """Whether the lock could be taken at once. Where it was held before in another way, a failure gives that up."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def within(seconds: float, done: Callable[[], bool]) -> bool:
    """Whether it was done before so many seconds had passed."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
