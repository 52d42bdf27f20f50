import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tests import valid
from twilytics import counting, failures, quality
from twilytics.counting import Count
from twilytics.errors import GateError
from twilytics.generate import ROOT
from twilytics.gold import change_rate, places, trends
from twilytics.schema import Check, Table

NOON = datetime(2020, 7, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize("names", [["slot", "place"], ["place"], ["place", "slot", "extra"]])
def test_columns_that_are_missing_too_many_or_in_another_order_are_refused(names: list[str]) -> None:
    (failure,) = quality.check(change_rate.TABLE, pa.table({name: ["x"] for name in names}))
    assert failure.rule == "columns"
    assert failure.observed == ", ".join(names)
    assert "the columns must be place, slot, n_topics, n_new, n_gone, change_rate" in str(failure)


def test_wrong_columns_are_refused_though_no_row_stands_under_them() -> None:
    (failure,) = quality.check(change_rate.TABLE, pa.table({"place": pa.array([], pa.string())}))
    assert failure.rule == "columns"


def test_no_rows_break_no_rule() -> None:
    assert quality.check(change_rate.TABLE, valid.rows(change_rate.TABLE)) == []


def test_a_failure_tells_how_many_rows_which_values_and_where() -> None:
    known = {"n_new": 0, "n_gone": 0}
    rates = [0.5, 1.2, 1.5, 0.0]
    rows = [{"place": f"p{n}", "slot": NOON, "n_topics": 50, "change_rate": rate} | known for n, rate in enumerate(rates)]
    (failure,) = quality.check(change_rate.TABLE, valid.rows(change_rate.TABLE, *rows), scope="2020-07-18")
    assert (failure.rule, failure.severity, failure.n_checked, failure.n_failed) == ("change_rate.range", "fail", 4, 2)
    assert failure.observed == "1.2, 1.5"
    assert failure.examples == ("p1 2020-07-18 12:00 (1.2)", "p2 2020-07-18 12:00 (1.5)")
    with pytest.raises(GateError) as caught:
        quality.gate([failure])
    assert str(caught.value) == (
        "gold.change_rate: change_rate must be from 0 to 1: 2 of 4 rows of 2020-07-18, e.g. p1 2020-07-18 12:00 (1.2); "
        "nothing of this cycle was published, the last good state stays; "
        "when the cause is mended, `twilytics backfill` makes these slots anew and publishes them"
    )


def test_a_failed_check_shows_every_value_that_it_looks_at_and_why_it_is_there() -> None:
    row = valid.row(change_rate.TABLE) | {"place": "berlin", "n_topics": 3, "n_new": 5, "n_gone": 0, "change_rate": 1.0}
    (failure,) = quality.check(change_rate.TABLE, valid.rows(change_rate.TABLE, row))
    assert failure.examples == ("berlin 2020-07-18 12:00 (n_topics 3, n_new 5)",)
    assert failure.why == "New topics are counted among the list's topics."
    assert "new_within_topics must hold (n_new IS NULL OR n_new <= n_topics)" in str(failure)


def test_at_most_five_rows_are_shown_of_however_many() -> None:
    rows = [valid.row(change_rate.TABLE) | {"place": f"p{n}", "n_topics": 0} for n in range(1000)]
    (failure,) = quality.check(change_rate.TABLE, valid.rows(change_rate.TABLE, *rows))
    assert (failure.n_failed, len(failure.examples)) == (1000, 5)


def test_strangers_text_in_a_failure_is_harmless_and_short() -> None:
    row = valid.row(places.TABLE) | {"place": "\x1b[31m\u202e" + "x" * 10_000, "woeid": 0}
    (failure,) = quality.check(places.TABLE, valid.rows(places.TABLE, row))
    assert "\x1b" not in str(failure)
    assert "\u202e" not in str(failure)
    assert len(str(failure)) < 200


def test_a_null_is_in_every_range() -> None:
    known = valid.row(change_rate.TABLE) | {"n_new": 0, "n_gone": 0, "change_rate": 0.0}
    unknown = valid.row(change_rate.TABLE) | {"place": "other"}
    assert quality.check(change_rate.TABLE, valid.rows(change_rate.TABLE, known, unknown)) == []


def test_a_count_beside_nulls_is_judged_exactly_though_it_is_larger_than_a_double_holds() -> None:
    told = valid.row(trends.TABLE) | {"volume": 2**62 + 1}
    untold = valid.row(trends.TABLE) | {"place": "other", "volume": None}
    negative = valid.row(trends.TABLE) | {"place": "third", "volume": -1}
    (failure,) = quality.check(trends.TABLE, valid.rows(trends.TABLE, told, untold, negative))
    assert (failure.rule, failure.observed) == ("volume.range", "-1")


def test_warnings_and_notes_are_told_and_let_the_cycle_pass() -> None:
    doubtful = Check("many", "n_topics > 10", "Lists are rarely that short.", breaks={"n_topics": 1}, severity="warn")
    table = replace(change_rate.TABLE, checks=(doubtful,))
    (failure,) = quality.check(table, valid.rows(table, valid.row(table)))
    assert (failure.rule, failure.severity) == ("many", "warn")
    quality.gate([failure])


def test_the_gate_tells_three_rules_in_full_and_counts_the_others() -> None:
    row = valid.row(trends.TABLE) | {"place": None, "topic": None, "title": None, "rank": 0, "volume": -1}
    with pytest.raises(GateError, match=r"^gold.trends: place must not be NULL.*; and 2 more failed checks; nothing"):
        quality.gate(quality.check(trends.TABLE, valid.rows(trends.TABLE, row)))


def test_a_rule_that_cannot_be_judged_does_not_pass() -> None:
    unjudgeable = Check("odd", "no_such_column > 1", "Nobody knows.", breaks={})
    table = replace(change_rate.TABLE, checks=(unjudgeable,))
    with pytest.raises(RuntimeError, match=r"odd cannot be judged: .*no_such_column"):
        quality.check(table, valid.rows(table, valid.row(table)))


def wrong(place: str) -> tuple[Table, pa.Table, str]:
    row = valid.row(change_rate.TABLE) | {"place": place, "n_topics": 0}
    return change_rate.TABLE, valid.rows(change_rate.TABLE, row), place


def right(table: Table = trends.TABLE) -> tuple[Table, pa.Table, str]:
    return table, valid.rows(table, valid.row(table)), ""


def test_several_tables_and_runs_of_one_are_judged_together_and_fail_in_their_order() -> None:
    found = quality.check_all([right(), wrong("b"), right(change_rate.TABLE), wrong("a"), wrong("a")]).failures
    assert [(failure.rule, failure.scope) for failure in found] == [("n_topics.range", scope) for scope in "baa"]
    assert quality.check_all([right(), right(places.TABLE)]).failures == quality.check_all([]).failures == ()


def test_rows_are_asked_for_one_table_after_the_other_and_not_kept() -> None:
    alive: list[weakref.ref[pa.Table]] = []

    def work() -> Iterator[tuple[Table, pa.Table, str]]:
        for place in "abc":
            assert [held() for held in alive if held() is not None] == []
            table, rows, scope = wrong(place)
            alive.append(weakref.ref(rows))
            yield table, rows, scope
            del rows

    assert len(quality.check_all(work()).failures) == len(alive) == 3


def test_one_validation_judges_what_holds_and_a_suite_is_asked_only_of_a_table_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    validated = quality._failed
    monkeypatch.setattr(quality, "_failed", lambda batch, name, *more: asked.append(name) or validated(batch, name, *more))
    quality.check_all([right(), right(places.TABLE), right(change_rate.TABLE)])
    assert asked == ["counts"]
    quality.check_all([right(), right(places.TABLE), wrong("a")])
    assert set(asked[1:]) == {"counts", "gold.change_rate"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda counts: counts[:-1], "13 rules are to be there"),
        (lambda counts: [*counts, counts[0]], "13 rules are to be there"),
        (lambda counts: [replace(counts[0], n_failed=None), *counts[1:]], "each is to be counted"),
        (lambda counts: [replace(counts[0], n_checked=0), *counts[1:]], "each is to look at every row"),
    ],
)
def test_a_rule_that_is_not_counted_over_all_rows_does_not_pass(
    changed: Callable[[list[Count]], list[Count]], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = counting.counted
    monkeypatch.setattr(counting, "counted", lambda *work: changed(counted(*work)))
    with pytest.raises(RuntimeError, match=f"^the rules were not all counted: {told}"):
        quality.check(*right(change_rate.TABLE)[:2])


@pytest.mark.parametrize(
    ("n_failed", "told"),
    [
        ({"n_topics.range": 2}, "counts ['gold.change_rate a n_topics.range 2'], suites ['gold.change_rate a n_topics.range 1']"),
        ({"n_topics.range": 1, "columns": 1}, "counts ['gold.change_rate a columns 1'], suites []"),
        ({"place.not_null": 1}, "counts ['gold.change_rate a place.not_null 1'], suites ['gold.change_rate a n_topics.range 1']"),
    ],
)
def test_a_rule_that_is_judged_in_two_ways_is_judged_alike(n_failed: dict[str, int], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = counting.counted
    monkeypatch.setattr(
        counting, "counted", lambda *work: [replace(count, n_failed=n_failed.get(count.rule, 0)) for count in counted(*work)]
    )
    with pytest.raises(RuntimeError) as caught:
        quality.check_all([wrong("a")])
    assert str(caught.value) == f"judged in two ways, and not alike: {told}"


def test_several_threads_may_check_at_once() -> None:
    with ThreadPoolExecutor(4) as threads:
        found = threads.map(lambda n: quality.check_all([wrong(str(n)), right()]).failures, range(8))
    assert [[failure.scope for failure in failures] for failures in found] == [[str(n)] for n in range(8)]


def test_checking_prints_nothing_and_loads_great_expectations_only_when_it_is_needed() -> None:
    code = """
import sys
from twilytics import quality
assert not {"great_expectations", "pandas", "pyspark"} & set(sys.modules)
from tests import valid
from twilytics.gold import change_rate
row = valid.row(change_rate.TABLE) | {"n_topics": 0}
assert len(quality.check(change_rate.TABLE, valid.rows(change_rate.TABLE, row))) == 1
assert "great_expectations" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_great_expectations_can_be_loaded_beside_other_work_and_who_checks_meanwhile_waits_for_it() -> None:
    code = """
from threading import Thread
from twilytics import quality
from tests import valid
from twilytics.gold import change_rate
loading = Thread(target=quality.warm_up)
loading.start()
row = valid.row(change_rate.TABLE) | {"n_topics": 0}
assert len(quality.check(change_rate.TABLE, valid.rows(change_rate.TABLE, row))) == 1
loading.join()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_rule_that_failed_in_several_pieces_is_told_once() -> None:
    found = quality.check_all([wrong("b"), right(), wrong("a"), wrong("a")]).failures
    (told,) = failures.joined([*found, found[0]])
    assert (told.rule, told.scope, told.n_checked, told.n_failed) == ("n_topics.range", "b and 1 more", 2, 2)
    assert told.examples == (found[0].examples[0], found[1].examples[0])
    assert str(told).startswith("gold.change_rate: n_topics must be at least 1: 2 of 2 rows of b and 1 more, e.g. b ")


def test_failures_of_other_rules_and_tables_stay_apart_and_in_their_order() -> None:
    (one,) = quality.check_all([wrong("a")]).failures
    others = [replace(one, rule="x"), replace(one, table="gold.trends")]
    assert failures.joined([one, *others]) == (one, *others)
