import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tests import valid
from twilytics import quality
from twilytics.errors import GateError
from twilytics.generate import ROOT
from twilytics.gold import change_rate, places, trends
from twilytics.schema import Check

NOON = datetime(2020, 7, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize("names", [["slot", "place"], ["place"], ["place", "slot", "extra"]])
def test_columns_that_are_missing_too_many_or_in_another_order_are_refused(names: list[str]) -> None:
    (failure,) = quality.check(change_rate.TABLE, pa.table({name: ["x"] for name in names}))
    assert failure.rule == "columns"
    assert failure.observed == ", ".join(names)
    assert "the columns must be place, slot, n_topics, n_new, n_gone, change_rate" in str(failure)


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


def test_minus_zero_is_zero_and_a_null_is_in_every_range() -> None:
    known = valid.row(change_rate.TABLE) | {"n_new": 0, "n_gone": 0, "change_rate": -0.0}
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
