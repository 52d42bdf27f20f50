"""Long work goes slice by slice: with the same result as at once, whatever comes in between, and without keeping others waiting."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lakes import Ask
from tests.test_metrics import START, assert_same, expected, gold, landed, over_days
from tests.test_metrics import observatory as without_stores
from twilytics import backfilling, noting, snapshot
from twilytics.cycle import CycleReport, cycle
from twilytics.errors import GateError
from twilytics.gold import captures, change_rate, top_topics
from twilytics.lake import Lake
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.published import published_tables
from twilytics.refinement import refine, refine_slice
from twilytics.render import arrow
from twilytics.settings import Settings
from twilytics.slots import EVER, Slots
from twilytics.sources import simulated

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
A_SLICE = "twilytics.estimating.answers_a_slice"


class Killed(BaseException):
    """Nothing in the code catches it."""


def kill(*_: object) -> None:
    raise Killed


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from((60, 480)), st.integers(4, 12))
def test_in_whatever_slices_and_order_and_however_often_killed_the_metrics_are_those_of_all_answers(
    data: st.DataObject, interval_minutes: int, a_slice: int
):
    interval = timedelta(minutes=interval_minutes)
    history = data.draw(over_days(interval, longest=10))
    arriving = iter(data.draw(st.permutations([landed(*answer) for answer in history])))
    with patch(A_SLICE, lambda *_: a_slice), without_stores(interval_minutes=interval_minutes) as opened:
        with patch.object(type(opened.engine), "chunk_answers", 6):
            while part := list(islice(arriving, data.draw(st.integers(5, 20), label="answers at once"))):
                snapshot.append(opened.lake, part)
                with opened.lake.locked():
                    refine(opened, extent="new")
                since = START + data.draw(st.integers(-5, 40), label="backfill from") * interval
                backfilling.ask(opened, Slots(since, since + data.draw(st.integers(1, 30), label="slots") * interval))
                some = data.draw(st.permutations(noting.slices(opened)))
                sliced(opened, some[: data.draw(st.integers(0, 3))], is_killed=data.draw(st.booleans()))
            while pieces := noting.slices(opened):
                sliced(opened, pieces)
        with opened.lake.locked():
            refine(opened)
        assert_same(gold(opened), expected(history, interval))


def sliced(opened: Observatory, pieces: list[Slots], *, is_killed: bool = False) -> None:
    for piece in pieces:
        with opened.lake.locked():
            refine_slice(opened, piece)
    if is_killed and (left := noting.slices(opened)):
        with opened.lake.locked(), pytest.raises(Killed):
            refine_slice(opened, left[0], progress=kill)


@pytest.fixture
def observatory(tmp_path: Path, mongodb_uri: str, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Observatory]:
    """Slices are of three hours of two places, and others have little time between them."""
    monkeypatch.setattr(A_SLICE, lambda *_: 6)
    monkeypatch.setattr("twilytics.slicing.GAP_SECONDS", 0.001)
    with Observatory(Settings(home=tmp_path / "home", mongodb_uri=mongodb_uri, postgres_dsn=postgres_dsn, _env_file=None)) as opened:
        yield opened


def land(observatory: Observatory, folder: Path, since: int, hours: int) -> None:
    path = folder / f"{since}.jsonl.gz"
    simulated.write(path, ["berlin", "hamburg"], SINCE + since * HOUR, hours)
    replay(observatory, [path])


def hours(since: int, until: int) -> Slots:
    return Slots(SINCE + since * HOUR, SINCE + until * HOUR)


def published(ask: Ask) -> dict[str, list[Any]]:
    """What readers see; of the checks and the batches nothing, which tell when they were."""
    tables = (table.name for table in published_tables() if table.name not in ("gold.quality", "gold.measurements"))
    return {name: sorted(map(repr, ask(f"SELECT * FROM {name}"))) for name in tables}


def n_batches(ask: Ask) -> int:
    return ask("SELECT count(*) FROM gold.batches")[0][0]


def test_a_long_history_is_published_slice_by_slice_and_in_the_end_as_at_once(
    observatory: Observatory, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    land(observatory, tmp_path, 0, 12)
    report = cycle(observatory)
    assert report.refined.runs == (hours(0, 12),)
    assert report.published is not None
    assert report.published.n_rows["gold.captures"] == ask("SELECT count(*) FROM gold.captures")[0][0] == report.refined.n_answers
    assert n_batches(ask) == 4 + 1  # the last has what is made of all slots
    in_slices = published(ask)
    monkeypatch.setattr(A_SLICE, lambda *_: 1_000)
    backfilling.ask(observatory, EVER)
    cycle(observatory)
    assert n_batches(ask) == 6
    assert published(ask) == in_slices
    assert observatory.ledger.refining() == ()
    assert observatory.ledger.publishing("gold.captures") == ()


def test_what_is_newer_than_everything_comes_first_and_nobody_waits_for_the_history(observatory: Observatory, ask: Ask, tmp_path: Path):
    land(observatory, tmp_path, 20, 1)
    cycle(observatory)
    land(observatory, tmp_path, 0, 20)
    land(observatory, tmp_path, 21, 1)
    report = cycle(observatory, is_whole=False)
    assert report.refined.runs == (hours(21, 22),)
    assert ask("SELECT min(slot), max(slot) FROM gold.captures") == [(SINCE + 20 * HOUR, SINCE + 21 * HOUR)]
    assert observatory.ledger.to_backfill == (hours(0, 20),)
    land(observatory, tmp_path, 22, 1)
    assert cycle(observatory, is_whole=False).refined.runs == (hours(22, 23),)
    assert observatory.ledger.to_backfill == (hours(0, 20),)
    cycle(observatory)
    assert ask("SELECT min(slot), max(slot) FROM gold.captures") == [(SINCE, SINCE + 22 * HOUR)]


def test_between_two_slices_another_cycle_gets_in(observatory: Observatory, ask: Ask, tmp_path: Path):
    land(observatory, tmp_path, 0, 12)
    cycle(observatory)
    backfilling.ask(observatory, EVER)
    seen: list[CycleReport] = []

    def call(stage: str, function: Any, *arguments: Any) -> Any:
        result = function(*arguments)
        if stage == "slice" and not seen:
            with Observatory(observatory.settings) as other:
                land(other, tmp_path, 12, 1)
                seen.append(cycle(other, is_whole=False))
            assert observatory.ledger.to_backfill
            assert ask("SELECT max(slot) FROM gold.captures") == [(SINCE + 12 * HOUR,)]
        return result

    cycle(observatory, call=call)
    assert [report.refined.runs for report in seen] == [(hours(12, 13),)]
    assert observatory.ledger.refining() == ()


def test_backfills_queue_up_and_merge(observatory: Observatory, tmp_path: Path):
    land(observatory, tmp_path, 0, 12)
    cycle(observatory)
    for asked in (hours(0, 4), hours(8, 12), hours(2, 9)):
        backfilling.ask(observatory, asked)
    assert observatory.ledger.to_backfill == (hours(0, 12),)
    assert observatory.ledger.to_refine == ()
    pieces = noting.slices(observatory)
    assert pieces == sorted(pieces)
    assert (pieces[0].since, pieces[-1].until) == (SINCE, SINCE + 12 * HOUR)
    assert all(earlier.until == later.since for earlier, later in pairwise(pieces))


@pytest.mark.parametrize("nth", [5, 60])
@pytest.mark.parametrize(("where", "name"), [(Lake, "sync"), (Observatory, "save")], ids=["before a sync", "before a note"])
def test_killed_anywhere_the_next_run_ends_it_with_the_same_result(
    observatory: Observatory, ask: Ask, tmp_path: Path, where: Any, name: str, nth: int, monkeypatch: pytest.MonkeyPatch
):
    land(observatory, tmp_path, 0, 9)
    cycle(observatory)
    expected = published(ask)
    ask("DROP SCHEMA gold CASCADE; SELECT 1")
    backfilling.ask(observatory, EVER)
    calls = iter(range(nth))
    real = getattr(where, name)
    with monkeypatch.context() as patched:
        patched.setattr(where, name, lambda *arguments: real(*arguments) if next(calls, None) is not None else kill())
        with pytest.raises(Killed):
            cycles_for_ever(observatory)
    with Observatory(observatory.settings) as again:
        cycle(again)
        assert again.ledger.refining() == again.ledger.publishing("gold.captures") == ()
    assert published(ask) == expected


def cycles_for_ever(observatory: Observatory) -> None:
    while True:
        cycle(observatory)
        backfilling.ask(observatory, EVER)


def spoil(observatory: Observatory, hour: int) -> None:
    """A change rate of 7."""
    slot = hours(hour, hour + 1)
    wrong = [{**row, "change_rate": 7.0, "n_new": 1, "n_gone": 1} for row in observatory.lake.read(change_rate.TABLE, (slot,)).to_pylist()]
    assert wrong
    observatory.lake.replace(change_rate.TABLE, pa.Table.from_pylist(wrong, schema=arrow.schema(change_rate.TABLE)), (slot,))


@pytest.fixture
def stopped(observatory: Observatory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Observatory:
    """A backfill whose second slice a check stopped: it is about the hours 3 to 6, far from what is new."""
    land(observatory, tmp_path, 0, 40)
    cycle(observatory)

    def spoilt(opened: Observatory, piece: Slots) -> Any:
        refined = refine_slice(opened, piece)
        if piece.since < SINCE + 4 * HOUR < piece.until:
            spoil(opened, 4)
        return refined

    backfilling.ask(observatory, hours(0, 12))
    with monkeypatch.context() as patched:
        patched.setattr("twilytics.slicing.refine_slice", spoilt)
        with pytest.raises(GateError, match="change_rate must be from 0 to 1"):
            cycle(observatory)
    return observatory


def test_a_slice_that_a_check_stops_leaves_the_last_good_state_and_the_rest_put_off(stopped: Observatory, ask: Ask):
    assert ask("SELECT max(change_rate) <= 1 FROM gold.change_rate") == [(True,)]
    assert stopped.ledger.to_backfill[0].since < SINCE + 8 * HOUR
    assert stopped.ledger.to_backfill[0].until == SINCE + 12 * HOUR


def test_what_a_check_stopped_in_a_slice_does_not_stop_what_is_new_and_is_told_with_it(stopped: Observatory, ask: Ask, tmp_path: Path):
    before = ask(f"SELECT * FROM {top_topics.TABLE.name} ORDER BY 1, 2, 3")
    land(stopped, tmp_path, 40, 1)
    report = cycle(stopped, is_whole=False)
    assert "change_rate.range" in [failure.rule for failure in report.checked.stopped]
    assert ask("SELECT max(slot), max(change_rate) <= 1 FROM gold.change_rate") == [(SINCE + 40 * HOUR, True)]
    # What is made of all slots follows from wrong ones too.
    assert ask(f"SELECT * FROM {top_topics.TABLE.name} ORDER BY 1, 2, 3") == before
    assert ask("SELECT n_failed FROM gold.quality WHERE run = (SELECT max(run) FROM gold.quality) AND n_failed > 0 AND severity = 'fail'")


def test_before_it_is_mended_no_further_slice_is_made_and_a_backfill_of_it_mends_it(stopped: Observatory, ask: Ask):
    put_off = stopped.ledger.to_backfill
    with pytest.raises(GateError):
        cycle(stopped)
    assert stopped.ledger.to_backfill == put_off
    backfilling.ask(stopped, hours(0, 12))
    cycle(stopped)
    assert stopped.ledger.publishing(change_rate.TABLE.name) == ()
    assert ask("SELECT count(*), max(change_rate) <= 1 FROM gold.change_rate") == [(stopped.lake.n_rows(captures.TABLE), True)]
