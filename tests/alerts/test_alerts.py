"""Each alert tells of what is planted, and of nothing beside it."""

import re

import pytest

from tests.alerts.conftest import Gold, ago
from twilytics import alerts
from twilytics.alerts import change_unusual
from twilytics.gold import change_rate
from twilytics.tables import of_layer

HOSTILE = "'; drop table gold.trends --"


def covered(gold: Gold, place: str, *hours: float, state: str = "captured", reason: str | None = None) -> None:
    gold.put("gold.coverage", *({"place": place, "slot": ago(hour), "state": state, "reason": reason} for hour in hours))


@pytest.mark.parametrize(("alert", "query"), alerts.ASKED, ids=lambda of: getattr(of, "key", ""))
def test_an_empty_history_is_asked_and_tells_of_nothing(gold: Gold, alert: alerts.Alert, query: str):
    assert gold.found(alert.key) == {}


def test_every_alert_says_what_it_is_and_what_to_do():
    assert [alert.key for alert in alerts.ALERTS if alert.query is None] == ["cycle_failed"]
    assert len(alerts.BY_KEY) == len(alerts.ALERTS) == 7
    for alert in alerts.ALERTS:
        assert re.fullmatch("[a-z]+_[a-z]+", alert.key)
        assert alert.todo.endswith(".")


def test_alerts_ask_published_tables_only():
    published = {table.name for table in of_layer("gold") if table.is_published} | {"gold.quality", "gold.measurements", "gold.watched"}
    for _, query in alerts.ASKED:
        asked = set(re.findall(r"(?:FROM|JOIN) (\w+\.\w+)", query))
        assert asked <= published, asked - published
        assert asked


def test_a_place_is_stale_when_three_of_its_own_intervals_have_passed(gold: Gold):
    covered(gold, "berlin", 3.5, 4.5, 5.5, 6.5)
    covered(gold, "hamburg", 2.5, 3.5, 4.5, 5.5)
    covered(gold, HOSTILE, 0.8, 0.9, 1.0, 1.1, 1.2)
    found = gold.found("data_stale")
    assert set(found) == {"berlin", HOSTILE}
    assert found["berlin"][0] == pytest.approx(3.5, abs=0.1)
    assert "3 intervals of 60 minutes ago" in found["berlin"][1]
    assert "8 intervals of 6 minutes ago" in found[HOSTILE][1]


def test_a_stale_place_says_why_the_last_try_failed(gold: Gold):
    covered(gold, "berlin", 5, 6, 7, 8)
    covered(gold, "berlin", 3, 4, state="failed", reason="server_error")
    covered(gold, "berlin", 2, state="skipped", reason="budget")
    covered(gold, "hamburg", 0, 1, 2, 3)
    assert gold.found("data_stale")["berlin"][1].endswith("; the last try: skipped, budget")


def test_where_all_places_are_stale_that_is_one_thing(gold: Gold):
    covered(gold, "berlin", 5, 6, 7, 8)
    covered(gold, "hamburg", 4, 5, 6, 7)
    ((subject, (value, says)),) = gold.found("data_stale").items()
    assert subject == "all places"
    assert value == pytest.approx(4, abs=0.1)
    assert says.startswith("2 of 2 places; of hamburg the newest capture is of ")


@pytest.mark.parametrize("state", ["late", "captured"])
def test_an_archive_is_never_stale_and_neither_is_what_was_given_up(gold: Gold, state: str):
    first = 24 if state == "late" else 24 * 15
    covered(gold, "berlin", *range(first, first + 30), state=state)
    assert gold.found("data_stale") == {}


def test_what_was_landed_late_is_fresh_all_the_same(gold: Gold):
    covered(gold, "berlin", 5, 6, 7, 8)
    covered(gold, "berlin", 1, 2, 3, 4, state="late")
    assert gold.found("data_stale") == {}


def test_only_the_newest_run_of_the_checks_tells_what_the_gate_stopped(gold: Gold):
    failed = {"table_name": "gold.trends", "severity": "fail", "n_checked": 50, "n_failed": 2, "observed": "0, 0", "examples": "[]"}
    gold.put(
        "gold.quality",
        {**failed, "run": ago(3), "rule": "older"},
        {**failed, "run": ago(2), "rule": "rank_minimum"},
        {**failed, "run": ago(2), "rule": "decoded_once", "severity": "warn"},
        {**failed, "run": ago(2), "rule": "holds", "n_failed": 0, "observed": None},
    )
    assert gold.found("gate_failed") == {"gold.trends: rank_minimum": (2.0, "2 of 50 rows break it: 0, 0")}
    gold.put("gold.quality", {**failed, "run": ago(1), "n_failed": 0, "observed": None})
    assert gold.found("gate_failed") == {}


def aside(gold: Gold, place: str, n_rows: int, hours: float) -> None:
    gold.put("gold.set_aside", {"place": place, "slot": ago(hours), "n_rows": n_rows})


def test_more_set_aside_than_three_times_the_usual_day_is_told(gold: Gold):
    for place, today in (("berlin", 61), ("hamburg", 60), (HOSTILE, 61)):
        covered(gold, place, *range(12, 9 * 24, 24))
        aside(gold, place, today, 12)
        for day in range(1, 9):
            aside(gold, place, 20, day * 24 + 12)
    found = gold.found("quarantine_high")
    assert set(found) == {"berlin", HOSTILE}
    assert found["berlin"] == (61.0, "61 rows were set aside in 24 hours, 20 usually")


@pytest.mark.parametrize(("n_rows", "n_slots", "is_told"), [(9, 1, False), (10, 1, True), (24, 24, False), (25, 24, True)])
def test_where_nothing_is_set_aside_usually_one_bad_name_a_list_is_not_told(gold: Gold, n_rows: int, n_slots: int, is_told: bool):
    covered(gold, "berlin", *(0.5 + n for n in range(n_slots)), *range(36, 9 * 24, 24))
    aside(gold, "berlin", n_rows, 0.5)
    assert bool(gold.found("quarantine_high")) == is_told


def test_a_place_that_is_known_for_less_than_a_week_has_no_usual_day(gold: Gold):
    covered(gold, "berlin", *range(12, 7 * 24, 24))
    aside(gold, "berlin", 100, 12)
    assert gold.found("quarantine_high") == {}


def measured(gold: Gold, hours: float, **values: float) -> None:
    gold.put("gold.measurements", *({"measured_at": ago(hours), "measure": name, "value": value} for name, value in values.items()))


def test_four_fifths_of_the_budget_are_told(gold: Gold):
    measured(gold, 0, spent_usd=79.9, budget_usd=100)
    assert gold.found("budget_spent") == {}
    measured(gold, -0.001, spent_usd=80, budget_usd=100)
    ((month, (value, says)),) = gold.found("budget_spent").items()
    assert (month, value, says) == (f"{ago(-0.001):%Y-%m}", 0.8, "80.00 of 100.00 USD are spent, 80 per cent")


@pytest.mark.parametrize("budget", [{}, {"budget_usd": 0}, {"budget_usd": 200}])
def test_no_budget_none_at_all_or_a_raised_one_is_not_nearly_spent(gold: Gold, budget: dict[str, float]):
    measured(gold, 0.001, spent_usd=90, budget_usd=100)
    measured(gold, 0, spent_usd=90, **budget)
    assert gold.found("budget_spent") == {}


def test_what_was_spent_last_month_is_over(gold: Gold):
    measured(gold, 32 * 24, spent_usd=90, budget_usd=100)
    assert gold.found("budget_spent") == {}


def rates(gold: Gold, place: str, rates: dict[float, float | None]) -> None:
    known = ({"place": place, "slot": ago(hours), "change_rate": rate, "n_topics": 50} for hours, rate in rates.items())
    gold.put(
        "gold.change_rate", *({**row, **dict.fromkeys(("n_new", "n_gone"), None if row["change_rate"] is None else 1)} for row in known)
    )


def weeks(low: float, high: float, n: int) -> dict[float, float | None]:
    """The same hour of ``n`` weeks before, and, far from it, the same hour of all other days."""
    return {168.0 * week: low if week % 2 else high for week in range(1, n + 1)} | {24.0 * day: 0.99 for day in range(1, 57) if day % 7}


@pytest.mark.parametrize(("rate", "is_told"), [(0.56, True), (0.54, False), (0.04, True), (0.06, False)])
def test_a_change_rate_outside_its_own_week_is_told(gold: Gold, rate: float, is_told: bool):
    rates(gold, HOSTILE, {0.0: rate} | weeks(0.3, 0.3, 6))
    rates(gold, "hamburg", {0.0: 0.3} | weeks(0.3, 0.3, 6))
    found = gold.found("change_unusual")
    assert list(found) == [HOSTILE] * is_told
    if is_told:
        assert found[HOSTILE][0] == rate
        assert found[HOSTILE][1].endswith("0.30 to 0.30 before at this hour of the week")


def test_with_fewer_weeks_the_same_hour_of_all_days_is_the_band(gold: Gold):
    days = {24.0 * day: 0.3 for day in range(1, 21)}
    rates(gold, "berlin", {0.0: 0.6} | days)
    rates(gold, "hamburg", {0.0: 0.6} | dict(list(days.items())[:19]))
    assert list(gold.found("change_unusual")) == ["berlin"]
    assert "this hour of the day" in gold.found("change_unusual")["berlin"][1]


def test_only_the_newest_slot_is_judged_and_not_that_of_an_archive(gold: Gold):
    rates(gold, "berlin", {-1.0: None, 0.0: 0.9} | weeks(0.1, 0.2, 8))
    rates(gold, "hamburg", {49 + hours: rate for hours, rate in ({0.0: 0.9} | weeks(0.1, 0.2, 7)).items()})
    assert gold.found("change_unusual") == {}


def test_the_rule_of_the_table_has_the_same_numbers():
    (rule,) = (audit for audit in change_rate.TABLE.audits if audit.name == "weekly_profile")
    assert rule.back_days == change_unusual.WEEKS * 7
    assert f"n_past >= {change_unusual.WEEKS_KNOWN}" in rule.query
    assert f"high + {change_unusual.MARGIN} OR change_rate < low - {change_unusual.MARGIN}" in rule.query
