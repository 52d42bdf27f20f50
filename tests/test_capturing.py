"""The current slot, asked for: what was captured is kept, what was not is told of, and nothing is asked or paid for twice."""

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests import faulty
from tests.faulty import NOON, FakeClock, Faulty
from twilytics import capturing, snapshot, turns
from twilytics.answers import Answer
from twilytics.embedded import ports
from twilytics.errors import ServiceError, SettingError
from twilytics.gold import coverage, trends
from twilytics.observatory import Observatory
from twilytics.patience import Patience
from twilytics.places import of
from twilytics.refinement import refine
from twilytics.settings import Settings
from twilytics.spending import Spending

HOUR = timedelta(hours=1)
PLACES = ("berlin", "hamburg", "stuttgart")
WOEIDS = {"berlin": "638242", "hamburg": "656958", "stuttgart": "698064"}


@pytest.fixture
def settings(x_settings: Settings) -> Settings:
    return x_settings.model_copy(update={"places": PLACES})


@pytest.fixture
def observatory(settings: Settings) -> Iterator[Observatory]:
    with Observatory(settings) as opened:
        yield opened


def waiting(observatory: Observatory) -> list[Answer]:
    return [answer for segment in observatory.spool.segments() for answer in observatory.spool.read(segment)]


def asked(observatory: Observatory, hour: float = 0) -> capturing.Asked:
    """Ask at an hour after noon. What can pass is tried twice, and no wait takes any time."""
    return capturing.capture(observatory, clock=FakeClock(NOON + hour * HOUR), patience=Patience(tries=2, chance=random.Random(0)))


def refined(observatory: Observatory) -> None:
    """What waits in the spool, brought to gold."""
    with observatory.lake.locked():
        for segment in observatory.spool.segments():
            snapshot.append(observatory.lake, observatory.spool.read(segment))
            observatory.spool.release(segment)
        refine(observatory)


def covered(observatory: Observatory) -> list[tuple[str, int, str, str | None]]:
    rows = observatory.lake.read(coverage.TABLE).to_pylist()
    return sorted((row["place"], (row["slot"] - NOON) // HOUR, row["state"], row["reason"]) for row in rows)


def test_what_fails_costs_no_other_place_and_coverage_says_why(observatory: Observatory, server: Faulty):
    server.play(WOEIDS["hamburg"], faulty.refused(503))
    server.play(WOEIDS["stuttgart"], faulty.html)
    found = asked(observatory)
    assert {outcome.place: (outcome.state, outcome.reason) for outcome in found.outcomes} == {
        "berlin": ("captured", None),
        "hamburg": ("failed", "source_error"),
        "stuttgart": ("failed", "unreadable: html"),
    }
    refined(observatory)
    assert covered(observatory) == [
        ("berlin", 0, "captured", None),
        ("hamburg", 0, "failed", "source_error"),
        ("stuttgart", 0, "failed", "html"),
    ]
    assert set(observatory.lake.read(trends.TABLE)["place"].to_pylist()) == {"berlin"}


def test_a_place_that_the_slot_has_is_not_asked_for_again_and_one_that_failed_is(observatory: Observatory, server: Faulty):
    server.play(WOEIDS["hamburg"], faulty.refused(404))
    asked(observatory)
    server.play(WOEIDS["hamburg"], faulty.fine)
    again = asked(observatory, 0.5)  # what was captured still waits in the spool
    assert (again.n_known, [outcome.place for outcome in again.outcomes]) == (2, ["hamburg"])
    refined(observatory)
    assert (asked(observatory, 0.75).n_known, server.n_calls()) == (3, {WOEIDS["berlin"]: 1, WOEIDS["hamburg"]: 2, WOEIDS["stuttgart"]: 1})
    assert {(state, reason) for _, _, state, reason in covered(observatory)} == {("captured", None)}
    assert asked(observatory, 1).n_known == 0


def test_the_month_s_budget_is_never_passed_and_what_it_leaves_out_counts_as_skipped(settings: Settings, server: Faulty):
    with Observatory(settings.model_copy(update={"x_monthly_budget_usd": 0.02})) as observatory:
        found = asked(observatory)
        assert [outcome.state for outcome in found.outcomes] == ["captured", "captured", "skipped"]
        assert "TWILYTICS_X_MONTHLY_BUDGET_USD=0.02: 0.020 USD were spent in 2026-11" in str(found.missing[0].detail)
        spent = observatory.store.spending.in_month(NOON)
        assert (spent.n_calls, spent.usd, server.n_calls().total()) == (2, 0.02, 2)
        refined(observatory)
        assert ("stuttgart", 0, "skipped", "budget") in covered(observatory)
        assert observatory.store.spending.in_month(NOON + 30 * 24 * HOUR).usd == 0


def test_calls_that_never_reach_the_source_cost_nothing(settings: Settings):
    with Observatory(settings.model_copy(update={"x_api_url": f"http://127.0.0.1:{ports.free()}"})) as observatory:
        assert [outcome.reason for outcome in asked(observatory).outcomes] == ["unreachable"] * 3
        spent = observatory.store.spending.in_month(NOON)
        assert (spent.n_calls, spent.usd) == (0, 0)


def test_what_breaks_off_tells_of_every_place(observatory: Observatory, server: Faulty, monkeypatch: pytest.MonkeyPatch):
    """The store goes away before the third call: what failed before that has its own reason, and the next run asks for the rest."""
    server.play(WOEIDS["berlin"], faulty.refused(404))
    add, n_calls = Spending.add, itertools.count(1)

    def away(*arguments: Any) -> None:
        if next(n_calls) > 2:
            raise ServiceError("MongoDB does not answer")
        add(*arguments)

    monkeypatch.setattr(Spending, "add", away)
    with pytest.raises(ServiceError, match="MongoDB does not answer"):
        asked(observatory)
    told = {answer.place_id: (answer.fault, answer.detail) for answer in waiting(observatory)}
    assert {place: told[WOEIDS[place]][0] for place in PLACES} == {"berlin": "not_found", "hamburg": None, "stuttgart": "broken_off"}
    assert told[WOEIDS["stuttgart"]][1] == "MongoDB does not answer"
    assert "HTTP 404" in str(told[WOEIDS["berlin"]][1])
    monkeypatch.undo()
    server.play(WOEIDS["berlin"], faulty.fine)
    assert {outcome.place for outcome in asked(observatory, 0.5).outcomes} == {"berlin", "stuttgart"}
    refined(observatory)
    assert {(state, reason) for _, _, state, reason in covered(observatory)} == {("captured", None)}


def test_two_at_once_ask_for_each_place_once(settings: Settings, server: Faulty):
    for woeid in WOEIDS.values():
        server.play(woeid, faulty.after(0.2))

    def run(_nth: int) -> int:
        with Observatory(settings) as opened:
            return asked(opened).n_captured

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(run, range(2))) == [0, 3]
    assert set(server.n_calls().values()) == {1}


def test_who_waits_for_the_turn_in_vain_is_told_what_to_do_and_asks_nobody(
    observatory: Observatory, server: Faulty, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(capturing, "PATIENCE_SECONDS", 0.1)
    told = r"another Twilytics has been asking x-v2 since 20.* UTC: .* `twilytics run --no-land`"
    with turns.taken(observatory.settings.home / "asking.lock", 1, "asking x-v2"), pytest.raises(ServiceError, match=told):
        asked(observatory)
    assert server.calls == []
    assert asked(observatory).n_captured == 3


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"x_bearer_token": None}, "TWILYTICS_X_BEARER_TOKEN is not set"),
        ({"places": ("all",)}, "300 places every hour"),
        ({"places": ("berlinn",)}, "Nearest: berlin"),
        ({"places": ("mastodon.social",)}, "x-v2 has no trends of 'mastodon.social'"),
        ({"source": "mastodon"}, "mastodon has no trends of 'berlin'"),
        ({"tweets": 50, "places": tuple(sorted(of("x-v2"))[:30])}, "50 topics of each of 30 places every hour.*TWILYTICS_TWEETS=40 fits"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_any_call(settings: Settings, server: Faulty, chosen: dict, words: str):
    with Observatory(settings.model_copy(update=chosen)) as observatory:
        with pytest.raises(SettingError, match=words):
            asked(observatory)
        assert server.calls == []
