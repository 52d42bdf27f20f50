"""What one more hour of 12 places costs, after a month and after a year of history.

    python -m benchmarks.one_more_slot [--hours 720 8760] [--slots 5]

For each length of history, in a HOME of its own: the history is replayed, then hour after hour lands, first each in
a fresh `twilytics run`, then each as a run of the cycle inside `twilytics serve`. Prints a Markdown table: minimum,
median and maximum of so many slots. The first slot in `serve` is left out: it compiles the queries.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.simulation import HOUR, UNTIL, spooled, towns
from flows import server
from twilytics.sources import simulated

COMMAND = Path(sys.executable).with_name("twilytics")


def twilytics(home: Path, *arguments: str) -> None:
    subprocess.run([COMMAND, *arguments], env={**os.environ, "TWILYTICS_HOME": str(home)}, check=True, capture_output=True)


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The address of `twilytics serve` of this HOME."""
    environment = {**os.environ, "TWILYTICS_HOME": str(home), "TWILYTICS_INTERVAL_MINUTES": "60"}
    process = subprocess.Popen([COMMAND, "serve"], env=environment, stderr=subprocess.DEVNULL)
    try:
        while (url := server.running(home)) is None:
            time.sleep(0.5)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def run_of_the_cycle(client, deployment) -> float:
    """Seconds from the claim of a run to its end, as Prefect has them."""
    run = client.create_flow_run_from_deployment(deployment.id)
    while not (run := client.read_flow_run(run.id)).state.is_final():
        time.sleep(0.2)
    assert run.state.is_completed(), run.state
    return run.total_run_time.total_seconds()


def measured(hours: int, slots: int, folder: Path) -> dict[str, list[float]]:
    home = folder / f"after-{hours}"
    archive = folder / f"{hours}.jsonl.gz"
    simulated.write(archive, towns(12), UNTIL - hours * HOUR, hours)
    twilytics(home, "replay", str(archive))
    return one_more(home, slots)


def one_more(home: Path, slots: int) -> dict[str, list[float]]:
    fresh = []
    for hour in range(slots):
        spooled(home, towns(12), [hour])
        started = time.monotonic()
        twilytics(home, "run", "--no-land")
        fresh.append(time.monotonic() - started)
    with serving(home) as url:
        from prefect.client.orchestration import get_client
        from prefect.settings import PREFECT_API_URL, temporary_settings

        # Not in the environment: the next HOME's commands would take it for theirs.
        with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
            deployment = client.read_deployment_by_name("cycle/cycle")
            warm = []
            for hour in range(slots, 2 * slots + 1):
                spooled(home, towns(12), [hour])
                warm.append(run_of_the_cycle(client, deployment))
    return {"fresh process": fresh, "inside serve": warm[1:]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, nargs="+", default=[720, 8760])
    parser.add_argument("--slots", type=int, default=5)
    asked = parser.parse_args()
    print("| history | how | minimum | median | maximum |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="twilytics-slot-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for hours in asked.hours:
            for how, seconds in measured(hours, asked.slots, folder).items():
                told = " | ".join(f"{value:.2f} s" for value in (min(seconds), statistics.median(seconds), max(seconds)))
                print(f"| {hours} hours of 12 places | {how} | {told} |", flush=True)


if __name__ == "__main__":
    main()
