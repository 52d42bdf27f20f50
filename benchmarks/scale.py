"""How a history of one size is refined from bronze, on one engine: seconds, peak of memory, bytes that the lake gets.

    python -m benchmarks.scale --places 12 --days 30 --engine duckdb
    python -m benchmarks.scale --places 12 --days 30 --engine spark

Hourly, simulated, pairs of the same country; the stores, the checks and PostgreSQL are left out. Prints one JSON line;
`scale.md` is made of such lines by hand, with what does not fit a machine extrapolated and said so.
"""

import argparse
import json
import tempfile
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.peers.script import peak_mib
from benchmarks.simulation import UNTIL, answers, towns
from twilytics import snapshot
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.settings import Settings
from twilytics.tables import of_layer

#: Answers that are appended to bronze at once.
AT_ONCE = 20_000


def filled(observatory: Observatory, n_places: int, days: int) -> int:
    """Have the history in bronze; return its answers."""
    waiting, n_answers = [], 0
    for answer in answers(towns(n_places), UNTIL - timedelta(days=days), days * 24):
        waiting.append(answer)
        if len(waiting) == AT_ONCE:
            n_answers += snapshot.append(observatory.lake, waiting).n_new
            waiting = []
    return n_answers + snapshot.append(observatory.lake, waiting).n_new


class Beside(threading.Thread):
    """Looks twice a second what Spark's JVM and its Python workers hold beside this process, and keeps the peak."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mib, self.ended = 0.0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.5):
            held = 0
            for child in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):  # one that ended meanwhile
                    held += child.memory_info().rss
            self.mib = max(self.mib, held / (1 << 20))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, required=True)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="twilytics-scale-") as folder:
        told = Settings(home=Path(folder), engine=asked.engine, pairs="same-country", spark_master="local[2]", _env_file=None)
        with Observatory(told) as observatory:
            n_answers, beside = filled(observatory, asked.places, asked.days), Beside()
            beside.start()
            begun = time.perf_counter()
            with observatory.lake.locked():
                refine(observatory)
            seconds = time.perf_counter() - begun
            beside.ended.set()
            files = [path for layer in ("silver", "gold") for path in (Path(folder) / "lake" / layer).rglob("*.parquet")]
            n_bytes = sum(path.stat().st_size for path in files)
            n_rows = {table.short_name: observatory.lake.n_rows(table) for table in of_layer("gold")}
    measured = {
        "places": asked.places,
        "days": asked.days,
        "engine": asked.engine,
        "answers": n_answers,
        "seconds": round(seconds, 1),
        "peak_mib": round(peak_mib() + beside.mib),
        "written_mib": round(n_bytes / (1 << 20), 1),
        "rows": n_rows,
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
