"""Topics follow their episodes key by key: those are made anew whose episodes changed, and all of them where nobody can tell."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twilytics import backfilling, engines, snapshot
from twilytics.answers import Answer
from twilytics.engines import Engine
from twilytics.gold import episodes, topics
from twilytics.maintenance import maintain_lake
from twilytics.observatory import Observatory
from twilytics.refine import Step
from twilytics.refinement import Refined, refine
from twilytics.settings import Settings
from twilytics.slots import EVER

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: How a whole table of topics is made.
OF_ALL = Step(topics.TABLE, {"gold.episodes": None, "gold.topic_places": ()}, None)


class Killed(Exception):  # noqa: N818
    pass


def kill(*_: object) -> None:
    raise Killed


def answer(place: str, hour: int, *names: str, minute: int = 5) -> Answer:
    payload = json.dumps({"trends": [{"name": name} for name in names]}).encode()
    at = START + timedelta(hours=hour, minutes=minute)
    return Answer("list", place, at, at, payload)


def landed(observatory: Observatory, *answers: Answer) -> Refined:
    with observatory.lake.locked():
        snapshot.append(observatory.lake, answers)
        return refine(observatory)


def told(observatory: Observatory) -> dict[str, tuple[str | None, int, int]]:
    """What each topic came to: where it was first, in how many episodes, in how many captures."""
    rows = observatory.lake.read(topics.TABLE).to_pylist()
    found = {row["topic"]: (row["first_place"], row["n_episodes"], row["n_slots"]) for row in rows}
    assert len(found) == len(rows)
    return found


BEFORE = {"far": (None, 1, 1), "stays": (None, 1, 1), "goes": (None, 1, 1)}
AFTER = {"far": (None, 1, 1), "stays": (None, 1, 2), "goes": (None, 1, 1), "comes": ("hamburg", 1, 1)}


@pytest.fixture
def observatory(tmp_path: Path) -> Iterator[Observatory]:
    """Three topics: two of one place, and one that another place had a day later."""
    with Observatory(Settings(home=tmp_path, _env_file=None)) as opened:
        landed(opened, answer("berlin", 30, "far"), answer("hamburg", 0, "stays", "goes"))
        assert told(opened) == BEFORE
        yield opened


def next_hour(observatory: Observatory) -> Refined:
    return landed(observatory, answer("hamburg", 1, "stays", "comes"))


def test_those_are_made_anew_whose_episodes_changed(observatory: Observatory):
    refined = next_hour(observatory)
    assert refined.rows["gold.topics"] == 3
    assert told(observatory) == AFTER


def test_nothing_is_written_where_episodes_are_made_again_as_they_were(observatory: Observatory):
    version = observatory.lake.version(topics.TABLE)
    backfilling.ask(observatory, EVER)
    refined = landed(observatory)
    assert refined.rows["gold.episodes"] == 3
    assert refined.rows["gold.topics"] == 0
    assert observatory.lake.version(topics.TABLE) == version


def test_a_topic_goes_whose_only_episode_goes(observatory: Observatory):
    landed(observatory, answer("hamburg", 0, "stays", "other", minute=1))  # captured before what was the snapshot so far
    assert told(observatory) == {"far": (None, 1, 1), "stays": (None, 1, 1), "other": (None, 1, 1)}


def test_where_the_files_that_it_was_made_of_are_gone_all_are_made_anew(observatory: Observatory):
    landed(observatory, answer("hamburg", 40, "late"))
    maintain_lake(observatory.lake, datetime.now(UTC) + HOUR)
    refined = next_hour(observatory)
    assert refined.rows["gold.topics"] == 5
    assert told(observatory) == AFTER | {"late": (None, 1, 1)}


def test_what_a_kill_between_episodes_and_topics_left_old_is_made_by_the_next_cycle(
    observatory: Observatory, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patched:
        patched.setattr(type(observatory.engine), "follow", kill)
        with pytest.raises(Killed):
            next_hour(observatory)
    assert told(observatory) == BEFORE
    assert landed(observatory).rows["gold.topics"] == 3
    assert told(observatory) == AFTER
    assert landed(observatory) == Refined()


def test_a_lake_without_topics_gets_all_of_them(observatory: Observatory):
    shutil.rmtree(Path(observatory.lake.uri(topics.TABLE)))
    with Observatory(observatory.settings) as reopened:
        next_hour(reopened)
        assert told(reopened) == AFTER


@contextmanager
def engine(name: str, observatory: Observatory) -> Iterator[Engine]:
    with engines.opened(observatory.settings.model_copy(update={"engine": name}), observatory.lake) as opened:
        yield opened


@pytest.mark.parametrize("name", ["duckdb", "spark"])
def test_each_engine_follows(name: str, observatory: Observatory, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    if name == "spark":
        request.getfixturevalue("spark_session")
    followed = observatory.lake.version(episodes.TABLE)
    with monkeypatch.context() as patched:
        patched.setattr(type(observatory.engine), "follow", kill)
        with pytest.raises(Killed):
            next_hour(observatory)
    with engine(name, observatory) as opened, observatory.lake.locked():
        made = opened.follow(OF_ALL, followed)
        assert made.n_rows == 3
        assert sum((run.until - run.since) / HOUR for run in made.runs) == 2
        assert told(observatory) == AFTER
        assert opened.follow(OF_ALL, observatory.lake.version(episodes.TABLE)).n_rows == 0
        assert told(observatory) == AFTER
        assert opened.follow(OF_ALL, None).n_rows == 4
        assert told(observatory) == AFTER
