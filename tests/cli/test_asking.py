"""`land`, `plan` and `run`, of a source that is played."""

import pytest

from tests import faulty
from tests.faulty import Faulty

BERLIN, HAMBURG = "638242", "656958"


@pytest.fixture
def server(server: Faulty, monkeypatch: pytest.MonkeyPatch) -> Faulty:
    monkeypatch.setenv("TWILYTICS_X_API_URL", server.url)
    monkeypatch.setenv("TWILYTICS_X_BEARER_TOKEN", "token-of-a-test")
    return server


def test_a_run_asks_publishes_what_came_and_tells_what_is_missing(twilytics, server: Faulty, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TWILYTICS_PLACES", "berlin,hamburg")
    server.play(HAMBURG, faulty.refused(404))
    ended = twilytics("run")
    assert ended.code == 0
    assert "captured   1 of 2 places for " in ended.out
    assert "missing    hamburg: failed, not_found: HTTP 404" in ended.out
    asked = ("query", "SELECT place, state, reason FROM gold.coverage ORDER BY place", "--json")
    assert [tuple(row.values()) for row in twilytics(*asked).json] == [("berlin", "captured", None), ("hamburg", "failed", "not_found")]
    assert "token-of-a-test" not in ended.out + ended.err


def test_landing_asks_for_the_places_that_are_named_and_the_next_run_refines_them(twilytics, server: Faulty):
    ended = twilytics("land", "--place", "hamburg")
    assert (ended.code, server.n_calls()) == (0, {HAMBURG: 1})
    assert "landed     1 new" in ended.out
    assert twilytics("run", "--no-land", "--json").json["published"]["n_written"]["gold.captures"] == 1
    assert "captured   0 of 0 places" in twilytics("land", "--place", "hamburg").out
    assert server.n_calls() == {HAMBURG: 1}


def test_a_run_stops_before_the_budget_is_passed_and_status_tells_what_was_spent(
    twilytics, server: Faulty, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TWILYTICS_PLACES", "berlin,hamburg")
    monkeypatch.setenv("TWILYTICS_X_MONTHLY_BUDGET_USD", "0.01")
    ended = twilytics("run")
    assert (ended.code, server.n_calls().total()) == (0, 1)
    assert "missing    hamburg: skipped, budget: TWILYTICS_X_MONTHLY_BUDGET_USD=0.01: 0.010 USD were spent in " in ended.out
    assert (twilytics("status", "--json").json["spent"]["n_calls"], server.n_calls().total()) == (1, 1)
    assert " on 1 calls of 0.01, where asking stops" in twilytics("status").out


def test_without_a_token_a_run_says_what_to_do_and_asks_nobody(twilytics, server: Faulty, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TWILYTICS_X_BEARER_TOKEN")
    ended = twilytics("run")
    assert (ended.code, server.calls) == (1, [])
    assert ended.err == (
        "error: TWILYTICS_X_BEARER_TOKEN is not set, and x-v2 answers nobody without it: set it, or TWILYTICS_SOURCE=mastodon, "
        "which needs none; `twilytics run --no-land` only catches up\n"
    )


def test_a_plan_tells_calls_cost_and_rows_and_warns_of_too_many(twilytics):
    told = twilytics("plan", "--place", "berlin", "--place", "hamburg", "--interval", "120")
    assert "x-v2: 2 places every two hours, 1 pairs of them" in told.out
    assert "cost       7.20 USD a month, at prices of 2026-11" in told.out
    every = twilytics("plan", "--place", "all")
    assert "What fits: 300 places every hour, or 467 places every two hours" in every.err
    assert "choose pairs, with TWILYTICS_PAIRS=same-country" in every.err
