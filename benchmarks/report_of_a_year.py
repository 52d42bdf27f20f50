"""How large the report of a year is, and how long it takes to be made.

    python -m benchmarks.report_of_a_year

Hourly simulated lists of twelve places are replayed, refined, checked and published; then a fresh process makes the report,
as whoever types `twilytics report` waits for it. `report_of_a_year.md` has the numbers, by hand, with the limits that they are held
against: 2 MB and 20 s.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.simulation import UNTIL, towns
from twilytics import cycle, landing
from twilytics.observatory import Observatory
from twilytics.report import usual_path
from twilytics.settings import Settings
from twilytics.sources import simulated

COMMAND = "import sys; from twilytics import cli; cli.main(['report'])"


def prepared(home: Path, n_places: int, n_hours: int) -> int:
    """Have the history in HOME, published; return its answers."""
    archive = home.parent / f"{home.name}.jsonl.gz"
    n_answers = simulated.write(archive, towns(n_places), UNTIL - timedelta(hours=n_hours), n_hours)
    with Observatory(Settings(home=home, pairs="same-country", _env_file=None)) as observatory:
        landing.replay(observatory, [archive])
        cycle.cycle(observatory)
    archive.unlink()
    return n_answers


def reported(home: Path) -> tuple[float, float, int]:
    """Seconds that the command takes, from its start to its end, those that it computes, of all cores, and the bytes of its page."""
    begun, computed = time.perf_counter(), _computed()
    subprocess.run([sys.executable, "-c", COMMAND], env={"TWILYTICS_HOME": str(home)}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun, _computed() - computed, usual_path(home).stat().st_size


def _computed() -> float:
    """By the processes that this one waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=12)
    parser.add_argument("--hours", type=int, default=365 * 24)
    parser.add_argument("--home", type=Path, help="prepare this empty folder and leave it, or take it where it is prepared already")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="twilytics-year-") as folder:
        home = (asked.home or Path(folder) / "home").absolute()
        if not home.exists():
            begun = time.perf_counter()
            n_answers = prepared(home, asked.places, asked.hours)
            print(f"prepared   {n_answers:,} answers in {time.perf_counter() - begun:.0f} s", flush=True)
        for _ in range(3):
            seconds, computed, n_bytes = reported(home)
            print(f"report     {n_bytes / 1e6:.2f} MB in {seconds:.1f} s, {computed:.1f} s of a core's time", flush=True)


if __name__ == "__main__":
    main()
