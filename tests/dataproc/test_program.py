"""The whole way once: what is submitted really runs, by spark-submit on local Spark, as Dataproc would run it."""

import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dataproc.api import Api
from tests.dataproc.conftest import answered
from twilytics import refinement
from twilytics.dataproc import remote
from twilytics.dataproc.waiting import Pace
from twilytics.embedded.java import java_home
from twilytics.gold import change_summary, top_topics
from twilytics.observatory import Observatory
from twilytics.schema import Table
from twilytics.settings import Settings

#: Of a local Spark, so that it starts fast and listens to nobody.
LOCAL = {
    "spark.master": "local[1]",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
SUMMARIES = (change_summary.TABLE, top_topics.TABLE)
DRIVER = "spark.dataproc.driverEnv."


class Runner:
    """Runs a batch as a process: archives unpacked where it works, its environment and its jars as the batch names them."""

    def __init__(self, api: Api, folder: Path) -> None:
        self._api, self._folder = api, folder
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self, batch: dict[str, Any]) -> None:
        told, properties = batch["pysparkBatch"], batch["runtimeConfig"]["properties"]
        for uri in told["archiveUris"]:
            path, _, name = uri.partition("#")
            zipfile.ZipFile(io.BytesIO(Path(path).read_bytes())).extractall(self._folder / name)
        confs = {name: value for name, value in properties.items() if not name.startswith(DRIVER)} | LOCAL
        environment = {name.removeprefix(DRIVER): value for name, value in properties.items() if name.startswith(DRIVER)}
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TWILYTICS_", "SPARK_"))}
        mine = {"JAVA_HOME": str(java_home()), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
        self.process = subprocess.Popen(
            [
                *(Path(sys.executable).with_name("spark-submit"), "--jars", ",".join(told["jarFileUris"])),
                *(word for name, value in confs.items() for word in ("--conf", f"{name}={value}")),
                *(told["mainPythonFileUri"], *told["args"]),
            ],
            env={**clean, **mine, **environment},
            cwd=self._folder,
            stdout=(self._folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._wait, args=(batch["name"].rpartition("/")[2],), daemon=True).start()

    def _wait(self, batch_id: str) -> None:
        code = self.process.wait()
        self._api.log = tuple((self._folder / "log").read_text().splitlines()[-5:])
        self._api.left[batch_id] = ["SUCCEEDED" if code == 0 else "FAILED"]

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def runner(api: Api, tmp_path: Path) -> Iterator[Runner]:
    (tmp_path / "work").mkdir()
    one = Runner(api, tmp_path / "work")
    api.play, api.at_create = ("RUNNING",), one.begin
    yield one
    one.end()


def test_a_batch_makes_what_this_process_would(settings: Settings, runner: Runner):
    """Only of what comes last: all tables take a Spark that is not warm minutes of a processor."""
    with Observatory(settings.model_copy(update={"engine": "duckdb"})) as here:
        answered(here, *range(6))
        expected = refinement.refine(here)
        versions = {table: here.lake.version(table) for table in SUMMARIES}
        rows = {table: sorted_rows(here, table) for table in SUMMARIES}
        here.save(here.ledger.summaries_due())
    with Observatory(settings) as there:
        done = remote.refine(there, pace=Pace(first=0.3, longest=0.3))
        assert done.batch.state == "SUCCEEDED"
        assert {table: done.rows[table.name] for table in SUMMARIES} == {table: expected.rows[table.name] for table in SUMMARIES}
        assert {table: sorted_rows(there, table) for table in SUMMARIES} == rows
        assert all(there.lake.version(table) > versions[table] for table in SUMMARIES)
        assert not there.ledger.are_summaries_due
        assert remote.refine(there).batch is None


def sorted_rows(observatory: Observatory, table: Table) -> list[dict[str, Any]]:
    return sorted(observatory.lake.read(table).to_pylist(), key=str)
