"""The embedded store: a server of MongoDB's protocol (mongo-java-server over one H2 file) in a JVM of its own."""

import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from twilytics.embedded import jars, java, ports
from twilytics.embedded.service import Service, State
from twilytics.embedded.storefile import StoreFile, said

log = logging.getLogger(__name__)

START_SECONDS = 60.0
# A store that has failed within (a full disk) can be for ever about its close.
CLOSE_SECONDS = 30.0
JAVA_OPTIONS = ("-Xmx384m", "-XX:+ExitOnOutOfMemoryError", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Djava.awt.headless=true")


@contextmanager
def running(home: Path) -> Iterator[str]:
    """Yield the URI of HOME's store, without a database. Raise :class:`ServiceError` when it can't be had."""
    with Store(home).running() as uri:
        yield uri


class Store(Service):
    name = "store"
    title = "embedded store"
    stop_signal = signal.SIGTERM

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.file = StoreFile(home / "store" / "answers.mv")

    def address(self, state: State) -> str:
        return f"mongodb://{ports.HOST}:{state['port']}"

    def start(self, port: int | None) -> State:
        class_path = os.pathsep.join(str(jar) for jar in jars.store_jars())
        command: list[str | Path] = [
            java.java_home() / "bin/java",
            *JAVA_OPTIONS,
            "-cp",
            class_path,
            "py4j.GatewayServer",
            "--enable-auth",
            "0",
        ]
        child = self.process.spawn(command, stdout=subprocess.PIPE)
        gateway_port, token = self._bridge(child)
        from py4j.protocol import Py4JError

        with _gateway(gateway_port, token) as gateway:
            try:
                server = gateway.jvm.de.bwaldvogel.mongo.MongoServer(self.file.backend(gateway.jvm))
                server.bind(ports.HOST, ports.free(port))
                bound = int(server.getLocalAddress().getPort())
            except Py4JError as error:
                raise self.failed(said(error)) from None
            return {"port": bound, "gateway": gateway_port, "token": token, "server": server._target_id}

    def stop(self, state: State) -> None:
        from py4j.java_gateway import JavaObject
        from py4j.protocol import Py4JError

        with _gateway(state["gateway"], state["token"], CLOSE_SECONDS) as gateway:
            try:
                JavaObject(state["server"], gateway._gateway_client).shutdownNow()
                self.file.close()
            except (Py4JError, OSError) as error:
                # What was written stays; the file is read through at its next start.
                log.warning("the %s did not close cleanly: %s", self.title, said(error))
        # Nothing is left to save, and the JVM's idle threads would keep it for another second.
        self.process.signal(signal.SIGKILL)

    def _bridge(self, child: "subprocess.Popen[bytes]") -> tuple[int, str]:
        """The port and the password of the bridge, which the JVM says first. One that cannot start says why, and ends."""
        said, deadline = b"", time.monotonic() + START_SECONDS
        with cast(IO[bytes], child.stdout) as stdout:
            while said.count(b"\n") < 2:
                ready, _, _ = select.select([stdout], [], [], max(0.0, deadline - time.monotonic()))
                chunk = os.read(stdout.fileno(), 4096) if ready else b""
                if not chunk:
                    break
                said += chunk
        lines = said.decode(errors="replace").splitlines()
        if len(lines) < 2 or not lines[0].isdigit():
            raise self.failed(f"Java said {' '.join(lines) or 'nothing'!r}")
        return int(lines[0]), lines[1]


@contextmanager
def _gateway(port: int, token: str, patience_seconds: float | None = None) -> Iterator[Any]:
    """A bridge to the JVM. Objects made over it stay when it closes, so that another command can name them."""
    from py4j.java_gateway import GatewayParameters, JavaGateway

    parameters = GatewayParameters(port=port, auth_token=token, enable_memory_management=False, read_timeout=patience_seconds)
    gateway = JavaGateway(gateway_parameters=parameters)
    try:
        yield gateway
    finally:
        gateway.close()
