"""Every metric against a plain twin, however the answers arrived: one by one, all at once, out of order, or twice."""

import json
import tempfile
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import reference, reference_lives
from tests.engines import HOUR, OPTIONS, Compute, by_duckdb, by_spark
from tests.histories import every_pair
from twilytics import backfilling, snapshot
from twilytics.answers import Answer
from twilytics.bronze import answers
from twilytics.maintenance import maintain_lake, roll_up
from twilytics.observatory import Observatory
from twilytics.refinement import refine
from twilytics.render import arrow
from twilytics.schema import Keyed, Running, Settled, Table
from twilytics.settings import Settings
from twilytics.slots import EVER, floor
from twilytics.tables import definitions, named, of_layer

START = datetime(2020, 7, 17, 21, tzinfo=UTC)
PLACES = ("berlin", "hamburg", "stuttgart")
#: The same topics in several spellings, and names that hold none.
NAMES = ("hsv", "#HSV", "ＨＳＶ", "regen", "Regen ", "#wahl", "tatort", "ärger", "ÄRGER", "🏆", "#", " ")
Rows = list[dict[str, Any]]
History = Sequence[reference.Answer]

entry = st.tuples(st.sampled_from(NAMES), st.none() | st.integers(0, 9))
#: A handful of 30 places and hours, so there are gaps, and captures twice in a slot.
at_some_hours = st.tuples(
    st.sampled_from(PLACES),
    st.builds(lambda hour, minute: START + timedelta(hours=hour, minutes=minute), st.integers(0, 9), st.integers(0, 59)),
    st.lists(entry, max_size=6),
)
histories = st.lists(at_some_hours, min_size=1, max_size=24, unique_by=lambda answer: answer[:2])

#: Mostly one topic stays, so that its runs last; without it the list may be empty, and its slot not captured.
lasting = st.builds(
    lambda stays, beside: [("regen", None)] * stays + beside,
    st.sampled_from((True, True, True, True, False)),
    st.lists(entry, max_size=2),
)
#: How many slots later the next capture is; more than 3 break every run.
gaps = st.sampled_from((1, 1, 2, 3, 3, 3, 4, 5))
#: Minutes into the slot of a second capture: before the first one, or after it.
seconds = st.sampled_from((None, None, None, 0, 9))


@st.composite
def over_days(draw: st.DrawFn, interval: timedelta, longest: int) -> History:
    """Up to so many captures of two places, over several midnights: an hourly history of two days, or of weeks where slots are longer."""
    history: list[reference.Answer] = []
    for place in PLACES[:2]:
        slot = floor(START, interval)
        for gap, listed, second, beside in draw(st.lists(st.tuples(gaps, lasting, seconds, lasting), min_size=3, max_size=longest)):
            slot += gap * interval
            history.append((place, slot + timedelta(minutes=5), listed))
            if second is not None:
                history.append((place, slot + timedelta(minutes=second), beside))
    return history


def landed(place: str, captured_at: datetime, listed: list[tuple[str, int | None]]) -> Answer:
    payload = json.dumps({"trends": [{"name": name, "volume": volume} for name, volume in listed]}).encode()
    return Answer("list", place, captured_at, captured_at, payload)


def expected(history: History, interval: timedelta = HOUR, pairs: Container[tuple[str, str]] | None = None) -> dict[str, Rows]:
    """By name of each table that has a twin what the twin makes of the history."""
    lists = reference.lists(history, interval)
    episodes = reference_lives.episodes(lists, interval)
    return {
        "gold.set_aside": reference.set_aside(history, interval),
        "gold.trends": reference.trends(lists),
        "gold.change_rate": reference.change_rate(lists, interval),
        "gold.trend_equality": reference.trend_equality(lists),
        "gold.trendsetter": reference.trendsetter(lists, interval),
        "gold.change_summary": reference.change_summary(lists, interval) if lists else [],
        "gold.top_topics": reference.top_topics(lists) if lists else [],
        "gold.episodes": episodes,
        "gold.open_runs": reference_lives.open_runs(lists, interval) if lists else [],
        "gold.topics": reference_lives.topics(episodes),
        "gold.survival": reference_lives.survival(episodes),
        "gold.lead_lag": reference_lives.lead_lag(episodes, lists, pairs) if lists else [],
    }


@contextmanager
def observatory(home: str | None = None, **chosen: Any) -> Iterator[Observatory]:
    with (
        tempfile.TemporaryDirectory() as fresh,
        Observatory(Settings(home=Path(home or fresh), engine="duckdb", _env_file=None, **chosen)) as opened,
    ):
        yield opened


def refined(opened: Observatory, arrived: Sequence[Answer]) -> None:
    """A cycle without the stores."""
    with opened.lake.locked():
        snapshot.append(opened.lake, arrived)
        refine(opened)


def gold(opened: Observatory) -> dict[str, Rows]:
    return {table.name: opened.lake.read(table).to_pylist() for table in of_layer("gold")}


def assert_same(found: dict[str, Rows], wanted: dict[str, Rows]) -> None:
    for name, rows in wanted.items():
        assert reference.different(found[name], rows) == [], name


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.data())
def test_any_order_of_arrival_gives_the_metrics_of_all_answers(history: History, data: st.DataObject):
    arriving = iter(data.draw(st.permutations([landed(*answer) for answer in history])))
    with observatory() as opened:
        while part := list(islice(arriving, data.draw(st.integers(1, 12), label="answers at once"))):
            again = data.draw(st.lists(st.sampled_from(part), max_size=2), label="landed twice")
            refined(opened, part + again)
        assert_same(gold(opened), expected(history))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from((60, 480, 1440)))
def test_over_days_late_answers_join_and_split_what_lasts_and_neither_maintenance_nor_a_backfill_changes_it(
    data: st.DataObject, interval_minutes: int
):
    interval = timedelta(minutes=interval_minutes)
    history = data.draw(over_days(interval, longest=20))
    mixed = data.draw(st.permutations([landed(*answer) for answer in history]))
    # Most come at first; then late ones, of which few together reach little of what lasts.
    late, first = mixed[:4], mixed[4:]
    with observatory(interval_minutes=interval_minutes) as opened:
        for arriving in (first, late[:1], late[1:2], late[2:]):
            refined(opened, arriving)
            data.draw(st.sampled_from((left_alone, roll_up, emptied)), label="between two cycles")(opened)
        found = gold(opened)
        assert_same(found, expected(history, interval))
        backfilling.ask(opened, EVER)
        refined(opened, [])
        assert_same(gold(opened), found)


def left_alone(_: Observatory) -> None:
    """No maintenance."""


def emptied(opened: Observatory) -> None:
    """Maintenance after a retention of nothing: versions that are followed lose their files."""
    maintain_lake(opened.lake, datetime.now(UTC) + HOUR)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from((60, 480, 1440)))
def test_slot_after_slot_or_as_one_backfill_the_rows_are_the_same(data: st.DataObject, interval_minutes: int):
    interval = timedelta(minutes=interval_minutes)
    history = sorted(data.draw(over_days(interval, longest=8)), key=lambda answer: answer[1])
    with observatory(interval_minutes=interval_minutes) as opened:
        for _, of_slot in groupby(history, key=lambda answer: floor(answer[1], interval)):
            refined(opened, [landed(*answer) for answer in of_slot])
        found = gold(opened)
        assert_same(found, expected(history, interval))
    with observatory(interval_minutes=interval_minutes) as opened:
        snapshot.append(opened.lake, [landed(*answer) for answer in history])
        backfilling.ask(opened, EVER)
        refined(opened, [])
        assert_same(gold(opened), found)


#: The settings, and the pairs that each keeps of the three places.
PAIRS = {
    "all": {("berlin", "hamburg"), ("berlin", "stuttgart"), ("hamburg", "stuttgart")},
    "same-country": {("berlin", "hamburg"), ("berlin", "stuttgart"), ("hamburg", "stuttgart")},
    "stuttgart:berlin": {("berlin", "stuttgart")},
    "berlin:hamburg,hamburg:stuttgart": {("berlin", "hamburg"), ("hamburg", "stuttgart")},
}
PAIRED = {
    "gold.trend_equality": ("place_a", "place_b"),
    "gold.trendsetter": ("leader", "follower"),
    "gold.lead_lag": ("place_a", "place_b"),
}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.data())
def test_whenever_other_pairs_are_chosen_the_metrics_are_of_those_pairs(history: History, data: st.DataObject):
    arriving = iter(data.draw(st.permutations([landed(*answer) for answer in history])))
    with tempfile.TemporaryDirectory() as home:
        while part := list(islice(arriving, 12)):
            chosen = data.draw(st.sampled_from(list(PAIRS)))
            with observatory(home, pairs=chosen) as opened:
                refined(opened, part)
                found = gold(opened)
    for name, rows in expected(history, pairs=PAIRS[chosen]).items():
        kept = [row for row in rows if name not in PAIRED or tuple(sorted(row[end] for end in PAIRED[name])) in PAIRS[chosen]]
        assert reference.different(found[name], kept) == [], name


def transformed(compute: Compute, history: History) -> dict[str, pa.Table]:
    """All tables that follow from the answers, by one engine, without a lake."""
    arrived = [landed(*answer) for answer in history]
    made = {"bronze.answers": snapshot.rows(answers.TABLE, {answer.id: answer for answer in arrived}, batch=1)}
    made["bronze.pairs"] = every_pair({place for place, _, _ in history})
    made["bronze.catalogue"] = arrow.schema(named("bronze.catalogue")).empty_table()
    made["bronze.tweets"] = arrow.schema(named("bronze.tweets")).empty_table()
    made["bronze.dropped"] = arrow.schema(named("bronze.dropped")).empty_table()
    for name, definition in definitions().items():
        if definition.options:
            assert definition.transform is not None
            made[name] = definition.transform(*(made[table.name] for table in definition.table.inputs), **OPTIONS.of(definition))
        elif definition.transform is not None:
            made[name] = compute(definition.table, *(_given(definition.table, table, made) for table in definition.table.looks_at))
    return made


def _given(table: Table, made_of: Table, made: dict[str, pa.Table]) -> pa.Table:
    """Before the first answer nothing was open, and nothing was summed up."""
    is_carry = isinstance(table.reach, Running) and table.reach.carry == made_of.name
    is_settled = isinstance(table.reach, Keyed) and isinstance(made_of.reach, Settled)
    return arrow.schema(made_of).empty_table() if is_carry or is_settled else made[made_of.name]


def busy() -> History:
    told = [
        ("berlin", 0, 3, [("hsv", 3), ("#HSV", 9), ("regen", None)]),
        ("berlin", 0, 9, [("tatort", 1)]),
        ("berlin", 1, 0, [("Regen ", 5), ("🏆", None), ("ärger", 2), ("#", 1)]),
        ("berlin", 3, 0, [("ÄRGER", None)]),
        ("hamburg", 1, 59, [(" ", 1)]),
        ("hamburg", 2, 0, [("ＨＳＶ", 7), ("#wahl", None), ("ärger", 2)]),
        ("hamburg", 3, 0, [("hsv", 7), ("regen", 0)]),
        ("hamburg", 6, 0, [("ärger", 7), ("hsv", 1)]),
        ("stuttgart", 4, 0, [("regen", 4), ("ärger", None)]),
        ("stuttgart", 5, 0, [("regen", 4), ("hsv", None)]),
        ("stuttgart", 9, 59, [("#wahl", 4), ("hsv", None)]),
    ]
    return [(place, START + timedelta(hours=hour, minutes=minute), listed) for place, hour, minute, listed in told]


def test_each_transform_equals_its_twin_on_each_engine(spark_session: object):
    here = transformed(by_duckdb, busy())
    there = transformed(lambda table, *inputs: by_spark(spark_session, table, *inputs), busy())
    assert_same({name: rows.to_pylist() for name, rows in here.items()}, expected(busy()))
    assert here.keys() == there.keys()
    for name in here:
        assert reference.different(there[name].to_pylist(), here[name].to_pylist()) == [], name
