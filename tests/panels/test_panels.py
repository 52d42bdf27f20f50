"""Every panel answers: as the reader's role in PostgreSQL, and over the lake for the report, with the same rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from tests.published import History
from twilytics.panels import asked, dashboards, panels
from twilytics.panels.operations import NOT_IN_LAKE
from twilytics.panels.panel import GRID, METRIC, TIME, Panel
from twilytics.panels.shared import FAILED_GATES, GAPS
from twilytics.published import schema
from twilytics.report.facts import Facts
from twilytics.schema import Type
from twilytics.slots import Slots

ASKING = [panel for panel in panels().values() if panel.query]
#: What PostgreSQL says a column is of.
TYPES: Mapping[Type, int] = {"bigint": 20, "double": 701, "string": 25, "timestamp": 1184, "boolean": 16}
#: Tables of half a year of real answers that nobody should read as a whole.
LARGE = {"trends", "trendsetter", "trendsetter_by_day", "episodes", "topics"}
WEEK = timedelta(days=7)
#: Asks for posts, which X alone is asked for.
UNASKED = {"topic-posts"}


@cache
def chosen(history: History) -> dict[str, Sequence[str]]:
    """What a viewer has before choosing anything: all places, or the first value of each variable."""
    found: dict[str, Sequence[str]] = {}
    for dashboard in dashboards():
        for variable in dashboard.variables:
            rows = history.ask(asked.asked(variable.query, history.shown, found))
            values = [str(list(row.values())[-1]) for row in rows]
            found[variable.name] = values if variable.is_multi else values[:1]
    return found


def shown(panel: Panel, history: History) -> Slots:
    """The history's time; for what the observatory notes of itself, the time in which these tests run."""
    noted = {"run", "measured_at", "published_at"} & {str(term.table.time) for term in panel.terms}
    now = datetime.now(UTC)
    return Slots(now - timedelta(days=1), now) if noted and panel.key != "data-up-to" else history.shown


def question(panel: Panel, history: History) -> str:
    return asked.asked(panel.query, shown(panel, history), chosen(history))


@pytest.fixture(params=["fortnight", "x_2020", "strangers", "nothing"])
def history(request: pytest.FixtureRequest) -> History:
    found: History = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("panel", ASKING, ids=lambda panel: panel.key)
def test_the_reader_gets_the_columns_that_are_declared(panel: Panel, history: History):
    found, _ = history.answered(question(panel, history))
    names = asked.columns(panel.query)
    assert found == [(name, TYPES[panel.column(name).type]) for name in names]


@pytest.mark.parametrize("panel", ASKING, ids=lambda panel: panel.key)
def test_a_published_history_fills_it(panel: Panel, fortnight: History):
    assert bool(fortnight.ask(question(panel, fortnight))) == (panel.key not in UNASKED)


def test_real_answers_fill_it_as_far_as_they_go(x_2020: History):
    empty = {panel.key for panel in ASKING if not x_2020.ask(question(panel, x_2020))}
    # Nothing failed, and nothing could not be read.
    assert empty == {"missing", "set-aside", *UNASKED}


def test_an_empty_history_has_no_rows_but_those_of_its_publications(nothing: History):
    filled = {panel.key for panel in ASKING if nothing.ask(question(panel, nothing))}
    assert filled == set()


@pytest.fixture(scope="module")
def facts(fortnight: History) -> Iterator[Facts]:
    with closing(Facts(fortnight.observatory.lake, fortnight.observatory.ledger)) as opened:
        yield opened


@pytest.mark.parametrize("panel", ASKING, ids=lambda panel: panel.key)
def test_the_lake_answers_as_postgresql_does(panel: Panel, fortnight: History, facts: Facts):
    if panel.key == "data-up-to" or panel.not_in_report == NOT_IN_LAKE:
        return  # they ask for publications, which the lake does not know
    query = question(panel, fortnight)
    assert _rounded(facts.rows(query)) == _rounded(fortnight.ask(query))


def _rounded(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows, in the order of their texts: ties are in no order that was asked for."""
    plain = [{name: round(value, 9) if isinstance(value, float) else value for name, value in row.items()} for row in rows]
    texts = (
        {name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for name, value in row.items()} for row in plain
    )
    return sorted(json.dumps(row, sort_keys=True) for row in texts)


@pytest.mark.parametrize("panel", ASKING, ids=lambda panel: panel.key)
def test_no_large_table_is_read_as_a_whole(panel: Panel, x_2020: History):
    last_week = Slots(x_2020.shown.until - WEEK, x_2020.shown.until)
    query = asked.asked(panel.query, last_week, chosen(x_2020))
    ((plan,),) = [tuple(row.values()) for row in x_2020.ask(f"EXPLAIN (FORMAT JSON) {query}")]
    assert _read_as_a_whole(plan[0]["Plan"]) & LARGE == set()


def _read_as_a_whole(plan: Mapping[str, Any]) -> set[str]:
    below = {name for part in plan.get("Plans", ()) for name in _read_as_a_whole(part)}
    return below | ({plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set())


@pytest.mark.parametrize("mark", [GAPS, FAILED_GATES], ids=lambda mark: mark.name)
def test_what_is_marked_is_an_instant_and_a_text(mark, history: History):
    found, _ = history.answered(asked.asked(mark.query, history.shown, {}))
    assert found == [("time", 1184), ("text", 25)]


def test_gaps_are_marked(fortnight: History):
    found = fortnight.ask(asked.asked(GAPS.query, fortnight.shown, {}))
    assert [row["text"] for row in found] == ["1 places not captured: no_topics"] * 3


def test_a_table_that_is_gone_or_a_column_renamed_is_told_by_the_panel(fortnight: History):
    """What the tests above rest on: a question that the database refuses does not pass."""
    query = question(panels()["map"], fortnight)
    for gone in (query.replace("gold.change_rate_by_day", "gold.change_rate_by_week"), query.replace("by_day.change_rate", "by_day.rate")):
        with pytest.raises(Exception, match="does not exist"):
            fortnight.ask(gone)


@pytest.mark.parametrize("panel", panels().values(), ids=lambda panel: panel.key)
def test_its_answer_has_the_shape_of_its_kind(panel: Panel):
    declared = [panel.column(name) for name in asked.columns(panel.query)] if panel.query else []
    types = [column.type for column in declared]
    match panel.kind:
        case "lines":
            assert declared[0] is TIME
            assert set(types[2 if METRIC in declared else 1 :]) <= {"bigint", "double"}
        case "states":
            assert declared[:2] == [TIME, METRIC]
            assert len(declared) == 3
        case "matrix":
            assert types == ["string", "string", "double"]
        case "bars":
            assert types[0] == "string"
            assert set(types[1:]) <= {"bigint", "double"}
        case "map":
            assert [column.name for column in declared[:3]] == ["name", "latitude", "longitude"]
            assert types[3:] == ["double"]
        case "words":
            assert panel.words
        case _:
            assert declared
    assert 1 <= panel.width <= GRID


def test_keys_are_given_once_and_every_variable_that_is_asked_for_can_be_chosen():
    listed = [panel for dashboard in dashboards() for panel in dashboard.panels]
    assert {panel.key for panel in listed} == set(panels())
    assert all(panels()[panel.key] is panel for panel in listed)
    for dashboard in dashboards():
        known = {variable.name for variable in dashboard.variables}
        for panel in dashboard.panels:
            assert asked.variables(panel.query) <= known, panel.key


def test_every_published_table_has_a_panel():
    asked_for = " ".join(panel.query for panel in panels().values())
    assert [table.name for table in schema() if f"{table.name} " not in asked_for and f"{table.name}\n" not in asked_for] == []


def test_the_line_about_freshness_is_first_everywhere():
    assert {dashboard.panels[0].key for dashboard in dashboards()} == {"data-up-to"}


def test_the_worked_example_is_the_toy_example_of_the_metrics():
    """Counted from its own table of lists."""
    words = panels()["three-metrics"].words
    rows = [line.split("|")[2:4] for line in words.splitlines() if line.startswith(("| 0", "| 1", "| 2"))]
    b, s = ([set(row[side].split()) for row in rows] for side in (0, 1))

    def overlap(one: set[str], other: set[str]) -> float:
        return len(one & other) / 5

    assert [1 - overlap(b[n], b[n - 1]) for n in (1, 2)] == pytest.approx([0.4, 0.4])
    assert [overlap(b[n], s[n]) for n in range(3)] == [0.4, 0.6, 0.6]
    assert [overlap(b[n], s[n + 1]) for n in (0, 1)] == [0.6, 1.0]
    assert [overlap(s[n], b[n + 1]) for n in (0, 1)] == [0.4, 0.2]
    for told in ("**0.4**", "**0.6**", "**1.0**", "**0.2**"):
        assert told in words
