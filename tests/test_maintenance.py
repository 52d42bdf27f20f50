"""Maintenance makes files fewer and changes no row, whatever it is interrupted by."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tests import lakes as made
from tests.drawn import rows as drawn
from tests.lakes import HOUR, NOON
from twilytics import compaction, durable, snapshot, vacuum
from twilytics import lake as lakes
from twilytics.answers import Answer
from twilytics.errors import ServiceError
from twilytics.gold import top_topics, topic_places, topics, trends
from twilytics.lake import Lake
from twilytics.maintenance import maintain, maintain_lake, roll_up
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.render import arrow
from twilytics.settings import Settings
from twilytics.storage import folder
from twilytics.tables import definitions

PLACES = ("berlin", "hamburg")
WEEK = timedelta(days=7)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def observatory(tmp_path: Path) -> Iterator[Observatory]:
    with Observatory(Settings(home=tmp_path, _env_file=None)) as opened:
        yield opened


def hours(observatory: Observatory, *chosen: int, names: str = "abc") -> None:
    """A cycle an hour, without the stores."""
    for hour in chosen:
        payload = json.dumps({"trends": [{"name": name} for name in (*names, str(hour))]}).encode()
        with observatory.lake.locked():
            at = NOON + hour * HOUR
            snapshot.append(observatory.lake, [Answer("list", place, at, at, payload) for place in PLACES])
            refine(observatory)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME of twelve hours, the seventh of which came last."""
    home = tmp_path_factory.mktemp("twelve-hours")
    with Observatory(Settings(home=home, _env_file=None)) as opened:
        hours(opened, *(hour for hour in range(12) if hour != 6), 6)
    return home


@pytest.fixture
def twelve_hours(observatory: Observatory, made_once: Path) -> Observatory:
    shutil.copytree(made_once, observatory.settings.home, dirs_exist_ok=True)
    return observatory


def rows(lake: Lake) -> Rows:
    return {
        name: lake.read(definition.table).sort_by([(key, "ascending") for key in definition.table.grain]).to_pylist()
        for name, definition in definitions().items()
    }


def age(lake: Lake, by: timedelta) -> None:
    """Let everything that is there be older by that much."""
    for path in Path(lake.root).rglob("*"):
        then = path.stat().st_mtime - by.total_seconds()
        os.utime(path, (then, then))


def now() -> datetime:
    return datetime.now(UTC)


def test_files_become_few_and_every_row_stays(twelve_hours: Observatory):
    lake = twelve_hours.lake
    expected, identity = rows(lake), lake.identity()
    done = maintain_lake(lake, now() - WEEK)
    assert done.before["gold.trends"].n_files == 12
    assert {size.n_files for size in done.after.values()} <= {0, 1}
    assert rows(lake) == expected
    assert rows(Lake(str(lake.root))) == expected
    assert lake.identity() == identity
    assert all(gone == vacuum.Removed() for gone in done.removed.values())


def test_a_second_time_there_is_nothing_to_do(twelve_hours: Observatory):
    first = maintain_lake(twelve_hours.lake, now() - WEEK)
    second = maintain_lake(twelve_hours.lake, now() - WEEK)
    assert second.before == second.after == first.after


def test_the_next_cycles_make_what_they_make_without_maintenance(twelve_hours: Observatory, tmp_path: Path):
    maintain_lake(twelve_hours.lake, now())
    with Observatory(Settings(home=tmp_path / "undisturbed", _env_file=None)) as undisturbed:
        hours(undisturbed, *(hour for hour in range(12) if hour != 6), 6)
        for observatory in (twelve_hours, undisturbed):
            hours(observatory, 12, 30, 13)
        assert rows(twelve_hours.lake) == rows(undisturbed.lake)


def test_after_the_retention_nothing_is_left_but_what_is_needed(twelve_hours: Observatory):
    lake = twelve_hours.lake
    expected = rows(lake)
    maintain_lake(lake, now() - WEEK)
    age(lake, WEEK)
    done = maintain_lake(lake, now() - WEEK)
    for name, size in done.after.items():
        assert size.n_files_on_disk == size.n_files, name
    assert done.removed["gold.top_topics"].n_files == 11  # one a cycle that replaced it
    assert rows(Lake(str(lake.root))) == expected


def test_versions_within_the_retention_stay_readable_and_older_ones_do_not(twelve_hours: Observatory):
    lake = twelve_hours.lake
    for table in (top_topics.TABLE, trends.TABLE):
        old, there = lake.version(table), Path(lake.uri(table))
        age(lake, 2 * WEEK)
        hours(twelve_hours, 20 if table is trends.TABLE else 21)
        older, replaced = DeltaTable(there, version=old).to_pyarrow_table(), lake.version(table)
        maintain_lake(lake, now() - WEEK)
        # It was the newest one until just now, so whoever read it then may read on.
        assert DeltaTable(there, version=old).to_pyarrow_table().num_rows == older.num_rows
        assert DeltaTable(there, version=replaced).to_pyarrow_table().num_rows > older.num_rows
    with pytest.raises(Exception, match=r"not found|No such file"):
        DeltaTable(Path(lake.uri(top_topics.TABLE)), version=3).to_pyarrow_table()


def test_the_log_goes_back_to_the_checkpoint_that_the_retention_needs(lake: Lake):
    for number in range(250):
        made.put(lake, trends.TABLE, f"place | slot | rank | topic\nberlin | 2020-07-18 12:00 | 1 | {number}", made.run())
        if number == 219:
            age(lake, WEEK + HOUR)
    newest = lake.version(trends.TABLE)
    with lake.locked():
        gone = vacuum.vacuum(lake, trends.TABLE, now() - WEEK)
    log = Path(lake.uri(trends.TABLE)) / "_delta_log"
    versions = sorted(int(path.stem) for path in log.glob("*.json") if path.stem.isdigit())
    assert (versions[0], versions[-1]) == (199, newest)
    assert gone.n_entries == 199 + 1  # with the checkpoint of version 99
    again = Lake(str(lake.root))
    assert again.recover() == []
    assert again.read(trends.TABLE).column("topic").to_pylist() == ["249"]
    assert DeltaTable(Path(lake.uri(trends.TABLE)), version=220).to_pyarrow_table().column("topic").to_pylist() == ["219"]


def test_what_a_crash_left_behind_goes_when_it_is_old_enough(twelve_hours: Observatory):
    lake = twelve_hours.lake
    there = Path(lake.uri(trends.TABLE))
    young, old = there / "part-young.parquet", there / "part-old.parquet"
    for path in (young, old):
        path.write_bytes(b"torn")
    os.utime(old, (time.time() - WEEK.total_seconds() - 1,) * 2)
    maintain_lake(lake, now() - WEEK)
    assert (young.exists(), old.exists()) == (True, False)


def test_a_late_slot_is_joined_with_its_neighbours_in_time(twelve_hours: Observatory):
    listing = twelve_hours.lake.listing(trends.TABLE)
    assert listing is not None
    files = listing.files
    in_order_of_the_log = files["min.slot"].to_pylist()
    assert in_order_of_the_log != sorted(in_order_of_the_log)
    runs = list(compaction.runs_of_small_files(listing, "slot", 4 * max(files["size_bytes"].to_pylist())))
    assert len(runs) == 3
    assert all(earlier.until <= later.since for earlier, later in pairwise(runs))
    assert runs[1].since <= NOON + 6 * HOUR < runs[1].until


def test_a_file_that_spans_everything_does_not_make_everything_be_read_at_once(lake: Lake):
    for hour in range(10, 18):
        slot = made.run(NOON.replace(hour=hour))
        made.put(lake, trends.TABLE, f"place | slot | rank | topic\nberlin | 2020-07-18 {hour}:00 | 1 | hsv", slot)
    wide = "place | slot | rank | topic\nbonn | 2020-07-18 10:00 | 1 | a\nbonn | 2020-07-18 17:00 | 1 | b"
    lake.append(trends.TABLE, drawn(trends.TABLE, wide))
    listing = lake.listing(trends.TABLE)
    assert listing is not None
    size = max(listing.files["size_bytes"].to_pylist())
    runs = list(compaction.runs_of_small_files(listing, "slot", 4 * size))
    assert len(runs) >= 2
    assert all(run.until - run.since < 4 * HOUR for run in runs)
    expected = lake.read(trends.TABLE).sort_by([(key, "ascending") for key in trends.TABLE.grain])
    with lake.locked():
        compaction.compact(lake, trends.TABLE)
    assert lake.read(trends.TABLE).sort_by([(key, "ascending") for key in trends.TABLE.grain]).equals(expected)


def test_files_that_all_reach_into_each_other_are_parted_by_time(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    """As some weeks of cycles without maintenance leave a table that reaches back."""
    for n in range(24):  # each over the whole day, of titles that do not compress
        slots = [
            {"place": f"p{n}", "slot": NOON + hour * HOUR, "rank": rank, "topic": f"t{rank}", "title": os.urandom(30).hex(), "volume": None}
            for rank in range(1, 21)
            for hour in range(24)
        ]
        lake.append(trends.TABLE, pa.Table.from_pylist(slots, schema=arrow.schema(trends.TABLE)))
    before = lake.read(trends.TABLE).sort_by([(key, "ascending") for key in trends.TABLE.grain])
    size = lake.listing(trends.TABLE).files["size_bytes"].to_numpy().sum()
    monkeypatch.setattr(lakes, "FILE_BYTES", int(size) // 4)
    assert list(compaction.runs_of_small_files(lake.listing(trends.TABLE), "slot", lakes.FILE_BYTES)) == []
    with lake.locked():
        compaction.compact(lake, trends.TABLE)
    assert lake.read(trends.TABLE).sort_by([(key, "ascending") for key in trends.TABLE.grain]).equals(before)
    files = lake.listing(trends.TABLE).files.sort_by("min.slot")
    assert 3 <= files.num_rows <= 8
    ends = zip(files["min.slot"].to_pylist(), files["max.slot"].to_pylist(), strict=True)
    assert all(later[0] >= earlier[1] for earlier, later in pairwise(ends))


class KilledError(BaseException):
    """Nothing in the code catches it."""


def at_call(nth: int, real: Callable[..., Any]) -> Callable[..., Any]:
    calls = iter(range(nth + 1))

    def killing(*args: Any, **how: Any) -> Any:
        if next(calls, None) == nth:
            raise KilledError
        return real(*args, **how)

    return killing


@pytest.mark.parametrize("nth", [0, 1, 5])
@pytest.mark.parametrize(
    ("where", "name"),
    [(Lake, "sync"), (lakes, "write_deltalake"), (durable, "sync"), (durable, "write"), (Path, "unlink")],
    ids=["before a sync", "before a commit", "within a sync", "before a note", "between removals"],
)
def test_killed_anywhere_the_tables_are_as_they_were_and_the_next_run_ends_the_work(
    twelve_hours: Observatory, where: Any, name: str, nth: int, monkeypatch: pytest.MonkeyPatch
):
    lake = twelve_hours.lake
    expected = rows(lake)
    age(lake, 2 * WEEK)
    with monkeypatch.context() as patched:
        patched.setattr(where, name, at_call(nth, getattr(where, name)))
        with pytest.raises(KilledError):
            maintain_lake(lake, now() - WEEK)
    again = Lake(str(lake.root))
    again.recover()
    assert rows(again) == expected
    done = maintain_lake(again, now() - WEEK)
    assert {size.n_files for size in done.after.values()} <= {0, 1}
    assert rows(Lake(str(lake.root))) == expected


def test_a_second_writer_is_kept_out(twelve_hours: Observatory, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folder, "PATIENCE_SECONDS", 0.1)
    lake = twelve_hours.lake
    with Lake(str(lake.root)).locked(), pytest.raises(ServiceError, match="another Twilytics has been writing"):
        maintain_lake(lake, now() - WEEK)


def test_where_nothing_was_captured_nothing_is_started(observatory: Observatory):
    done = maintain(observatory)
    assert (done.after, done.vacuumed) == ({}, ())
    assert not (observatory.settings.home / "postgres").exists()


def test_what_was_summed_up_changes_no_topic_whatever_comes_later(observatory: Observatory, tmp_path: Path):
    """Three days, summed up on the third; then an hour more, and one that was late, before the midnight that the sums end with."""
    hours(observatory, 0, 1, 25, 26, 50)
    assert observatory.ledger.settled_until is None
    roll_up(observatory)
    assert observatory.ledger.settled_until == NOON.replace(hour=0) + timedelta(days=1)
    assert observatory.lake.n_rows(topic_places.TABLE) == len(PLACES) * len("abc01")
    hours(observatory, 51, names="bcd")
    assert observatory.ledger.settled_until is not None
    with Observatory(Settings(home=tmp_path / "undisturbed", _env_file=None)) as undisturbed:
        hours(undisturbed, 0, 1, 25, 26, 50)
        hours(undisturbed, 51, names="bcd")
        assert told(observatory) == told(undisturbed)
        for both in (observatory, undisturbed):
            hours(both, 2, names="bcd")
        assert told(observatory) == told(undisturbed)
    # Its slot was summed up already: the sums are void, and made again by the next maintenance.
    assert observatory.ledger.settled_until is None


def told(observatory: Observatory) -> list[dict[str, Any]]:
    return sorted(observatory.lake.read(topics.TABLE).to_pylist(), key=lambda row: row["topic"])
