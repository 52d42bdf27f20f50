import gzip
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from twilytics.sources import archive, simulated
from twilytics.topics import topic_key

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
CITIES = ("berlin", "stuttgart", "hamburg", "munich", "paris", "nowhere-town")


@pytest.fixture(scope="module")
def week():
    return [json.loads(line) for line in simulated.simulate(CITIES, NEW_YEAR, 168)]


def topics(lines):
    """The topics by place and hour."""
    found = defaultdict(dict)
    for line in lines:
        found[line["place"]][line["captured_at"][:13]] = {topic_key(trend["name"]) for trend in line["payload"]["trends"]}
    return found


def overlap(a, b):
    return len(a & b) / max(len(a), len(b))


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        simulated.write(tmp_path / name, CITIES, NEW_YEAR, 5, seed=3)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert list(simulated.simulate(CITIES, NEW_YEAR, 5, seed=3)) != list(simulated.simulate(CITIES, NEW_YEAR, 5, seed=4))


def test_hours_that_meet_continue_each_other():
    at_once = list(simulated.simulate(CITIES, NEW_YEAR, 6))
    in_parts = [*simulated.simulate(CITIES, NEW_YEAR, 4), *simulated.simulate(CITIES, NEW_YEAR + timedelta(hours=4), 2)]
    assert at_once == in_parts


def test_a_place_is_the_same_whoever_is_simulated_beside_it():
    alone = list(simulated.simulate(("berlin",), NEW_YEAR, 6))
    assert alone == [line for line in simulated.simulate(CITIES, NEW_YEAR, 6) if b'"berlin"' in line]


def test_what_is_written_is_an_archive_without_faults(tmp_path):
    n_lines = simulated.write(tmp_path / "new" / "a.jsonl.gz", CITIES, NEW_YEAR, 24)
    answers = list(archive.read(tmp_path / "new" / "a.jsonl.gz", NEW_YEAR + timedelta(days=2)))
    assert len(answers) == n_lines > 24 * 5
    assert {(answer.source, answer.fault) for answer in answers} == {("simulated", None)}
    assert {answer.place_id for answer in answers} == set(CITIES)
    assert all(NEW_YEAR <= answer.captured_at < NEW_YEAR + timedelta(days=1) for answer in answers)
    with gzip.open(tmp_path / "new" / "a.jsonl.gz") as lines:
        assert list(lines) == list(simulated.simulate(CITIES, NEW_YEAR, 24))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.jsonl.gz"]


def test_every_title_says_that_it_is_simulated(week):
    assert all("simulated" in trend["name"].lower() for line in week for trend in line["payload"]["trends"])


def test_the_hour_is_that_of_utc():
    in_india = NEW_YEAR.astimezone(timezone(timedelta(hours=5, minutes=30))) + timedelta(minutes=29)
    assert list(simulated.simulate(CITIES, in_india, 2)) == list(simulated.simulate(CITIES, NEW_YEAR, 2))
    with pytest.raises(ValueError, match="no zone"):
        next(simulated.simulate(CITIES, datetime(2026, 1, 1), 2))  # noqa: DTZ001


def test_lists_are_as_long_as_real_ones_and_a_few_captures_are_missing(week):
    lengths = [len(line["payload"]["trends"]) for line in week]
    assert 0.85 < sum(length == 50 for length in lengths) / len(lengths) < 0.95
    assert min(lengths) >= 1
    assert 0.97 < len(week) / (168 * len(CITIES)) < 1


def test_volumes_are_missing_as_often_as_in_real_lists(week):
    volumes = [trend.get("volume") for line in week for trend in line["payload"]["trends"]]
    assert 0.36 < volumes.count(None) / len(volumes) < 0.42
    assert all(type(volume) is int and volume >= 10_000 for volume in volumes if volume is not None)


def test_some_topics_come_in_variants_of_case_and_sign(week):
    titles = defaultdict(set)
    for line in week:
        for trend in line["payload"]["trends"]:
            titles[topic_key(trend["name"])].add(trend["name"])
    assert sum(len(spellings) > 1 for spellings in titles.values()) > 30


def test_topics_come_and_go_hour_by_hour(week):
    berlin = topics(week)["berlin"]
    hours = sorted(berlin)
    changes = [1 - overlap(berlin[a], berlin[b]) for a, b in pairwise(hours)]
    assert 0.1 < sum(changes) / len(changes) < 0.35


def test_cities_of_a_country_are_more_alike_than_others(week):
    found = topics(week)
    both = {
        pair: [overlap(found["berlin"][hour], found[pair][hour]) for hour in found["berlin"] if hour in found[pair]]
        for pair in ("hamburg", "paris")
    }
    near, far = (sum(both[pair]) / len(both[pair]) for pair in ("hamburg", "paris"))
    assert near > 2 * far > 0


def test_one_city_leads_and_another_follows():
    cities = ("cologne", "bremen")
    found = topics(json.loads(line) for line in simulated.simulate(cities, NEW_YEAR, 240))
    first = {city: {} for city in cities}
    for city in cities:
        for hour in sorted(found[city]):
            for topic in found[city][hour]:
                first[city].setdefault(topic, datetime.fromisoformat(hour + ":00"))
    leads = [first["bremen"][topic] - seen for topic, seen in first["cologne"].items() if topic in first["bremen"]]
    earlier, later = (sum(sign * lead > timedelta(0) for lead in leads) for sign in (1, -1))
    assert earlier > 10 * later
