"""Every metric against a plain twin, however the answers arrived: one by one, all at once, out of order, or twice."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import reference
from tests.engines import Compute, by_duckdb, by_spark
from tests.histories import every_pair
from twilytics import snapshot
from twilytics.answers import Answer
from twilytics.bronze import answers
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.render import arrow
from twilytics.settings import Settings
from twilytics.silver import entries
from twilytics.tables import definitions, named

START = datetime(2020, 7, 17, 21, tzinfo=UTC)
#: The same topics in several spellings, and names that hold none.
NAMES = ("hsv", "#HSV", "ＨＳＶ", "regen", "Regen ", "#wahl", "tatort", "ärger", "ÄRGER", "🏆", "#", " ")
METRICS = {
    "gold.trends": reference.trends,
    "gold.change_rate": reference.change_rate,
    "gold.trend_equality": reference.trend_equality,
    "gold.trendsetter": reference.trendsetter,
    "gold.change_summary": reference.change_summary,
    "gold.top_topics": reference.top_topics,
}

entry = st.tuples(st.sampled_from(NAMES), st.none() | st.integers(0, 9))
capture = st.tuples(
    st.sampled_from(("berlin", "hamburg", "stuttgart")),
    st.integers(0, 9),  # the hour: a handful of 30 places and hours, so there are gaps, and captures twice in a slot
    st.integers(0, 59),
    st.lists(entry, max_size=6),
)
histories = st.lists(capture, min_size=1, max_size=24, unique_by=lambda told: told[:3])


def told(history: Sequence[Any]) -> list[reference.Answer]:
    return [(place, START + timedelta(hours=hour, minutes=minute), listed) for place, hour, minute, listed in history]


def landed(place: str, captured_at: datetime, listed: list[tuple[str, int | None]]) -> Answer:
    payload = json.dumps({"trends": [{"name": name, "volume": volume} for name, volume in listed]}).encode()
    return Answer("list", place, captured_at, captured_at, payload)


def expected(history: Sequence[Any], table: str) -> list[dict[str, Any]]:
    lists = reference.lists(told(history))
    return METRICS[table](lists) if lists else []


@contextmanager
def observatory(home: str | None = None, **chosen: str) -> Iterator[Observatory]:
    with tempfile.TemporaryDirectory() as fresh:
        where = Path(home or fresh)
        with Observatory(Settings(home=where, engine="duckdb", _env_file=None, **chosen)) as opened, opened.lake.locked():
            yield opened


def gold(opened: Observatory) -> dict[str, list[dict[str, Any]]]:
    return {name: opened.lake.read(named(name)).to_pylist() for name in METRICS}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.data())
def test_any_order_of_arrival_gives_the_metrics_of_all_answers(history: Sequence[Any], data: st.DataObject):
    arriving = iter(data.draw(st.permutations([landed(*answer) for answer in told(history)])))
    with observatory() as opened:
        while part := list(islice(arriving, data.draw(st.integers(1, 12), label="answers at once"))):
            again = data.draw(st.lists(st.sampled_from(part), max_size=2), label="landed twice")
            snapshot.append(opened.lake, part + again)
            refine(opened)
        for name, rows in gold(opened).items():
            assert reference.different(rows, expected(history, name)) == []


#: The settings, and the pairs that each keeps of the three places.
PAIRS = {
    "all": {("berlin", "hamburg"), ("berlin", "stuttgart"), ("hamburg", "stuttgart")},
    "same-country": {("berlin", "hamburg"), ("berlin", "stuttgart"), ("hamburg", "stuttgart")},
    "stuttgart:berlin": {("berlin", "stuttgart")},
    "berlin:hamburg,hamburg:stuttgart": {("berlin", "hamburg"), ("hamburg", "stuttgart")},
}
PAIRED = {"gold.trend_equality": ("place_a", "place_b"), "gold.trendsetter": ("leader", "follower")}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.data())
def test_whenever_other_pairs_are_chosen_the_metrics_are_of_those_pairs(history: Sequence[Any], data: st.DataObject):
    arriving = iter(data.draw(st.permutations([landed(*answer) for answer in told(history)])))
    with tempfile.TemporaryDirectory() as home:
        while part := list(islice(arriving, 12)):
            chosen = data.draw(st.sampled_from(list(PAIRS)))
            with observatory(home, pairs=chosen) as opened:
                snapshot.append(opened.lake, part)
                refine(opened)
                found = gold(opened)
    for name, rows in found.items():
        of_all, ends = expected(history, name), PAIRED.get(name)
        kept = [row for row in of_all if ends is None or tuple(sorted(row[end] for end in ends)) in PAIRS[chosen]]
        assert reference.different(rows, kept) == []


def transformed(compute: Compute, history: Sequence[Any]) -> dict[str, pa.Table]:
    """All tables that follow from the answers, by one engine, without a lake."""
    arrived = [landed(*answer) for answer in told(history)]
    made = {"bronze.answers": snapshot.rows({answer.id: answer for answer in arrived}, batch=1)}
    made["bronze.pairs"] = every_pair({place for place, _, _ in told(history)})
    made["bronze.catalogue"] = arrow.schema(named("bronze.catalogue")).empty_table()
    for name, definition in definitions().items():
        if definition.table is entries.TABLE:
            made[name] = entries.transform(made[answers.TABLE.name], interval=timedelta(hours=1))
        elif definition.transform is not None:
            made[name] = compute(definition.table, *(made[table.name] for table in definition.table.inputs))
    return made


BUSY = [
    ("berlin", 0, 3, [("hsv", 3), ("#HSV", 9), ("regen", None)]),
    ("berlin", 0, 9, [("tatort", 1)]),
    ("berlin", 1, 0, [("Regen ", 5), ("🏆", None), ("ärger", 2), ("#", 1)]),
    ("berlin", 3, 0, [("ÄRGER", None)]),
    ("hamburg", 1, 59, [(" ", 1)]),
    ("hamburg", 2, 0, [("ＨＳＶ", 7), ("#wahl", None), ("ärger", 2)]),
    ("hamburg", 3, 0, [("hsv", 7), ("regen", 0)]),
    ("stuttgart", 9, 59, [("#wahl", 4), ("hsv", None)]),
]


def test_each_transform_equals_its_twin_on_each_engine(compute: Compute):
    made = transformed(compute, BUSY)
    for name in METRICS:
        assert reference.different(made[name].to_pylist(), expected(BUSY, name)) == [], name


def test_both_engines_make_the_same_tables_of_the_same_answers(spark_session: object):
    here = transformed(by_duckdb, BUSY)
    there = transformed(lambda table, *inputs: by_spark(spark_session, table, *inputs), BUSY)
    assert here.keys() == there.keys()
    for name in here:
        assert reference.different(there[name].to_pylist(), here[name].to_pylist()) == [], name
