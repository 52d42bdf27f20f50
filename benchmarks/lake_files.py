"""How many files a lake has after some hours of hourly cycles, before and after maintenance; what the next cycle then costs.

    python -m benchmarks.lake_files --places 4 --hours 240

Simulated answers come hour by hour to bronze and are refined; the stores and PostgreSQL are left out. One answer of a
hundred comes a day late. Maintenance runs once at the end, as after a month without any, as if the retention were over.
"""

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import simulation
from twilytics import lake as lakes
from twilytics import maintenance, places, snapshot
from twilytics.answers import Answer
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.settings import Settings
from twilytics.tables import definitions

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
LATE_EVERY = 100
LATE_HOURS = 24


def answers(names: list[str], hours: int) -> dict[int, list[Answer]]:
    """By the hour in which they come."""
    come: dict[int, list[Answer]] = {hour: [] for hour in range(hours)}
    for nth, answer in enumerate(simulation.answers(names, SINCE, hours)):
        hour = (answer.captured_at - SINCE) // simulation.HOUR
        come[min(hour + LATE_HOURS * (nth % LATE_EVERY == LATE_EVERY - 1), hours - 1)].append(answer)
    return come


def cycle(observatory: Observatory, come: list[Answer]) -> float:
    begun = time.perf_counter()
    with observatory.lake.locked():
        snapshot.append(observatory.lake, come)
        refine(observatory)
    return time.perf_counter() - begun


def rows(observatory: Observatory) -> dict[str, list[object]]:
    tables = {name: definition.table for name, definition in definitions().items()}
    return {
        name: observatory.lake.read(table).sort_by([(key, "ascending") for key in table.grain]).to_pylist()
        for name, table in tables.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=4)
    parser.add_argument("--hours", type=int, default=240)
    parser.add_argument("--file-mib", type=float, default=lakes.FILE_BYTES / (1 << 20), help="what a joined file holds at most")
    asked = parser.parse_args()
    lakes.FILE_BYTES = int(asked.file_mib * (1 << 20))
    names = sorted(key for key, place in places.of("x-v2").items() if place.country_code == "DE")[: asked.places]
    come = answers(names, asked.hours + 10)
    with (
        tempfile.TemporaryDirectory(prefix="twilytics-files-") as folder,
        Observatory(Settings(home=Path(folder), _env_file=None)) as opened,
    ):
        taken = [cycle(opened, come[hour]) for hour in range(asked.hours)]
        first, last = (statistics.median(some) for some in (taken[:20], taken[-20:]))
        print(f"{asked.hours} cycles of {len(names)} places: the first 20 take {first:.3f} s, the last 20 {last:.3f} s (medians)")
        expected = rows(opened)
        for told, retention in (("retention not over", timedelta(days=7)), ("retention over", timedelta(0))):
            time.sleep(0.1)
            begun = time.perf_counter()
            done = maintenance.maintain_lake(opened.lake, datetime.now(UTC) - retention)
            print(f"\nmaintenance, {told}: {time.perf_counter() - begun:.1f} s")
            print("| table | files | now | on disk | now | MiB on disk | now | log entries removed |\n|---|---|---|---|---|---|---|---|")
            for name, was in done.before.items():
                is_now, gone = done.after[name], done.removed[name]
                print(
                    f"| {name} | {was.n_files} | {is_now.n_files} | {was.n_files_on_disk} | {is_now.n_files_on_disk} "
                    f"| {was.n_bytes_on_disk / 2**20:.1f} | {is_now.n_bytes_on_disk / 2**20:.1f} | {gone.n_entries} |"
                )
            sizes = (done.before.values(), done.after.values())
            print("| all | " + " | ".join(str(sum(size.n_files for size in of)) for of in sizes), end=" | ")
            print(" | ".join(str(sum(size.n_files_on_disk for size in of)) for of in sizes), end=" | ")
            print(" | ".join(f"{sum(size.n_bytes_on_disk for size in of) / 2**20:.1f}" for of in sizes), end=" | |\n")
        print("all tables equal" if rows(opened) == expected else "TABLES DIFFER")
        after = [cycle(opened, come[asked.hours + nth]) for nth in range(10)]
        print("cycles after: " + " ".join(f"{seconds:.3f}" for seconds in after) + " s")


if __name__ == "__main__":
    main()
