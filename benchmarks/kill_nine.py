"""kill -9 at random points of a replay: after the next `run --no-land` the tables equal an undisturbed run's.

    python benchmarks/kill_nine.py ARCHIVE --interval 480 --kills 10 --seed 1

Each kill takes a fresh HOME: `replay` starts, dies at a moment drawn evenly from the time that the undisturbed
replay took, and `run --no-land` goes on. (Killed while Python was still loading, nothing had begun: then it replays.)
Prints a line a kill; ends with 1 where tables differ.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from twilytics.lake import Lake
from twilytics.tables import of_layer

COMMAND = Path(sys.executable).with_name("twilytics")


def twilytics(home: Path, interval: int, *arguments: str) -> subprocess.Popen[bytes]:
    settings = {"TWILYTICS_HOME": str(home), "TWILYTICS_INTERVAL_MINUTES": str(interval)}
    return subprocess.Popen(
        [COMMAND, *arguments], env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def done(process: subprocess.Popen[bytes]) -> None:
    _, told = process.communicate()
    if process.returncode:
        sys.exit(f"{process.args}: {told.decode()[-500:]}")


def published(home: Path, interval: int) -> dict[str, str]:
    """A digest of each published table, and of each gold table in the lake, whatever the order of their rows."""
    digests = {}
    for table in of_layer("gold"):
        rows = Lake(str(home / "lake")).read(table).sort_by([(name, "ascending") for name in table.grain])
        digests[f"lake {table.name}"] = hashlib.sha256(repr(rows.to_pylist()).encode()).hexdigest()
        if table.is_published:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            order = ", ".join(f'"{name}"' for name in table.grain)
            asked = [COMMAND, "query", f"SELECT {columns} FROM {table.name} ORDER BY {order}", "--format", "csv"]
            settings = {"TWILYTICS_HOME": str(home), "TWILYTICS_INTERVAL_MINUTES": str(interval)}
            told = subprocess.run(asked, env={**os.environ, **settings}, capture_output=True, check=True).stdout
            digests[f"database {table.name}"] = hashlib.sha256(told).hexdigest()
    return digests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--interval", type=int, default=60)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    moments = random.Random(asked.seed)

    with tempfile.TemporaryDirectory(prefix="twilytics-kill-") as folder:
        Path(folder).chmod(0o755)
        whole = Path(folder, "undisturbed")
        started = time.monotonic()
        done(twilytics(whole, asked.interval, "replay", str(asked.archive)))
        took = time.monotonic() - started
        expected = published(whole, asked.interval)
        print(f"undisturbed: {took:.1f} s, {len(expected)} tables", flush=True)
        differing = 0
        for number in range(1, asked.kills + 1):
            home = Path(folder, f"killed-{number}")
            moment = moments.uniform(0, took)
            process = twilytics(home, asked.interval, "replay", str(asked.archive))
            time.sleep(moment)
            was_running = process.poll() is None
            os.killpg(process.pid, signal.SIGKILL) if was_running else None
            process.communicate()
            had_begun = (home / "spool").exists()
            done(twilytics(home, asked.interval, *(("run", "--no-land") if had_begun else ("replay", str(asked.archive)))))
            different = [name for name, digest in published(home, asked.interval).items() if digest != expected[name]]
            differing += bool(different)
            how = ("" if had_begun else " (nothing had begun)") + ("" if was_running else " (was done)")
            print(f"killed at {moment:5.1f} s{how}: {', '.join(different) or 'all tables equal'}", flush=True)
            shutil.rmtree(home)
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
