"""Macros and variables are filled in as Grafana does it, and no name is ever read as SQL."""

from datetime import UTC, datetime

import pytest

from twilytics.panels.asked import asked, columns, variables
from twilytics.slots import Slots

DAY = Slots(datetime(2020, 7, 18, tzinfo=UTC), datetime(2020, 7, 19, tzinfo=UTC))


def test_a_range_of_time_is_filled_in():
    query = "SELECT 1 WHERE $__timeFilter(trends.slot) AND a > $__timeFrom() AND b < $__timeTo()"
    since, until = "'2020-07-18T00:00:00Z'", "'2020-07-19T00:00:00Z'"
    assert asked(query, DAY, {}) == f"SELECT 1 WHERE trends.slot BETWEEN {since} AND {until} AND a > {since} AND b < {until}"


def test_each_value_of_a_variable_is_quoted():
    assert asked("place IN (${place:sqlstring})", DAY, {"place": ["berlin", "l'aquila"]}) == "place IN ('berlin', 'l''aquila')"


def test_where_nothing_is_chosen_there_is_an_empty_name_as_in_grafana():
    assert asked("place IN (${place:sqlstring})", DAY, {"place": []}) == "place IN ('')"


def test_what_looks_like_a_macro_within_a_name_stays_a_name():
    names = ["$__timeFilter(slot)", "${place:sqlstring}", "\\1"]
    assert asked("${place:sqlstring}", DAY, {"place": names}) == "'$__timeFilter(slot)', '${place:sqlstring}', '\\1'"


@pytest.mark.parametrize("query", ["$__timeGroup(slot, '1h')", "${place}", "$place", "${place:csv}"])
def test_what_would_not_be_quoted_is_no_question(query):
    with pytest.raises(ValueError, match="not a macro or variable that is known"):
        asked(query, DAY, {"place": ["berlin"]})


def test_a_variable_without_a_value_is_named():
    with pytest.raises(ValueError, match="no value was chosen of the variable lag"):
        asked("${lag:sqlstring}", DAY, {})


def test_the_columns_and_variables_of_a_question_are_told():
    query = "SELECT a.slot AS time, b.name FROM a JOIN b ON a.x = b.x WHERE $__timeFilter(a.slot) AND b.x IN (${place:sqlstring})"
    assert columns(query) == ("time", "name")
    assert variables(query) == {"place"}
