"""This project against its peers, side by side in one run, on the same simulated history.

    python -m benchmarks.side_by_side [--histories 2x168 12x168 …] [--spark] [--page]

For each history (places x hours): it is replayed into a HOME of its own, and then one more slot, 24 late slots, and
everything again from bronze are measured. The peers (`benchmarks/peers`) know one way only: all anew, and COPY. The tables
that they make have to equal this project's before any time counts. Writes what was measured to `benchmarks/measured.json`;
`--page` makes benchmarks/README.md and its plot of that, without measuring.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import page
from benchmarks.compare import compare
from benchmarks.ours import LATE
from benchmarks.peers.tables import TARGETS
from benchmarks.plot import Measured
from benchmarks.simulation import HOUR, UNTIL, towns
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.sources import simulated
from twilytics.tables import named

HERE = Path(__file__).parent
MEASURED = HERE / "measured.json"
COMMAND = Path(sys.executable).with_name("twilytics")
PEERS = {"pandas": "pandas_script", "Polars": "polars_script", "DuckDB": "duckdb_script"}
OURS = {"duckdb": "this project, duckdb", "spark": "this project, spark"}
YEAR_2020 = "the way of 2020"
WEEK, MONTH, YEAR = 168, 720, 8760
HISTORIES = {WEEK: "a week", MONTH: "a month", YEAR: "a year"}
ONE_MORE, BURST, BACKFILL = "one more slot", "24 late slots", "everything again"
#: What the way of 2020 can be waited for.
FEASIBLE_IN_2020 = (2, WEEK)


class History:
    """A HOME that so many hours of so many places were replayed into."""

    def __init__(self, folder: Path, n_places: int, hours: int) -> None:
        self.n_places, self.hours = n_places, hours
        self.home, self.files = folder / "home", folder / "files"
        self.files.mkdir(parents=True)

    def replay(self) -> None:
        """All but the slots that come late; then what `twilytics serve` does once a day."""
        ends = (-self.hours, LATE[0], LATE[-1] + 1, 0)
        archives = [self.files / f"{since}.jsonl.gz" for since in ends[::2]]
        for path, since, until in zip(archives, ends[::2], ends[1::2], strict=True):
            simulated.write(path, towns(self.n_places), UNTIL + since * HOUR, until - since)
        self.run(COMMAND, "replay", *archives)
        self.run(COMMAND, "maintain")

    def run(self, *command: object, **settings: str) -> str:
        told = {f"TWILYTICS_{name.upper()}": value for name, value in settings.items()}
        environment = {**os.environ, "TWILYTICS_HOME": str(self.home), **told}
        return subprocess.run(list(map(str, command)), env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    def ours(self, case: str, engine: str) -> dict[str, float]:
        command = (sys.executable, "-m", "benchmarks.ours", case, "--places", self.n_places)
        return json.loads(self.run(*command, engine=engine).splitlines()[-1])

    def export(self) -> Path:
        """The tables that the peers make, as this project made them, and beside them what the peers make them of."""
        lake, folder = Lake(str(self.home / "lake")), self.files / "ours"
        folder.mkdir(exist_ok=True)
        for name in ("trends", "captures", *TARGETS):
            pq.write_table(lake.read(named(f"gold.{name}")), folder / f"{name}.parquet")
        return folder

    def peer(self, module: str, made: Path, dsn: str) -> dict[str, float]:
        """Its seconds, computing and copying, once its tables are known to equal ours."""
        out = self.files / module
        inputs = ("--trends", made / "trends.parquet", "--captures", made / "captures.parquet")
        printed = self.run(sys.executable, "-m", f"benchmarks.peers.{module}", *inputs, "--dsn", dsn, "--out", out)
        told = json.loads(printed.splitlines()[-1])
        compare(made, out)
        return {"seconds": told["compute_seconds"] + told["copy_seconds"], "peak_mib": told["peak_mib"]}


def measured(history: History, *, with_spark: bool) -> Iterator[Measured]:
    """All cases of a history that was replayed."""
    engines = list(OURS) if with_spark else ["duckdb"]

    def row(case: str, contender: str, told: dict[str, float]) -> Measured:
        return Measured(case, history.n_places, HISTORIES[history.hours], contender, told["seconds"], told["peak_mib"])

    with Observatory(Settings(home=history.home, _env_file=None)) as observatory:
        dsn = observatory.dsn
        for engine in engines:
            yield row(ONE_MORE, OURS[engine], history.ours("slots", engine))
        made = history.export()
        anew = {name: history.peer(module, made, dsn) for name, module in PEERS.items()}
        if (history.n_places, history.hours) == FEASIBLE_IN_2020:
            anew[YEAR_2020] = history.peer("year_2020", made, dsn)
        yield from (row(ONE_MORE, name, told) for name, told in anew.items())
        if history.hours == WEEK:
            return
        # To whoever makes everything anew, all cases are one.
        for case, what in ((BURST, "burst"), (BACKFILL, "backfill")):
            for engine in engines:
                yield row(case, OURS[engine], history.ours(what, engine))
            if case == BURST:
                history.peer(PEERS["DuckDB"], history.export(), dsn)
            compare(history.export(), history.files / PEERS["DuckDB"])
            yield from (row(case, name, told) for name, told in anew.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", nargs="+", default=["2x168", "2x720", "2x8760", "12x168", "12x720", "12x8760", "60x168"])
    parser.add_argument("--spark", action="store_true", help="with Spark as well, which takes minutes a case")
    parser.add_argument("--page", action="store_true", help="only write the page of what was measured")
    asked = parser.parse_args()
    rows = [Measured(**row) for row in json.loads(MEASURED.read_bytes())] if MEASURED.exists() else []
    for name in [] if asked.page else asked.histories:
        n_places, hours = map(int, name.split("x"))
        with tempfile.TemporaryDirectory(prefix="twilytics-bench-") as folder:
            Path(folder).chmod(0o755)
            history = History(Path(folder), n_places, hours)
            history.replay()
            rows = [row for row in rows if (row.places, row.history) != (n_places, HISTORIES[hours])]
            for row in measured(history, with_spark=asked.spark):
                print(row, flush=True)
                rows.append(row)
        MEASURED.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    page.write(HERE, rows)


if __name__ == "__main__":
    main()
