"""What is dropped stays out of the quarantine while it fails for the same reason, and nothing else changes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.test_retrying import HOUR, START, listing, refined
from twilytics import backfilling, dropping, retrying, snapshot
from twilytics.aside import Chosen
from twilytics.bronze import answers, dropped
from twilytics.build import build_silver
from twilytics.errors import ServiceError
from twilytics.gold import set_aside
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.silver import quarantine
from twilytics.slots import EVER, Slots
from twilytics.sources import judgement
from twilytics.tables import of_layer

FOLLOWING = (quarantine.TABLE, set_aside.TABLE)
TABLES = [table for layer in ("silver", "gold") for table in of_layer(layer) if table not in FOLLOWING]


@pytest.fixture
def observatory(tmp_path: Path) -> Iterator[Observatory]:
    with Observatory(Settings(home=tmp_path, _env_file=None)) as opened:
        refined(opened, listing(0, "a", None, "#"), listing(30, None, "b"), listing(30, None, "b", place="hamburg"))
        yield opened


def held(observatory: Observatory) -> list[tuple[str, str, int]]:
    rows = observatory.lake.read(quarantine.TABLE).to_pylist()
    return sorted((row["reason"], row["place"], (row["slot"] - START) // HOUR) for row in rows)


def counted(observatory: Observatory) -> list[tuple[str, str, int, int]]:
    rows = observatory.lake.read(set_aside.TABLE).to_pylist()
    return sorted((row["reason"], row["place"], (row["slot"] - START) // HOUR, row["n_rows"]) for row in rows)


def test_what_is_dropped_is_not_counted_any_more_and_the_next_cycle_publishes_that(observatory: Observatory):
    others = [("name_missing", "hamburg", 30, 1), ("topic_empty", "berlin", 0, 1)]
    assert counted(observatory) == sorted([("name_missing", "berlin", 0, 1), ("name_missing", "berlin", 30, 1), *others])
    with observatory.lake.locked():
        observatory.save(observatory.ledger.published({table.name: (EVER,) for table in (*FOLLOWING, *TABLES)}, 1))
    dropping.drop(observatory, Chosen(reason="name_missing", place="berlin"))
    assert counted(observatory) == others
    dropped_from = (Slots(START, START + HOUR), Slots(START + 30 * HOUR, START + 31 * HOUR))
    assert observatory.ledger.to_publish == {table.name: dropped_from for table in FOLLOWING}


def test_rows_of_one_reason_go_and_neither_a_backfill_nor_late_answers_bring_them_back(observatory: Observatory):
    versions = {table.name: observatory.lake.version(table) for table in TABLES}
    assert dropping.drop(observatory, Chosen(reason="name_missing", place="berlin")) == 2
    left = [("name_missing", "hamburg", 30), ("topic_empty", "berlin", 0)]
    assert held(observatory) == left
    assert {table.name: observatory.lake.version(table) for table in TABLES} == versions
    assert observatory.lake.read(answers.TABLE).num_rows == 3
    assert observatory.ledger.to_refine == ()
    backfilling.ask(observatory, EVER)
    refined(observatory)
    assert held(observatory) == left
    refined(observatory, listing(0, None, "a", place="hamburg"))
    assert held(observatory) == [("name_missing", "hamburg", 0), *left]
    assert dropping.drop(observatory, Chosen(reason="name_missing", place="berlin")) == 0


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_each_engine_reads_a_lake_where_nothing_was_ever_dropped_and_one_where_something_was(
    engine: Literal["duckdb", "spark"], tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
):
    if engine == "spark":
        request.getfixturevalue("spark_session")
    with Observatory(Settings(home=tmp_path, engine=engine, _env_file=None)) as opened:

        def read_again() -> list[tuple[str, str, int]]:
            with opened.lake.locked():
                build_silver(opened.engine, Slots(START, START + HOUR), HOUR)
            return held(opened)

        snapshot.append(opened.lake, [listing(0, "a", None, "#")])
        assert read_again() == [("name_missing", "berlin", 0), ("topic_empty", "berlin", 0)]
        assert opened.lake.version(dropped.TABLE) is None
        assert dropping.drop(opened, Chosen(reason="name_missing")) == 1
        assert held(opened) == read_again() == [("topic_empty", "berlin", 0)]
    assert caplog.messages == []


def test_a_row_that_fails_for_another_reason_comes_back_for_as_long_as_it_does(observatory: Observatory, monkeypatch: pytest.MonkeyPatch):
    dropping.drop(observatory, Chosen(reason="topic_empty"))
    left = held(observatory)
    with monkeypatch.context() as changed:
        changed.setattr(judgement, "topic_of", lambda name: (None, "name_too_long") if name == "#" else (name, None))
        backfilling.ask(observatory, EVER)
        refined(observatory)
    assert sorted({*held(observatory)} - {*left}) == [("name_too_long", "berlin", 0)]
    backfilling.ask(observatory, EVER)
    refined(observatory)
    assert held(observatory) == left


def test_a_drop_that_is_killed_halfway_is_ended_by_the_next_cycle(observatory: Observatory, monkeypatch: pytest.MonkeyPatch):
    def killed(_step: object) -> None:
        raise ServiceError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(observatory.engine, "run", killed)
        with pytest.raises(ServiceError):
            dropping.drop(observatory, Chosen(reason="topic_empty"))
    refined(observatory)
    assert ("topic_empty", "berlin", 0) not in held(observatory)
    assert observatory.lake.read(dropped.TABLE).num_rows == 1


def test_what_is_dropped_is_not_tried_again(observatory: Observatory):
    dropping.drop(observatory, Chosen(reason="name_missing"))
    assert retrying.plan(observatory, Chosen(reason="name_missing"))[0] == 0


def test_what_was_dropped_follows_the_answers_that_erasure_rewrote(observatory: Observatory):
    dropping.drop(observatory, Chosen(place="berlin"))
    first, second = observatory.lake.read(dropped.TABLE).sort_by("captured_at")["answer"].unique().to_pylist()
    run = Slots(START, START + HOUR)

    def noted() -> set[tuple[str, int]]:
        rows = observatory.lake.read(dropped.TABLE)
        return set(zip(rows["answer"].to_pylist(), rows["position"].to_pylist(), strict=True))

    with observatory.lake.locked():
        dropping.follow(observatory.lake, {"another": None}, (run,))
        assert noted() == {(first, 2), (first, 3), (second, 1)}
        dropping.follow(observatory.lake, {first: "rewritten"}, (run,))
        assert noted() == {("rewritten", 2), ("rewritten", 3), (second, 1)}
        dropping.follow(observatory.lake, {"rewritten": None}, (run,))
        assert noted() == {(second, 1)}
