"""Every alert's question answers over whole histories, as the reader: real answers, a simulated fortnight, strangers' names, and none."""

import pytest

from tests.published import History
from twilytics.alerts import ASKED


@pytest.mark.parametrize("name", ["fortnight", "x_2020", "strangers", "nothing"])
@pytest.mark.parametrize(("alert", "query"), ASKED, ids=[alert.key for alert, _ in ASKED])
def test_it_answers_with_a_subject_a_value_and_words(request: pytest.FixtureRequest, name: str, alert, query: str):
    history: History = request.getfixturevalue(name)
    columns, rows = history.answered(query)
    assert columns == [("subject", 25), ("value", 701), ("says", 25)]
    assert len({row["subject"] for row in rows}) == len(rows)


@pytest.mark.parametrize(("alert", "query"), ASKED, ids=[alert.key for alert, _ in ASKED])
def test_archives_and_an_empty_observatory_alarm_nobody(x_2020: History, nothing: History, alert, query: str):
    assert nothing.ask(query) == []
    assert x_2020.ask(query) == []
