"""An observatory moves with all it holds, once, and goes on as if it had never moved."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.moving import holding
from tests.moving.conftest import HOURS, PARTS, SINCE, Make, answer, fill, simulate
from twilytics import moving, watching
from twilytics.cycle import cycle
from twilytics.errors import ServiceError
from twilytics.landing import replay
from twilytics.moving.part import Carried
from twilytics.observatory import Observatory
from twilytics.settings import changed
from twilytics.sources import archive
from twilytics.tables import of_layer


def test_after_a_move_both_sides_hold_the_same_and_the_source_is_as_it_was(source: Observatory, make: Make):
    before, target = holding.everything(source), make()
    done = moving.move(source, target, PARTS)
    assert holding.everything(target) == before == holding.everything(source)
    assert [one.done_at for one in done.parts] == [None, None, None]
    answers = before["answers"]
    assert {name: one.n for name, one in done.parts[0].held.items()} == {name: len(answers[name]) for name in answers}
    assert len(answers["parts"]) == 3
    assert done.parts[2].held["ops.watch"].n == 1
    assert len(before["lake"]) > 100


def test_a_moved_observatory_goes_on_without_gap_or_double(make: Make, tmp_path: Path):
    stays = make()
    replay(stays, [simulate(tmp_path / "a.jsonl.gz")])
    cycle(stays)
    now, next_slot = datetime.now(UTC), simulate(tmp_path / "b.jsonl.gz", 1, SINCE + timedelta(hours=HOURS))
    stays.spool.write(archive.read(next_slot, now))  # captured, and waiting while the move goes on
    moved = make(home=stays.settings.home, lake=str(tmp_path / "lake"))
    moving.move(stays, moved, PARTS)
    assert cycle(moved).snapshot.n_new == 2
    stays.spool.write(archive.read(next_slot, now))
    cycle(stays)
    for table in of_layer("gold"):
        assert holding.rows(moved, table) == holding.rows(stays, table), table.name
    told = [holding.database(one.dsn) for one in (moved, stays)]
    for name in told[0].keys() - {"gold.batches", "gold.quality", "gold.measurements"}:
        assert told[0][name] == told[1][name], name
    n_lines = sum(len(gzip.decompress(path.read_bytes()).splitlines()) for path in tmp_path.glob("*.gz"))
    assert len(told[0]["gold.captures"]) == n_lines
    assert len(told[0]["gold.batches"]) == len(told[1]["gold.batches"]) == 2


def test_a_move_that_was_done_says_so_and_writes_nothing(source: Observatory, make: Make):
    target = make()
    first = moving.move(source, target, PARTS)
    before = holding.everything(target)
    again = moving.move(source, target, PARTS)
    assert all(one.done_at and one.is_same for one in again.parts)
    assert [one.held for one in again.parts] == [one.held for one in first.parts]
    watching.add(target.dsn, ["schalke"])
    later = moving.move(source, target, ["postgres_dsn"]).parts[0]
    assert (later.is_same, later.done_at) == (False, again.parts[2].done_at)
    assert holding.lake(target) == before["lake"]
    assert len(holding.database(target.dsn)["ops.watch"]) == 2


def test_what_came_to_the_source_after_its_move_is_brought_by_another(make: Make, tmp_path: Path):
    opened, target = make(), make()
    fill(opened, tmp_path / "a.jsonl.gz")
    moving.move(opened, target, PARTS)
    replay(opened, [simulate(tmp_path / "b.jsonl.gz", 1, SINCE + timedelta(hours=HOURS + 1))])
    cycle(opened)
    assert opened.store.waiting() == 0
    opened.store.spending.add(SINCE, 0.5, None)
    watching.remove(opened.dsn, ["hertha \N{SNOWMAN}\\"])
    assert all(one.done_at is None for one in moving.move(opened, target, PARTS).parts)
    assert holding.everything(target) == holding.everything(opened)


def test_where_both_went_on_neither_is_preferred(make: Make):
    opened, target = make(), make()
    opened.store.land([answer(1)])
    moving.move(opened, target, ["mongodb_uri"])
    opened.store.land([answer(2)])
    target.store.land([answer(3)])
    before = holding.answers(target)
    with pytest.raises(ServiceError, match=r"both written to since the move of .*set TWILYTICS_MONGODB_URI;"):
        moving.move(opened, target, ["mongodb_uri"])
    assert holding.answers(target) == before


def test_parts_move_one_by_one(source: Observatory, make: Make):
    first, second = make(), make()
    assert [one.setting for one in moving.move(source, first, ["lake"]).parts] == ["lake"]
    assert holding.answers(first) == {}
    settings = changed(source.settings, lake=first.settings.lake_root)
    with Observatory(settings) as halfway:
        moving.move(halfway, second, PARTS)
    assert holding.everything(second) == holding.everything(source)


def test_an_observatory_that_nobody_used_moves_as_well(make: Make):
    fresh, target = make(), make()
    done: tuple[Carried, ...] = moving.move(fresh, target, PARTS).parts
    assert {held.n for one in done for held in one.held.values()} == {0}
    assert moving.move(fresh, target, PARTS).parts[0].done_at is None


@pytest.mark.parametrize("is_back", [False, True], ids=["to the bucket", "and back"])
def test_a_lake_moves_to_object_storage(source: Observatory, make: Make, emulator, is_back: bool):
    there = make(lake=f"{emulator.bucket()}/trends/lake", gcp_credentials=emulator.credentials)
    moving.move(source, there, ["lake"])
    assert holding.lake(there) == holding.lake(source)
    if is_back:
        back = make(gcp_credentials=emulator.credentials)
        moving.move(there, back, ["lake"])
        assert holding.lake(back) == holding.lake(source)
        assert back.lake.recover() == []
    for table in of_layer("gold"):
        assert holding.rows(there, table) == holding.rows(source, table), table.name


def test_older_versions_move_with_the_lake(source: Observatory, make: Make):
    target = make()
    moving.move(source, target, ["lake"])
    for table in of_layer("bronze"):
        newest = source.lake.version(table)
        for number in range((newest or 0) + 1 if newest is not None else 0):
            here, there = (one.lake.at(table, number).to_pyarrow_table() for one in (source, target))
            assert here.equals(there)
    assert source.lake.version(of_layer("bronze")[0]) == 2
