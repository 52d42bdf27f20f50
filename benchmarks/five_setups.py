"""That five set-ups make the same gold rows of the same answers: both engines, a folder and a bucket, one machine and a cluster.

    python -m benchmarks.five_setups ../shared/data/x-2020.jsonl.gz

Each has a lake of its own, with the archive's answers in bronze, and runs `jobs/refine.py` over it. The bucket is an emulator's
(`tests/cloud.py`), the cluster a master and two workers on this machine (`tests/clusters.py`), of which one is killed, kill -9, with its
executor when the first gold table is there. All gold tables are compared with the first set-up's, row by row: doubles to 1e-9, everything
else equal. Prints a line a set-up; ends with 1 where one differs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import SecretStr

from tests import cloud, clusters
from tests.cloud import Emulator
from tests.clusters import Cluster
from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.gold import captures
from twilytics.lake import Lake
from twilytics.schema import Table
from twilytics.sources import archive
from twilytics.tables import of_layer

ROOT = Path(__file__).parents[1]
INTERVAL_MINUTES = 480
TOLERANCE = 1e-9
Meanwhile = Callable[["subprocess.Popen[str]", Lake], None]
Rows = dict[Table, pa.Table]


class DifferentError(Exception):
    """Two set-ups disagree: in which table, and how."""


@dataclass(frozen=True)
class Setup:
    """``meanwhile`` is called with the refinement's process, while it runs, and the lake."""

    name: str
    lake: str
    settings: Mapping[str, str]
    credentials: SecretStr | None = None
    meanwhile: Meanwhile = field(default=lambda _process, _lake: None)


@dataclass(frozen=True)
class Outcome:
    """What became of a set-up: how long it took, the rows of its gold tables, and how far its doubles are from the first one's."""

    name: str
    seconds: float
    n_rows: int
    n_tables: int
    largest_difference: float


def setups(folder: Path, emulator: Emulator, cluster: Cluster, configuration: Mapping[str, str]) -> list[Setup]:
    """The five. One worker of the cluster is killed. ``configuration`` is Spark's on one machine."""
    on_one = {"TWILYTICS_ENGINE": "spark", "TWILYTICS_SPARK_MASTER": "local[2]", **configuration}
    on_many = {"TWILYTICS_ENGINE": "spark", "TWILYTICS_SPARK_MASTER": cluster.master, **cluster.environment}
    key = emulator.credentials
    return [
        Setup("DuckDB, a folder", str(folder / "duckdb"), {}),
        Setup("DuckDB, a bucket", f"{emulator.bucket()}/duckdb", {}, key),
        Setup("Spark, a folder", str(folder / "spark"), on_one),
        Setup("Spark, a bucket", f"{emulator.bucket()}/spark", on_one, key),
        Setup("Spark, a folder, a cluster, a worker killed", str(folder / "cluster"), on_many, None, killing(cluster)),
    ]


def killing(cluster: Cluster) -> Meanwhile:
    """Kill a worker that works, when the first gold table is there and the refinement goes on."""

    def kill(process: "subprocess.Popen[str]", lake: Lake) -> None:
        while lake.version(captures.TABLE) is None and process.poll() is None:
            time.sleep(0.1)
        working = [one for one in cluster.state()["workers"] if one["state"] == "ALIVE" and one["coresused"]]
        assert len(working) == 2, f"of two workers, {len(working)} work"
        assert process.poll() is None, "the refinement was done before a worker could be killed"
        cluster.kill_a_worker()
        assert process.poll() is None, "the refinement was done when the worker was killed"

    return kill


def compared(setups: Sequence[Setup], answers: Sequence[Answer], home: Path) -> Iterator[Outcome]:
    """Refine by each set-up in turn. Raise :class:`DifferentError` for one whose tables differ from the first one's."""
    first: Rows | None = None
    for number, setup in enumerate(setups):
        began = time.monotonic()
        found = refined(setup, answers, home / f"home-{number}")
        seconds = time.monotonic() - began
        first = first or found
        distance = max(_distance(table, found[table], rows) for table, rows in first.items())
        yield Outcome(setup.name, seconds, sum(rows.num_rows for rows in found.values()), len(found), distance)


def refined(setup: Setup, answers: Sequence[Answer], home: Path) -> Rows:
    """The gold tables that come of the answers. Raise RuntimeError where the refinement fails."""
    lake = Lake(setup.lake, setup.credentials)
    with lake.locked():
        snapshot.append(lake, answers)
    settings = {
        "PYTHONPATH": str(ROOT),
        "TWILYTICS_HOME": str(home),
        "TWILYTICS_INTERVAL_MINUTES": str(INTERVAL_MINUTES),
        "TWILYTICS_LAKE": setup.lake,
        **({"TWILYTICS_GCP_CREDENTIALS": setup.credentials.get_secret_value()} if setup.credentials else {}),
        **setup.settings,
    }
    with tempfile.TemporaryFile("w+") as told:
        with subprocess.Popen(
            [sys.executable, str(ROOT / "jobs" / "refine.py")],
            env={**os.environ, **settings},
            cwd=home.parent,
            stdout=told,
            stderr=told,
            text=True,
        ) as process:
            try:
                setup.meanwhile(process, lake)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            told.seek(0)
            raise RuntimeError(f"{setup.name}: {told.read()[-3000:]}")
    return {table: lake.read(table) for table in of_layer("gold")}


def _distance(table: Table, found: pa.Table, expected: pa.Table) -> float:
    """The largest difference of two doubles in the same row."""
    if (found.schema, found.num_rows) != (expected.schema, expected.num_rows):
        raise DifferentError(
            f"{table.name}: {found.num_rows:,} rows of {found.schema.names}, not {expected.num_rows:,} of {expected.schema.names}"
        )
    here, there = (rows.sort_by([(name, "ascending") for name in table.grain]) for rows in (found, expected))
    largest = 0.0
    for name in here.schema.names:
        if not pa.types.is_floating(here[name].type):
            if here[name].combine_chunks() != there[name].combine_chunks():
                raise DifferentError(f"{table.name}.{name}: {_first(table, name, here, there)}")
            continue
        if here[name].is_null().combine_chunks() != there[name].is_null().combine_chunks():
            raise DifferentError(f"{table.name}.{name}: {_first(table, name, here, there)}")
        apart = np.abs(pc.subtract(here[name], there[name]).drop_null().to_numpy())
        largest = max(largest, float(apart.max(initial=0.0)))
        if not largest <= TOLERANCE:
            raise DifferentError(f"{table.name}.{name}: {largest} apart: {_first(table, name, here, there)}")
    return largest


def _first(table: Table, name: str, *sides: pa.Table) -> str:
    """The first row of each that differs in that column."""
    here, there = (rows.select([*table.grain, name]).to_pylist() for rows in sides)
    return next(f"{a} | {b}" for a, b in zip(here, there, strict=True) if a != b)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    answers = list(archive.read(parser.parse_args().archive, datetime.now(UTC)))
    print(
        f"{len(answers):,} answers\n\n| set-up | seconds | gold tables | rows | largest difference |\n| --- | ---: | ---: | ---: | ---: |",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="twilytics-five-") as name, cloud.running() as emulator:
        folder = Path(name)
        with clusters.running(folder / "spark") as cluster:
            for one in compared(setups(folder / "lakes", emulator, cluster, {}), answers, folder):
                print(f"| {one.name} | {one.seconds:.0f} | {one.n_tables} | {one.n_rows:,} | {one.largest_difference:.1e} |", flush=True)


if __name__ == "__main__":
    try:
        main()
    except DifferentError as different:
        sys.exit(f"different: {different}")
