import os
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.drawn import rows, same
from tests.lakes import HOUR, NOON, put, run
from twilytics import durable
from twilytics.errors import ServiceError, SettingError
from twilytics.gold import change_rate, trends
from twilytics.lake import Lake
from twilytics.slots import Slots
from twilytics.storage import folder

TWO_HOURS = """
place  | slot             | rank | topic
berlin | 2020-07-18 12:00 | 1    | hsv
berlin | 2020-07-18 13:00 | 1    | wahl
"""


def test_replacing_a_run_leaves_all_other_slots(lake: Lake):
    put(lake, trends.TABLE, TWO_HOURS)
    put(lake, trends.TABLE, "place | slot | rank | topic\nberlin | 2020-07-18 12:00 | 1 | regen", run())
    same(
        trends.TABLE,
        lake.read(trends.TABLE),
        """
        slot             | topic
        2020-07-18 12:00 | regen
        2020-07-18 13:00 | wahl
        """,
    )


def test_replacing_a_run_by_nothing_empties_it(lake: Lake):
    put(lake, trends.TABLE, TWO_HOURS)
    put(lake, trends.TABLE, "place | slot | rank | topic", run())
    same(trends.TABLE, lake.read(trends.TABLE), "slot\n2020-07-18 13:00")


def test_rows_outside_of_the_run_are_refused(lake: Lake):
    put(lake, trends.TABLE, TWO_HOURS)
    with pytest.raises(Exception, match="validation"):
        put(lake, trends.TABLE, TWO_HOURS, run())
    assert lake.read(trends.TABLE).num_rows == 2


def test_rows_of_other_columns_or_types_are_refused(lake: Lake):
    with pytest.raises(TypeError, match=r"gold\.trends declares"):
        lake.append(trends.TABLE, rows(change_rate.TABLE, "place | slot\nberlin | 2020-07-18 12:00"))
    wrong = rows(trends.TABLE, TWO_HOURS)
    wrong = wrong.set_column(2, "rank", pa.array([1.0, 1.0]))
    with pytest.raises(TypeError, match=r"gold\.trends\.rank is declared int64, got double"):
        lake.append(trends.TABLE, wrong)


def test_reading_takes_only_the_runs_asked_for(lake: Lake):
    put(lake, trends.TABLE, TWO_HOURS)
    assert lake.read(trends.TABLE, (run(NOON + HOUR),)).column("topic").to_pylist() == ["wahl"]
    assert lake.read(trends.TABLE, ()).num_rows == 0
    assert lake.read(trends.TABLE, (run(NOON), run(NOON + HOUR))).num_rows == 2
    assert sum(batch.num_rows for batch in lake.batches(trends.TABLE, (run(),))) == 1


def test_a_table_that_was_never_written_is_empty(lake: Lake):
    assert lake.read(trends.TABLE).num_rows == 0
    assert lake.version(trends.TABLE) is None
    assert lake.newest(trends.TABLE, "slot") is None
    assert lake.read_above(trends.TABLE, "rank", 0, ["topic"]).num_rows == 0


def test_the_newest_value_comes_from_the_statistics_and_goes_back_with_the_rows(lake: Lake):
    put(lake, trends.TABLE, TWO_HOURS)
    assert lake.newest(trends.TABLE, "slot") == NOON + HOUR
    put(lake, trends.TABLE, "place | slot | rank | topic", run(NOON + HOUR))
    assert lake.newest(trends.TABLE, "slot") == NOON


def test_one_slot_more_rewrites_one_small_file_however_much_there_is(lake: Lake):
    slots = "".join(f"berlin | 2020-07-{1 + hour // 24:02} {hour % 24:02}:00 | 1 | {hour}\n" for hour in range(24 * 30))
    for day in range(30):
        part = "\n".join(line for line in slots.splitlines() if f"2020-07-{1 + day:02} " in line)
        lake.append(trends.TABLE, rows(trends.TABLE, f"place | slot | rank | topic\n{part}"))
    handle = lake.handle(trends.TABLE)
    assert handle is not None
    before = set(handle.file_uris())
    put(lake, trends.TABLE, "place | slot | rank | topic\nberlin | 2020-07-30 23:00 | 1 | new", run(NOON.replace(day=30, hour=23)))
    handle = lake.handle(trends.TABLE)
    assert handle is not None
    assert len(before - set(handle.file_uris())) == 1
    assert lake.read(trends.TABLE).num_rows == 24 * 30


def test_whatever_a_write_makes_is_synced_before_it_returns(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    synced: set[Path] = set()
    real = os.fsync

    def noted(descriptor: int) -> None:
        real(descriptor)
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", noted)
    put(lake, trends.TABLE, TWO_HOURS)
    put(lake, trends.TABLE, "place | slot | rank | topic\nberlin | 2020-07-18 12:00 | 1 | regen", run())
    made = {path for path in Path(lake.uri(trends.TABLE)).rglob("*") if ".tmp" not in path.name}
    assert made <= synced
    assert {Path(lake.root), Path(lake.root) / "gold"} <= synced
    assert (Path(lake.root) / "_synced.json").exists()


def test_the_hundredth_version_syncs_its_checkpoint(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    for number in range(98):  # the table's making is its first version
        lake.append(trends.TABLE, rows(trends.TABLE, f"place | slot | rank | topic\nberlin | 2020-07-18 12:00 | {number + 1} | hsv"))
    synced: list[str] = []
    monkeypatch.setattr(durable, "sync", lambda paths: synced.extend(path.name for path in paths))
    lake.append(trends.TABLE, rows(trends.TABLE, "place | slot | rank | topic\nberlin | 2020-07-18 12:00 | 99 | hsv"))
    log = Path(lake.uri(trends.TABLE)) / "_delta_log"
    checkpoints = [path.name for path in log.iterdir() if "checkpoint" in path.name]
    assert checkpoints
    assert set(checkpoints) <= set(synced)


@pytest.mark.parametrize("damage", ["torn log", "empty log", "empty data", "whole"])
def test_a_version_that_was_never_synced_is_taken_back(lake: Lake, damage: str):
    put(lake, trends.TABLE, TWO_HOURS)
    newest = "place | slot | rank | topic\nberlin | 2020-07-18 14:00 | 1 | verloren"
    write_deltalake(Path(lake.uri(trends.TABLE)), rows(trends.TABLE, newest), mode="append")
    log = Path(lake.uri(trends.TABLE)) / "_delta_log" / f"{2:020}.json"
    if damage == "torn log":
        log.write_bytes(log.read_bytes()[:40])
    elif damage == "empty log":
        log.write_bytes(b"")
    elif damage == "empty data":
        max(Path(lake.uri(trends.TABLE)).glob("*.parquet"), key=lambda path: path.stat().st_mtime_ns).write_bytes(b"")
    again = Lake(str(lake.root))
    with again.locked():
        assert sorted(again.read(trends.TABLE).column("topic").to_pylist()) == ["hsv", "wahl"]
        again.append(trends.TABLE, rows(trends.TABLE, newest))
    assert sorted(Lake(str(lake.root)).read(trends.TABLE).column("topic").to_pylist()) == ["hsv", "verloren", "wahl"]


def test_a_first_version_that_was_never_synced_is_taken_back_to_nothing(lake: Lake):
    put(lake, change_rate.TABLE, "place | slot\nberlin | 2020-07-18 12:00")
    Path(lake.uri(trends.TABLE)).mkdir()
    write_deltalake(Path(lake.uri(trends.TABLE)), rows(trends.TABLE, TWO_HOURS))
    again = Lake(str(lake.root))
    assert again.recover() == ["gold.trends"]
    assert again.version(trends.TABLE) is None
    put(again, trends.TABLE, TWO_HOURS)
    assert again.read(trends.TABLE).num_rows == 2


def test_a_second_writer_is_told_who_writes(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folder, "PATIENCE_SECONDS", 0.1)
    with lake.locked(), pytest.raises(ServiceError, match="another Twilytics has been writing to the lake"), Lake(str(lake.root)).locked():
        pass
    with Lake(str(lake.root)).locked():
        pass


def test_a_lake_elsewhere_is_refused_with_what_to_do():
    with pytest.raises(SettingError, match="TWILYTICS_LAKE: hdfs://name/lake is no place that a lake can lie in: name a folder, or gs://"):
        Lake("hdfs://name/lake")


def test_slots_far_apart_are_read_in_one_go(lake: Lake):
    put(lake, trends.TABLE, TWO_HOURS)
    far = Slots(NOON + timedelta(days=900), NOON + timedelta(days=901))
    assert lake.read(trends.TABLE, (run(), far)).column("topic").to_pylist() == ["hsv"]
