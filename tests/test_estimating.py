"""What a refinement comes to before it starts, against what it then takes."""

import json
import logging
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twilytics import estimating
from twilytics.estimating import Load, bytes_at_once, estimate
from twilytics.observatory import Observatory
from twilytics.settings import Settings

GIB = 1 << 30
MONTH = Load(n_answers=8_640, n_slots=720, n_pairs=66)
EVERYWHERE = Load(n_answers=467 * 24, n_slots=24, n_pairs=467 * 466 // 2)

#: Refines a simulated history in a process of its own, and tells the peak of its memory beyond what it held before, and the rows.
MEASURED = """
import json, sys, tempfile
from datetime import UTC, datetime
from pathlib import Path
from twilytics import places, snapshot
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.settings import Settings
from twilytics.sources import envelope, simulated

def status(key):
    return next(int(line.split()[1]) << 10 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key))

towns = [place.key for place in places.catalogue().values() if place.kind == "town"][:int(sys.argv[1])]
since, now = datetime(2026, 1, 1, tzinfo=UTC), datetime.now(UTC)
with tempfile.TemporaryDirectory() as home, Observatory(Settings(home=Path(home), _env_file=None)) as opened, opened.lake.locked():
    found = [envelope.opened(line.rstrip(b"\\n"), now) for line in simulated.simulate(towns, since, int(sys.argv[2]))]
    snapshot.append(opened.lake, found)
    assert opened.engine
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    refined = refine(opened)
    print(json.dumps({"bytes": status("VmHWM") - before, "rows": refined.rows, "n_answers": refined.n_answers}))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the peak of a process' memory")
@pytest.mark.parametrize(("n_places", "n_hours"), [(12, 100), (60, 12)])
def test_rows_and_memory_are_estimated_from_above_and_not_by_much(n_places: int, n_hours: int):
    told = subprocess.run([sys.executable, "-c", MEASURED, str(n_places), str(n_hours)], capture_output=True, text=True, check=True)
    measured = json.loads(told.stdout)
    load = Load(n_places * n_hours, n_hours, n_places * (n_places - 1) // 2)
    for name, n_rows in load.n_rows.items():
        assert measured["rows"][name] <= n_rows < 1.5 * measured["rows"][name], name
    assert measured["bytes"] < bytes_at_once(load) < 4 * measured["bytes"]


def test_pairs_grow_with_the_square_of_the_places():
    assert MONTH.n_rows["gold.trend_equality"] == 720 * 66
    assert MONTH.n_rows["gold.trendsetter"] == 720 * 66 * 2 * 6
    assert EVERYWHERE.n_rows["gold.trendsetter"] == 24 * 467 * 466 * 6


def test_a_chunk_gets_smaller_where_memory_is_short_and_never_larger_than_the_engine_likes():
    plenty, little, least = (estimate(MONTH, "duckdb", None, available) for available in (64 * GIB, GIB // 2, 1))
    assert plenty.memory_bytes == bytes_at_once(MONTH.of_slots(333))  # 4,000 answers of 12 places
    assert little.memory_bytes <= GIB // 4 < plenty.memory_bytes
    assert least.memory_bytes == least.slot_bytes == bytes_at_once(MONTH.of_slots(1))


def test_time_goes_by_the_pace_that_was_measured_and_else_by_a_guess():
    assert (estimate(MONTH, "duckdb", 100.0, GIB).seconds, estimate(MONTH, "duckdb", 100.0, GIB).is_guess) == (86.4, False)
    guessed = {engine: estimate(MONTH, engine, None, GIB) for engine in ("duckdb", "spark")}
    assert all(one.is_guess for one in guessed.values())
    assert guessed["spark"].seconds > guessed["duckdb"].seconds > 0


@pytest.fixture
def observatory(tmp_path: Path):
    with Observatory(Settings(home=tmp_path, _env_file=None)) as opened:
        yield opened


def captured(n_slots: int, n_places: int) -> list[datetime]:
    return [datetime(2026, 1, 1, tzinfo=UTC) + slot * timedelta(hours=1) for slot in range(n_slots) for _ in range(n_places)]


def test_what_takes_this_machine_long_is_told_once_with_the_setting_to_change(
    observatory: Observatory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING):
        estimating.warn(observatory, captured(24, 12))
        assert caplog.messages == []
        observatory.save(replace(observatory.ledger, pace={"duckdb": 0.01}))
        estimating.warn(observatory, captured(24, 12))
    assert caplog.messages == [
        "288 answers take this machine about 8 hours with duckdb; it goes on. A cluster would serve better: TWILYTICS_ENGINE=spark with "
        "TWILYTICS_SPARK_MASTER=spark://…; or fewer pairs: TWILYTICS_PAIRS=same-country"
    ]


def test_a_slot_that_is_larger_than_the_memory_is_told(
    observatory: Observatory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(estimating, "load", lambda *_: EVERYWHERE)
    monkeypatch.setattr(estimating.psutil, "virtual_memory", lambda: type("Memory", (), {"available": GIB}))
    estimating.warn(observatory, captured(1, 1))
    (told,) = caplog.messages
    assert told.startswith("one slot with its 108,811 pairs takes up to 1")
    assert "1.0 GiB are free" in told
