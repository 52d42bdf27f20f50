"""Spark elsewhere: a standalone cluster and a server of Spark Connect, as processes of this machine.

Their drivers are processes of their own, as a run of the tests has one session.
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks import five_setups
from tests import alike, clusters
from tests.cloud import Emulator
from tests.clusters import Cluster
from tests.shared_data import shared
from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.embedded import ports
from twilytics.engines import cluster as engine
from twilytics.errors import ServiceError
from twilytics.lake import Lake
from twilytics.silver import snapshots
from twilytics.sources import archive
from twilytics.tables import of_layer

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROOT = Path(__file__).parents[1]
#: Of another version than this one, where the machine has one.
OTHERS = [f"3.{minor}" for minor in (12, 13, 11) if minor != sys.version_info.minor]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Of its two workers one is killed by the last test."""
    with clusters.running(tmp_path_factory.mktemp("cluster"), clusters.CONFIGURATION | clusters.INTERPRETED) as one:
        yield one


@pytest.fixture(scope="module")
def other_python() -> str | None:
    """One of another version on this machine: on the PATH, or beside this one, where version managers have them."""
    beside = Path(sys.base_prefix).parent
    for version in OTHERS:
        for name in (f"python{version}", *map(str, beside.glob(f"*{version}*/bin/python{version}"))):
            if shutil.which(name) and not subprocess.run([name, "-c", ""], capture_output=True).returncode:
                return name
    return None


@pytest.fixture(scope="module")
def told(cluster: Cluster, other_python: str | None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of sessions of all kinds: see `tests.cluster_driver`."""
    folder = tmp_path_factory.mktemp("driver")
    venv.create(folder / "lonely", symlinks=True)
    words = [cluster.master, str(folder / "lake"), str(folder / "lonely/bin/python"), *([other_python] if other_python else [])]
    driver = subprocess.run(
        [sys.executable, "-m", "tests.cluster_driver", *words],
        env={**os.environ, **cluster.environment, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert driver.returncode == 0, driver.stderr[-3000:]
    return dict(json.loads(driver.stdout.splitlines()[-1]))


def test_a_master_that_does_not_answer_is_told_at_once():
    port = ports.free()
    with pytest.raises(ServiceError, match=rf"no Spark answers at spark://127.0.0.1:{port} \(Connection refused\): start it, or correct"):
        engine.reach(f"spark://127.0.0.1:{port}")


def test_of_several_masters_one_that_answers_is_enough(cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    for name in ("SPARK_LOCAL_IP", "SPARK_LOCAL_HOSTNAME"):
        monkeypatch.setenv(name, "set, to be taken back")
        monkeypatch.delenv(name)
    engine.reach(f"spark://127.0.0.1:{ports.free()},{cluster.master.removeprefix('spark://')}")
    assert os.environ["SPARK_LOCAL_IP"] == os.environ["SPARK_LOCAL_HOSTNAME"] == "127.0.0.1"


def test_workers_run_the_project_that_was_sent_to_them(told: dict[str, str]):
    assert "/twilytics-" in told["opened"]
    assert told["opened"].endswith(".zip/twilytics/__init__.py")


def test_workers_without_the_packages_are_told(told: dict[str, str]):
    assert told["lonely"].startswith("SettingError: the workers of spark://127.0.0.1:")
    assert " lack the package pyarrow: install the locked ones for the Python that PYSPARK_PYTHON names" in told["lonely"]


def test_workers_without_the_python_are_told(told: dict[str, str]):
    assert told["missing"].startswith("SettingError: ")
    assert " have no /no/such/python: let PYSPARK_PYTHON name a Python 3." in told["missing"]


def test_workers_with_another_python_are_told(told: dict[str, str], other_python: str | None):
    if other_python is None:
        pytest.skip(f"there is no Python {' or '.join(OTHERS)} on this machine")
    assert told["other"].startswith("SettingError: ")
    assert f" have another Python than 3.{sys.version_info.minor}, which runs here" in told["other"]


def test_a_cluster_that_grants_nothing_is_not_waited_for(told: dict[str, str]):
    assert told["not granted"].startswith("ServiceError: ")
    assert " granted no worker within 5 s: are there any, with as many cores and as much memory free" in told["not granted"]


def test_workers_that_do_not_see_the_lakes_folder_are_told_before_they_write(told: dict[str, str]):
    assert told["unseen"].startswith("SettingError: ")
    assert "/lake: mount it at the same path, or let TWILYTICS_LAKE name a bucket" in told["unseen"]


def test_a_server_of_spark_connect_makes_the_same_silver_rows(tmp_path: Path):
    """Silver has all kinds of steps: Python on the workers, SQL, and tables that nothing comes of."""
    answers = [
        Answer("list", "berlin", START + hour * HOUR, START, b'{"trends": [{"name": "a"}, {"name": ""}, {"name": "B"}]}')
        for hour in range(3)
    ]
    lakes = {name: Lake(str(tmp_path / name / "lake")) for name in ("duckdb", "spark")}
    with clusters.connect_server(tmp_path) as master:
        for engine_name, lake in lakes.items():
            with lake.locked():
                snapshot.append(lake, answers)
            home = {"TWILYTICS_HOME": str(tmp_path / engine_name), "TWILYTICS_ENGINE": engine_name, "TWILYTICS_SPARK_MASTER": master}
            job = [sys.executable, str(ROOT / "jobs/build_silver.py"), "--since", "2026-01-01", "--until", "2026-01-02"]
            done = subprocess.run(job, env={**os.environ, "PYTHONPATH": str(ROOT), **home}, capture_output=True, text=True, cwd=tmp_path)
            assert done.returncode == 0, done.stderr[-3000:]
    for table in of_layer("silver"):
        expected, found = (lake.read(table) for lake in lakes.values())
        assert alike.different(found, expected) == [], table.name
    assert lakes["spark"].read(snapshots.TABLE).num_rows == 3


@pytest.mark.timeout(900)
def test_the_setups_make_the_same_gold_rows_of_real_answers(cluster: Cluster, emulator_of_all: Emulator, tmp_path: Path):
    read = list(archive.read(shared("x-2020.jsonl.gz"), datetime.now(UTC)))
    first = min(answer.captured_at for answer in read)
    answers = [answer for answer in read if answer.captured_at < first + timedelta(days=2)]
    folder, bucket, *_, clustered = five_setups.setups(tmp_path / "lakes", emulator_of_all, cluster, {})
    # Spark on one machine and a folder has a test of its own: tests/test_real_answers.py; here it has all else at once.
    clustered = replace(clustered, lake=f"{emulator_of_all.bucket()}/cluster", credentials=emulator_of_all.credentials)
    outcomes = list(five_setups.compared([folder, bucket, clustered], answers, tmp_path))
    assert len(outcomes) == 3
    assert {(one.n_tables, one.n_rows) for one in outcomes} == {(outcomes[0].n_tables, outcomes[0].n_rows)}
    assert outcomes[0].n_rows > 10_000
    assert cluster.n_alive() == 1
