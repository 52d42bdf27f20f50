"""A watched topic enters, peaks and leaves: each told once, by the subject that names it."""

import pytest

from tests.alerts.conftest import Gold, ago

HOSTILE = "'; drop table gold.trends --"


def path(gold: Gold, ranks: list[int | None], place: str = "berlin", topic: str = "hsv", newest: float = 0.0) -> None:
    """A place's captures, an hour apart, the last ``newest`` hours ago, and the topic's rank in each; None: not in the list. One run."""
    hours = [newest + len(ranks) - 1 - n for n in range(len(ranks))]
    gold.put("gold.captures", *({"place": place, "slot": ago(hour)} for hour in hours))
    listed = [(hour, rank) for hour, rank in zip(hours, ranks, strict=True) if rank is not None]
    gold.put("gold.trends", *({"place": place, "slot": ago(hour), "rank": rank, "topic": topic} for hour, rank in listed))
    run = {"place": place, "topic": topic, "started_at": ago(listed[0][0]), "last_seen_at": ago(listed[-1][0])}
    gold.put("gold.episodes", {**run, "n_slots": len(listed), "best_rank": min(rank for _, rank in listed)})


def watch(gold: Gold, topic: str = "hsv", title: str = "#HSV", hours: float = 30) -> None:
    gold.do("INSERT INTO ops.watch VALUES (%s, %s, %s)", topic, title, ago(hours))


def told(gold: Gold) -> dict[str, tuple[float, str]]:
    """Without the hour at the end of each subject."""
    return {subject.rpartition(", ")[0]: what for subject, what in gold.found("watched_topic").items()}


def test_a_topic_that_enters_is_told_with_its_rank(gold: Gold):
    path(gold, [None, 12, 12])
    assert told(gold) == {}
    watch(gold)
    assert gold.found("watched_topic") == {f"#HSV enters berlin, {ago(1):%Y-%m-%d %H:%M} UTC": (12.0, "rank 12")}


def test_a_topic_on_its_way_up_is_told_when_it_goes_no_further(gold: Gold):
    watch(gold)
    path(gold, [None, 12, 9, 7, 5])
    assert set(told(gold)) == {"#HSV enters berlin"}
    path(gold, [None, 12, 9, 7, 5, 5, 8, 6], "hamburg")
    assert told(gold)["#HSV peaks in hamburg"] == (5.0, "rank 5, 7 was the best before")
    assert len(told(gold)) == 3


def test_a_topic_that_leaves_is_told_and_with_it_the_peak_that_it_left_from(gold: Gold):
    watch(gold)
    path(gold, [None, 12, 3, None, None])
    assert told(gold) == {
        "#HSV enters berlin": (12.0, "rank 12"),
        "#HSV peaks in berlin": (3.0, "rank 3, 12 was the best before"),
        "#HSV leaves berlin": (3.0, "after 2 captures, its best rank was 3"),
    }


def test_what_came_before_somebody_watched_is_not_told(gold: Gold):
    watch(gold, hours=0.5)
    path(gold, [None, 12, 3, 5, None])
    assert set(told(gold)) == {"#HSV leaves berlin"}


def test_what_came_two_days_ago_is_no_news(gold: Gold):
    watch(gold, hours=999)
    path(gold, [None, 12, 3, 5, None], newest=50)
    assert told(gold) == {}


def test_topics_that_nobody_watches_are_not_told(gold: Gold):
    watch(gold, "bvb", "BVB")
    path(gold, [None, 12])
    assert told(gold) == {}


@pytest.mark.parametrize("name", [HOSTILE, "#" * 3 + "x" * 497])
def test_hostile_places_and_names_are_text(gold: Gold, name: str):
    watch(gold, name, name)
    path(gold, [None, 12], place=HOSTILE, topic=name)
    assert set(told(gold)) == {f"{name[:200]} enters {HOSTILE}"}
    assert gold.do("SELECT count(*) FROM gold.trends") == [(1,)]


def test_a_rank_that_the_run_had_before_is_no_peak(gold: Gold):
    watch(gold, hours=999)
    path(gold, [4, *[9] * 60, 4, 9])
    assert told(gold) == {}
