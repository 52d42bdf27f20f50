"""This project as a contender of `benchmarks/side_by_side.py`: a case in a process of its own, measured from inside.

    python -m benchmarks.ours {slots,burst,backfill} [--places 12] [--slots 3]

Prints one JSON line: seconds of the whole (refine, check, publish), of these the refinement, and the peak of memory.
The HOME, the engine and everything else are set by TWILYTICS_… as always.
"""

import argparse
import json
import shutil
import statistics
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from benchmarks.peers.script import peak_mib
from benchmarks.simulation import UNTIL, spooled, towns
from twilytics import backfilling, quality
from twilytics.cycle import cycle
from twilytics.observatory import Observatory
from twilytics.postgres import connect
from twilytics.settings import load
from twilytics.slots import Slots

#: Slots that arrive late, all at once, two days before the end of the history.
LATE = tuple(range(-72, -48))


def land(observatory: Observatory, n_places: int, hours: Iterable[int]) -> None:
    spooled(observatory.settings.home, towns(n_places), hours)


class Watched:
    """A cycle, timed from the moment at which its answers are in bronze."""

    def __init__(self, observatory: Observatory) -> None:
        self.observatory, self.seconds = observatory, dict[str, float]()

    def call(self, stage, function, *arguments):
        begun = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            self.seconds[stage] = time.perf_counter() - begun

    def run(self) -> dict[str, float]:
        begun = time.perf_counter()
        cycle(self.observatory, call=self.call)
        return {"seconds": time.perf_counter() - begun, "refine_seconds": self.seconds["refine"]}


def slots(observatory: Observatory, n_places: int, n_slots: int) -> dict[str, float]:
    """One more slot in a process that is warm: the median of so many. The first is left out: it compiles the queries."""
    measured = []
    for hour in range(n_slots + 1):
        land(observatory, n_places, [hour])
        measured.append(Watched(observatory).run())
    return {name: statistics.median(told[name] for told in measured[1:]) for name in measured[0]}


def burst(observatory: Observatory, n_places: int) -> dict[str, float]:
    """The late slots, all in one cycle, after one that compiles the queries."""
    land(observatory, n_places, [0])
    cycle(observatory)
    land(observatory, n_places, LATE)
    return Watched(observatory).run()


def backfill(observatory: Observatory) -> dict[str, float]:
    """Everything from bronze again: silver, gold and PostgreSQL are empty before. What loads once is loaded."""
    for layer in ("silver", "gold"):
        shutil.rmtree(Path(observatory.lake.root) / layer, ignore_errors=True)
    with connect(observatory.dsn) as connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS gold CASCADE")
    (Path(observatory.lake.root) / "_ledger.json").unlink(missing_ok=True)
    quality.warm_up()
    backfilling.ask(observatory, Slots(UNTIL - timedelta(days=400), UNTIL + timedelta(days=10)))
    return Watched(observatory).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=("slots", "burst", "backfill"))
    parser.add_argument("--places", type=int, default=12)
    parser.add_argument("--slots", type=int, default=3)
    asked = parser.parse_args()
    with Observatory(load()) as observatory:
        if asked.case == "slots":
            told = slots(observatory, asked.places, asked.slots)
        else:
            told = burst(observatory, asked.places) if asked.case == "burst" else backfill(observatory)
    print(json.dumps({**told, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main()
