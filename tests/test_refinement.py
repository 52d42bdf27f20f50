"""A cycle computes and writes the touched slots and what they reach, nothing else."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.errors import SettingError
from twilytics.gold import captures, change_rate, episodes, lifetimes, open_runs, top_topics, trendsetter
from twilytics.ledger import Ledger
from twilytics.observatory import Observatory
from twilytics.refinement import Refined, refine
from twilytics.settings import Settings
from twilytics.slots import Slots

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACES = ("berlin", "hamburg", "stuttgart")


@pytest.fixture
def observatory(tmp_path: Path) -> Iterator[Observatory]:
    with Observatory(Settings(home=tmp_path, _env_file=None)) as opened, opened.lake.locked():
        yield opened


def answer(place: str, hour: int, *names: str) -> Answer:
    payload = json.dumps({"trends": [{"name": name} for name in names]}).encode()
    return Answer("list", place, START + hour * HOUR, START + hour * HOUR, payload)


def landed(observatory: Observatory, *answers: Answer) -> Refined:
    snapshot.append(observatory.lake, answers)
    return refine(observatory)


def hours(since: int, until: int) -> Slots:
    return Slots(START + since * HOUR, START + until * HOUR)


@pytest.fixture
def two_days(observatory: Observatory) -> Observatory:
    landed(
        observatory,
        *(answer(place, hour, "a", "b", str(hour)) for place in PLACES for hour in range(48) if (place, hour) != ("berlin", 20)),
    )
    return observatory


def test_a_late_answer_makes_exactly_its_neighbours_be_computed_again(two_days: Observatory):
    before = {table.name: two_days.lake.read(table) for table in (change_rate.TABLE, trendsetter.TABLE)}
    refined = landed(two_days, answer("berlin", 20, "x", "y"))
    assert refined.runs == (hours(20, 21),)
    assert refined.rows["silver.entries"] == 3 * 2 + 2
    assert refined.rows["gold.captures"] == 3
    assert refined.rows["gold.change_rate"] == 3 * 2  # this slot and the next
    assert refined.rows["gold.trend_equality"] == 3
    assert refined.rows["gold.trendsetter"] == 6 * 6 * 7  # six ordered pairs, six lags, from six slots before on
    for table, around in ((change_rate.TABLE, hours(20, 22)), (trendsetter.TABLE, hours(14, 21))):
        outside = ~((pc.field("slot") >= around.since) & (pc.field("slot") < around.until))
        order = [(name, "ascending") for name in table.grain]
        assert two_days.lake.read(table).filter(outside).sort_by(order) == before[table.name].filter(outside).sort_by(order)
    (rate,) = two_days.lake.read(change_rate.TABLE, (hours(21, 22),)).filter(pc.field("place") == "berlin").to_pylist()
    assert (rate["n_new"], rate["change_rate"]) == (3, 1.0)


def test_a_late_answer_splits_what_it_does_not_have_and_no_other_episode_changes(two_days: Observatory):
    before = told(two_days)
    landed(two_days, answer("berlin", 20, "x"))
    after = told(two_days)
    assert before - after == {("berlin", "a", 0, 47, 47), ("berlin", "b", 0, 47, 47)}
    assert after - before == {("berlin", topic, *span) for topic in "ab" for span in ((0, 19, 20), (21, 47, 27))} | {
        ("berlin", "x", 20, 20, 1)
    }


def told(observatory: Observatory) -> set[tuple[str, str, int, int, int]]:
    """The episodes, by hours since the start, each with its number of captures."""
    found = [
        (row["place"], row["topic"], *((row[end] - START) // HOUR for end in ("started_at", "last_seen_at")), row["n_slots"])
        for row in observatory.lake.read(episodes.TABLE).to_pylist()
    ]
    assert len(set(found)) == len(found)
    return set(found)


def test_a_late_answer_joins_what_a_break_parted(observatory: Observatory):
    landed(observatory, answer("berlin", 0, "a"), answer("berlin", 30, "a"), answer("hamburg", 21, "a"))
    assert told(observatory) == {("berlin", "a", 0, 0, 1), ("berlin", "a", 30, 30, 1), ("hamburg", "a", 21, 21, 1)}
    landed(observatory, *(answer("berlin", hour, "a") for hour in range(3, 30, 3)))
    assert told(observatory) == {("berlin", "a", 0, 30, 11), ("hamburg", "a", 21, 21, 1)}


def test_a_late_answer_days_back_changes_what_still_goes_on(observatory: Observatory):
    landed(observatory, *(answer("berlin", hour, "a") for hour in range(0, 120, 3) if hour != 3))
    assert told(observatory) == {("berlin", "a", 0, 0, 1), ("berlin", "a", 6, 117, 38)}
    landed(observatory, answer("berlin", 3, "a"))
    assert told(observatory) == {("berlin", "a", 0, 117, 40)}
    landed(observatory, answer("berlin", 4, "b"))
    assert told(observatory) == {("berlin", "a", 0, 3, 2), ("berlin", "b", 4, 4, 1), ("berlin", "a", 6, 117, 38)}
    assert sorted((row["day"] - START) // HOUR for row in observatory.lake.read(open_runs.TABLE).to_pylist()) == [24, 48, 72, 96, 120]
    assert {row["n_slots"] for row in observatory.lake.read(open_runs.TABLE).to_pylist()} == {6, 14, 22, 30, 38}


def test_a_table_that_the_lake_lacks_gets_its_history(two_days: Observatory, caplog: pytest.LogCaptureFixture):
    """As after an upgrade to a version that has more tables."""
    tables = (open_runs.TABLE, episodes.TABLE, lifetimes.TABLE)
    expected = {table.name: two_days.lake.read(table).sort_by([(key, "ascending") for key in table.grain]) for table in tables}
    for table in tables:
        shutil.rmtree(Path(two_days.lake.uri(table)))
    with Observatory(two_days.settings) as upgraded:
        (run,) = refine(upgraded).runs
        assert run == hours(0, 48)
        for table in tables:
            assert upgraded.lake.read(table).sort_by([(key, "ascending") for key in table.grain]) == expected[table.name], table.name
        assert refine(upgraded) == Refined()
    assert [record.getMessage() for record in caplog.records] == [
        "the lake does not have gold.open_runs, gold.episodes, gold.lifetimes yet: "
        "all 48 captured slots, 2026-01-01 00:00 to 2026-01-03 00:00 UTC, are refined and published again"
    ]


def test_nothing_new_is_nothing_to_do(two_days: Observatory):
    versions = {table.name: two_days.lake.version(table) for table in (captures.TABLE, change_rate.TABLE)}
    assert refine(two_days) == Refined()
    assert {table.name: two_days.lake.version(table) for table in (captures.TABLE, change_rate.TABLE)} == versions


def test_an_interrupted_refinement_goes_on_with_the_rest(observatory: Observatory, monkeypatch: pytest.MonkeyPatch):
    class Interrupted(Exception):  # noqa: N818
        pass

    def interrupt(done: int, total: int) -> None:
        raise Interrupted

    monkeypatch.setattr(type(observatory.engine), "chunk_answers", 30)
    snapshot.append(observatory.lake, [answer(place, hour, "a") for place in PLACES for hour in range(48)])
    with pytest.raises(Interrupted):
        refine(observatory, progress=interrupt)
    left = observatory.ledger
    assert left.to_publish
    assert left.to_refine
    assert max(run.until for run in left.to_publish["gold.captures"]) == min(run.since for run in left.to_refine)
    refine(observatory)
    assert observatory.ledger.to_refine == ()
    assert observatory.lake.read(captures.TABLE).num_rows == 3 * 48


def test_summaries_that_an_interruption_left_old_are_made_by_the_next_refinement(two_days: Observatory, monkeypatch: pytest.MonkeyPatch):
    class Interrupted(Exception):  # noqa: N818
        pass

    def interrupt(*_: object, **__: object) -> None:
        raise Interrupted

    snapshot.append(two_days.lake, [answer("berlin", 48, "new")])
    with monkeypatch.context() as patched:
        patched.setattr("twilytics.refinement.build_summaries", interrupt)
        with pytest.raises(Interrupted):
            refine(two_days)
    assert two_days.ledger.to_refine == ()
    refined = refine(two_days)
    assert refined.runs == ()
    assert "new" in two_days.lake.read(top_topics.TABLE).column("topic").to_pylist()
    assert refine(two_days) == Refined()


def test_a_place_that_the_catalogue_lacks_is_told_once(observatory: Observatory):
    assert landed(observatory, answer("weibo", 0, "a"), answer("berlin", 0, "a")).unknown_places == ("weibo",)
    assert landed(observatory, answer("weibo", 1, "a")).unknown_places == ()


def test_a_ledger_of_the_version_before_is_read(observatory: Observatory):
    run = {"since": "2026-01-01T00:00:00+00:00", "until": "2026-01-01T02:00:00+00:00"}
    told = {"interval_minutes": 60, "refined_batch": 3, "to_refine": [run], "to_publish": [run], "published_batch": 2, "places": ["berlin"]}
    (Path(observatory.lake.root) / "_ledger.json").write_text(json.dumps(told))
    assert observatory.ledger == Ledger(60, refined_batch=3, to_refine=(hours(0, 2),), published_batch=2, places=("berlin",))
    observatory.save(observatory.ledger.refined(hours(0, 1), {"gold.captures": (hours(0, 1),)}))
    assert observatory.ledger.to_refine == (hours(1, 2),)
    assert observatory.ledger.to_publish == {"gold.captures": (hours(0, 1),)}


def test_a_lake_is_not_refined_at_another_interval(two_days: Observatory):
    with (
        Observatory(Settings(home=two_days.settings.home, interval_minutes=30, _env_file=None)) as other,
        pytest.raises(SettingError, match="was refined with TWILYTICS_INTERVAL_MINUTES=60, not 30"),
    ):
        refine(other)
