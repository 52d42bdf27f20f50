"""The jobs as programs: what `python jobs/build_gold.py` and `spark-submit` run."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twilytics import ledger, snapshot
from twilytics.answers import Answer
from twilytics.gold import captures, change_rate, episodes, topics
from twilytics.lake import Lake
from twilytics.slots import EVER, Slots

ROOT = Path(__file__).parents[2]
START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake that has answers of four hours in bronze, and nothing else."""
    made = Lake(str(tmp_path / "home" / "lake"))
    with made.locked():
        snapshot.append(
            made,
            [Answer("list", "berlin", START + hour * HOUR, START, b'{"trends": [{"name": "a"}, {"name": "b"}]}') for hour in range(4)],
        )
    return made


def job(name: str, tmp_path: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TWILYTICS_HOME": str(tmp_path / "home"), **settings}
    return subprocess.run(
        [sys.executable, str(ROOT / "jobs" / name), *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True
    )


def test_silver_then_gold_of_a_range_and_the_next_cycle_knows_what_to_publish(lake: Lake, tmp_path: Path):
    asked = ("--since", "2026-01-01T00:00Z", "--until", "2026-01-01T03:00Z")
    silver = job("build_silver.py", tmp_path, *asked)
    assert silver.returncode == 0, silver.stderr
    assert "3 silver.snapshots" in silver.stdout
    gold = job("build_gold.py", tmp_path, *asked)
    assert gold.returncode == 0, gold.stderr
    assert "4 gold.change_rate" not in gold.stdout
    assert lake.read(captures.TABLE).num_rows == lake.read(change_rate.TABLE).num_rows == 3
    assert lake.read(episodes.TABLE).num_rows == lake.read(topics.TABLE).num_rows == 2
    left = ledger.load(lake.storage, HOUR)
    assert left.to_publish["gold.captures"] == (Slots(START, START + 3 * HOUR),)
    assert left.to_publish["gold.topics"] == (EVER,)
    assert not left.are_summaries_due


def test_a_setting_that_cannot_be_used_is_one_line_and_exit_code_1(lake: Lake, tmp_path: Path):
    failed = job("build_gold.py", tmp_path, "--since", "2026-01-01", "--until", "2026-01-02", TWILYTICS_INTERVAL_MINUTES="7")
    assert failed.returncode == 1
    assert failed.stderr == "error: TWILYTICS_INTERVAL_MINUTES: has to divide a day of 1440 minutes, as 5, 15, 60 or 480 do\n"
