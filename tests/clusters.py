"""Spark's servers as processes of this machine: a standalone cluster, whose workers can be killed, and a server of Spark Connect."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twilytics.embedded import jars, java, ports
from twilytics.engines import delta

SECONDS_TO_START = 180
#: As an operator would write it: for executors that fit the workers, and tables that are small.
CONFIGURATION = {
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
}
#: Compiling, by Spark and by Java, costs more than interpreting over few rows and for a minute.
HASTY = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": HASTY,
    "spark.executor.extraJavaOptions": HASTY,
}


@dataclass
class Cluster:
    """``environment`` is what a driver needs to find the cluster's configuration."""

    master: str
    console: str
    workers: list[subprocess.Popen[bytes]]
    environment: Mapping[str, str]

    def state(self) -> dict[str, Any]:
        """What the master tells of its workers and applications."""
        with urllib.request.urlopen(f"{self.console}/json/", timeout=10) as told:
            return dict(json.load(told))

    def is_up(self) -> bool:
        """Whether the master tells anything yet: it listens before it does."""
        try:
            return bool(self.state())
        except OSError:
            return False

    def n_alive(self) -> int:
        return sum(worker["state"] == "ALIVE" for worker in self.state()["workers"])

    def kill_a_worker(self) -> None:
        """kill -9 of the last worker and its executors, which are of its process group."""
        worker = self.workers.pop()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@contextmanager
def running(folder: Path, configuration: Mapping[str, str] = CONFIGURATION) -> Iterator[Cluster]:
    """A cluster with two workers of one core each. Its files go to the folder."""
    environment = configured(folder / "configuration", configuration)
    port, console = ports.free(None), ports.free(None)
    master, address = f"spark://127.0.0.1:{port}", f"http://127.0.0.1:{console}"
    with ExitStack() as stack:
        told = ("--host", "127.0.0.1", "--port", str(port), "--webui-port", str(console))
        stack.enter_context(_process(folder / "master.log", environment, "master.Master", *told))
        cluster = Cluster(master, address, [], environment)
        _until(cluster.is_up, folder / "master.log")
        for number in range(2):
            work = str(folder / f"worker-{number}")
            words = ("--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g", "--work-dir", work, master)
            cluster.workers.append(stack.enter_context(_process(folder / f"worker-{number}.log", environment, "worker.Worker", *words)))
        _until(lambda: cluster.n_alive() == len(cluster.workers), folder / "master.log")
        yield cluster


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """The address of a server of Spark Connect that has Delta, as its operator would start it."""
    environment = configured(folder / "configuration", CONFIGURATION | INTERPRETED | delta.OPTIONS | {"spark.driver.host": "127.0.0.1"})
    port, log = ports.free(), folder / "server.log"
    command = [
        *(f"{environment['SPARK_HOME']}/bin/spark-submit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
        *("--master", "local[2]", "--conf", f"spark.connect.grpc.binding.port={port}"),
        *("--jars", ",".join(map(str, jars.spark_jars())), "spark-internal"),
    ]
    with _started(command, log, {**environment, "PYSPARK_PYTHON": sys.executable}):
        _until(lambda: ports.answers(port), log)
        yield f"sc://127.0.0.1:{port}"


def configured(folder: Path, configuration: Mapping[str, str]) -> dict[str, str]:
    """The environment in which Spark has that configuration, and stays on this machine."""
    folder.mkdir(parents=True)
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in configuration.items()))
    return {
        "JAVA_HOME": str(java.java_home()),
        "SPARK_CONF_DIR": str(folder),
        "SPARK_HOME": str(jars.pyspark_jars().parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def _process(log: Path, environment: Mapping[str, str], name: str, *words: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return _started([f"{environment['SPARK_HOME']}/bin/spark-class", f"org.apache.spark.deploy.{name}", *words], log, environment)


@contextmanager
def _started(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process group that ends with it."""
    with (
        log.open("wb") as told,
        subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=log.parent, stdout=told, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _until(is_so: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not is_so():
        assert time.monotonic() < deadline, f"the cluster did not start: {log.read_text()[-1000:]}"
        time.sleep(0.1)
