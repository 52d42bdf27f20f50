"""Which pairs of places are compared, and what a lake does when others are chosen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.bronze import pairs as bronze_pairs
from twilytics.errors import SettingError
from twilytics.gold import trend_equality, trendsetter
from twilytics.observatory import Observatory
from twilytics.pairs import chosen
from twilytics.refinement import Refined, refine
from twilytics.settings import Settings, load

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WRITE = "write all, same-country, or pairs as in berlin:stuttgart,berlin:hamburg"


@pytest.mark.parametrize(
    ("setting", "kept"),
    [
        (
            "all",
            {
                ("berlin", "germany"),
                ("berlin", "paris"),
                ("berlin", "weibo"),
                ("germany", "paris"),
                ("germany", "weibo"),
                ("paris", "weibo"),
            },
        ),
        ("same-country", {("berlin", "germany")}),
        (" Same-Country ", {("berlin", "germany")}),
        ("paris:berlin", {("berlin", "paris")}),
        ("Berlin:Paris, weibo:berlin,paris:berlin,", {("berlin", "paris"), ("berlin", "weibo")}),
        ("berlin:hamburg", set()),  # hamburg was not captured yet
        ("berlin:mastodon.example", set()),
    ],
)
def test_the_setting_chooses_among_the_captured_places(setting: str, kept: set[tuple[str, str]]):
    assert chosen(setting, {"berlin", "germany", "paris", "weibo"}) == kept


def test_places_without_a_country_have_none_in_common():
    assert chosen("same-country", {"worldwide", "weibo", "zhihu"}) == set()
    assert chosen("same-country", {"mastodon.social", "mas.to", "berlin", "norden.social"}) == {("berlin", "norden.social")}


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("everything", f"'everything' is no pair: {WRITE}"),
        ("berlin:hamburg:paris", f"'berlin:hamburg:paris' is no pair: {WRITE}"),
        ("berlin:", f"'berlin:' is no pair: {WRITE}"),
        (",", f"names no pair: {WRITE}"),
        ("berlin:paris,Berlin:berlin", "'Berlin:berlin' compares a place with itself"),
    ],
)
def test_a_setting_that_names_no_pairs_is_told(setting: str, says: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TWILYTICS_PAIRS", setting)
    with pytest.raises(SettingError) as told:
        load()
    assert str(told.value) == f"TWILYTICS_PAIRS: {says}"


def test_a_place_that_nobody_knows_is_told_with_the_nearest():
    says = "TWILYTICS_PAIRS: neither the catalogue nor the lake has 'hamburgh'. Nearest: hamburg, "
    with pytest.raises(SettingError, match=says):
        chosen("berlin:hamburgh", {"berlin"})


@contextmanager
def observatory(home: Path, pairs: str) -> Iterator[Observatory]:
    with Observatory(Settings(home=home, pairs=pairs, _env_file=None)) as opened, opened.lake.locked():
        yield opened


def landed(observatory: Observatory, *told: tuple[str, int]) -> Refined:
    payload = json.dumps({"trends": [{"name": "a"}]}).encode()
    snapshot.append(observatory.lake, [Answer("list", place, START + hour * HOUR, START, payload) for place, hour in told])
    return refine(observatory)


def equal(observatory: Observatory) -> list[tuple[Any, ...]]:
    rows = observatory.lake.read(trend_equality.TABLE).to_pylist()
    return sorted((row["place_a"], row["place_b"], (row["slot"] - START) // HOUR) for row in rows)


def setters(observatory: Observatory) -> set[tuple[str, str]]:
    return {(row["leader"], row["follower"]) for row in observatory.lake.read(trendsetter.TABLE).to_pylist()}


def test_a_place_that_is_captured_for_the_first_time_is_compared_at_once_and_nothing_else_is_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with observatory(tmp_path, "all") as opened:
        landed(opened, ("berlin", 0))
        assert equal(opened) == []
        landed(opened, ("berlin", 1))
        refined = landed(opened, ("paris", 1))
        assert len(refined.runs) == 1
        assert refined.runs[0].since == START + HOUR
        assert equal(opened) == [("berlin", "paris", 1)]
        assert setters(opened) == {("berlin", "paris")}
    assert caplog.text == ""


def test_a_pair_of_places_that_were_captured_alone_is_found_after_an_interruption(tmp_path: Path):
    with observatory(tmp_path, "all") as opened:
        snapshot.append(opened.lake, [Answer("list", "berlin", START, START, b'{"trends": [{"name": "a"}]}')])
        with pytest.raises(KeyboardInterrupt):
            refine(opened, progress=interrupt)
        landed(opened, ("paris", 1))
        assert setters(opened) == {("berlin", "paris")}


def interrupt(_done: int, _total: int) -> None:
    raise KeyboardInterrupt


def test_another_setting_takes_rows_away_and_gives_new_pairs_their_history(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    told = [(place, hour) for place in ("berlin", "hamburg", "paris") for hour in (0, 1, 30)]
    with observatory(tmp_path, "berlin:paris") as opened:
        landed(opened, *told)
        assert equal(opened) == [("berlin", "paris", hour) for hour in (0, 1, 30)]
        assert setters(opened) == {("berlin", "paris"), ("paris", "berlin")}
        assert refine(opened) == Refined()
    assert caplog.text == ""
    with observatory(tmp_path, "same-country") as opened:
        refined = refine(opened)
        assert equal(opened) == [("berlin", "hamburg", hour) for hour in (0, 1, 30)]
        assert setters(opened) == {("berlin", "hamburg"), ("hamburg", "berlin")}
        assert opened.ledger.to_publish["gold.captures"] == refined.runs
        assert refine(opened) == Refined()
    (record,) = caplog.records
    assert record.getMessage() == (
        "TWILYTICS_PAIRS, or the catalogue, keeps other pairs of places than before, 1 more and 1 no longer: "
        "all 3 captured slots, 2026-01-01 00:00 to 2026-01-02 07:00 UTC, are refined and published again"
    )


def test_another_setting_that_keeps_the_same_pairs_costs_nothing(tmp_path: Path):
    with observatory(tmp_path, "all") as opened:
        landed(opened, ("berlin", 0), ("hamburg", 0))
        version = opened.lake.version(bronze_pairs.TABLE)
    for setting in ("same-country", "hamburg:berlin", "berlin:hamburg,berlin:paris"):
        with observatory(tmp_path, setting) as opened:
            assert refine(opened) == Refined()
            assert opened.lake.version(bronze_pairs.TABLE) == version


def test_an_unknown_place_stops_the_refinement_before_it_changes_anything(tmp_path: Path):
    with observatory(tmp_path, "berlin:hamburgh") as opened:
        with pytest.raises(SettingError, match="hamburgh"):
            landed(opened, ("berlin", 0))
        assert opened.ledger.refined_batch == 0
        assert opened.lake.version(bronze_pairs.TABLE) is None
