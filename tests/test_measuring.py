"""What a cycle took and how large everything is: kept in the lake and published, however the cycle ended, and never its end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from tests.lakes import Ask
from tests.test_gate import spoil
from twilytics import measuring, postgres, publication, stopping
from twilytics.cycle import cycle, plainly
from twilytics.errors import GateError, ServiceError
from twilytics.gold import measurements
from twilytics.landing import replay
from twilytics.measuring import Stages
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.sources import simulated

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
STAGES = ["check_seconds", "cycle_seconds", "land_seconds", "publish_seconds", "refine_seconds", "snapshot_seconds"]
SIZES = ["database_bytes", "lake_bytes", "lake_files", "spool_answers"]


@pytest.fixture
def observatory(tmp_path: Path, mongodb_uri: str, postgres_dsn: str) -> Iterator[Observatory]:
    """Eleven hours of two places, landed."""
    settings = Settings(home=tmp_path / "home", mongodb_uri=mongodb_uri, postgres_dsn=postgres_dsn, source="mastodon", _env_file=None)
    with Observatory(settings) as opened:
        more(opened, tmp_path, 0, 11)
        yield opened


def more(observatory: Observatory, folder: Path, since: int, hours: int = 1) -> None:
    simulated.write(folder / f"{since}.jsonl.gz", ["berlin", "hamburg"], SINCE + since * HOUR, hours)
    replay(observatory, [folder / f"{since}.jsonl.gz"])


def cycles(observatory: Observatory) -> list[dict[str, float]]:
    """What the lake has of each cycle."""
    found: dict[datetime, dict[str, float]] = {}
    for row in observatory.lake.read(measurements.TABLE).to_pylist():
        found.setdefault(row["measured_at"], {})[row["measure"]] = row["value"]
    return [found[at] for at in sorted(found)]


def test_a_cycle_is_measured_and_published_at_once_with_the_one_before(observatory: Observatory, tmp_path: Path, ask: Ask):
    cycle(observatory)
    more(observatory, tmp_path, 11)
    cycle(observatory)
    assert [sorted(found) for found in cycles(observatory)] == [sorted([*STAGES, *SIZES])] * 2
    told = ask("SELECT measured_at, measure, value FROM gold.measurements ORDER BY 1, 2")
    kept = observatory.lake.read(measurements.TABLE).to_pylist()
    assert told == sorted((row["measured_at"], row["measure"], row["value"]) for row in kept)


def test_the_seconds_of_the_stages_are_parts_of_the_cycle_s(observatory: Observatory):
    cycle(observatory)
    (found,) = cycles(observatory)
    stages = sum(found[name] for name in STAGES if name != "cycle_seconds")
    assert 0 < stages < found["cycle_seconds"]
    assert all(found[name] > 0 for name in STAGES)


def test_the_sizes_are_those_of_the_files_that_the_newest_versions_hold(observatory: Observatory, tmp_path: Path, ask: Ask):
    sizes: list[int] = []
    append = observatory.lake.append

    def look_first(table: Any, rows: Any) -> None:
        if table is measurements.TABLE:
            logs = Path(observatory.settings.lake_root).glob("*/*/_delta_log")
            sizes.extend(path.stat().st_size for log in logs for path in map(Path, DeltaTable(log.parent).file_uris()))
        append(table, rows)

    cycle(observatory)
    more(observatory, tmp_path, 11)
    observatory.lake.append = look_first  # type: ignore[method-assign]
    cycle(observatory)
    found = cycles(observatory)[-1]
    assert (found["lake_files"], found["lake_bytes"]) == (len(sizes), sum(sizes))
    assert found["database_bytes"] == pytest.approx(ask("SELECT pg_database_size(current_database())")[0][0], rel=0.05)
    assert found["spool_answers"] == 0


def test_a_cycle_that_a_check_stops_leaves_the_seconds_of_the_stages_that_it_came_to(observatory: Observatory, ask: Ask):
    def call(stage: str, function: Any, *args: Any) -> Any:
        result = function(*args)
        if stage == "refine":
            spoil(observatory)
        return result

    with pytest.raises(GateError):
        cycle(observatory, call=call)
    (found,) = cycles(observatory)
    assert sorted(found) == sorted({*STAGES, *SIZES} - {"publish_seconds"})
    assert ask("SELECT measure FROM gold.measurements ORDER BY 1") == [(name,) for name in sorted(found)]
    assert ask("SELECT count(*) FROM gold.captures") == [(0,)]


def test_a_database_that_does_not_answer_gets_what_was_measured_from_the_next_cycle(
    observatory: Observatory, ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def away(_dsn: str) -> None:
        raise ServiceError("nobody listens")

    with monkeypatch.context() as cut:
        cut.setattr(postgres, "connect", away)
        with pytest.raises(ServiceError, match="nobody listens"):
            cycle(observatory)
    assert caplog.messages == ["the database was not measured: nobody listens"]
    cycle(observatory)
    first, _ = cycles(observatory)
    assert sorted({*STAGES, *SIZES} - {*first}) == ["database_bytes", "publish_seconds"]
    assert ask("SELECT count(*), count(DISTINCT measured_at) FROM gold.measurements") == [(len(first) + 10, 2)]


def test_what_cannot_be_published_is_warned_of_and_the_cycle_is_none_the_worse(
    observatory: Observatory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def full(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(publication, "publish_log", full)
    assert cycle(observatory).published is not None
    assert caplog.messages == ["what this cycle took was not kept, or not published yet: the disk is full"]


def test_where_nothing_was_ever_captured_nothing_is_measured(tmp_path: Path, mongodb_uri: str, postgres_dsn: str, ask: Ask):
    with Observatory(Settings(home=tmp_path, mongodb_uri=mongodb_uri, postgres_dsn=postgres_dsn, _env_file=None)) as opened:
        cycle(opened)
        assert opened.lake.version(measurements.TABLE) is None
    assert ask("SELECT count(*) FROM gold.measurements") == [(0,)]


@pytest.mark.parametrize(
    ("chosen", "money"),
    [
        ({"source": "mastodon", "x_monthly_budget_usd": 5.0}, {}),
        ({"source": "x-v2"}, {"spent_usd": 0.25}),
        ({"source": "x-v1.1", "x_monthly_budget_usd": 5.0}, {"spent_usd": 0.25, "budget_usd": 5.0}),
        ({"source": "mastodon", "tweets": 3}, {"spent_usd": 0.25}),
    ],
    ids=str,
)
def test_money_is_measured_where_calls_cost_and_the_budget_where_there_is_one(
    chosen: dict[str, Any], money: dict[str, float], tmp_path: Path, mongodb_uri: str, postgres_dsn: str
):
    told = {"home": tmp_path / "home", "mongodb_uri": mongodb_uri, "postgres_dsn": postgres_dsn, **chosen}
    with Observatory(Settings(**told, _env_file=None)) as opened:
        opened.store.spending.add(datetime.now(UTC), 0.25, None)
        more(opened, tmp_path, 0, 2)
        cycle(opened)
        (found,) = cycles(opened)
    assert {name: value for name, value in found.items() if name.endswith("_usd")} == money


def test_a_stage_that_fails_has_its_seconds_those_of_all_tries_together(monkeypatch: pytest.MonkeyPatch):
    clock = iter([100.0, 101.0, 104.0, 110.0, 115.0, 120.0])
    monkeypatch.setattr(measuring.time, "monotonic", lambda: next(clock))

    def twice(_stage: str, function: Any, *args: Any) -> Any:
        with pytest.raises(ValueError, match="x"):
            function(*args)
        return function(*args)

    stages = Stages(twice)
    with pytest.raises(ValueError, match="x"):
        stages("refine", int, "x")
    assert stages.measured() == {"refine_seconds": 3.0 + 5.0, "cycle_seconds": 20.0}


def test_a_stage_that_was_never_begun_has_no_seconds(monkeypatch: pytest.MonkeyPatch):
    stages = Stages(plainly)
    assert stages("land", int, "7") == 7
    monkeypatch.setattr(stopping.requested, "is_set", lambda: True)
    with pytest.raises(stopping.Stopped):
        stages("snapshot", int, "7")
    assert stages.seconds.keys() == {"land"}
