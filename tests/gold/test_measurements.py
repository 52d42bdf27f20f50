"""`gold.measurements`: every name tells its unit, and nothing else passes its rules."""

import math

import pytest

from tests import valid
from twilytics import quality
from twilytics.gold.measurements import MEASURES, TABLE

ROW = valid.row(TABLE) | {"measure": "cycle_seconds", "value": 0.0}


def test_the_last_word_of_a_measure_is_its_unit():
    ends = {"seconds": "seconds", "bytes": "bytes", "usd": "usd", "files": "short", "answers": "short"}
    assert {name: ends[name.rpartition("_")[2]] for name in MEASURES} == {name: measure.unit for name, measure in MEASURES.items()}


@pytest.mark.parametrize("measure", MEASURES)
def test_each_measure_is_known_and_may_be_zero(measure: str):
    assert quality.check(TABLE, valid.rows(TABLE, ROW | {"measure": measure})) == []


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"measure": "mood"}, "known_measure"),
        ({"value": -1.0}, "value.range"),
        ({"value": math.inf}, "value.finite"),
        ({"value": None}, "value.not_null"),
    ],
)
def test_what_is_no_measurement_is_told_by_its_rule(wrong: valid.Row, rule: str):
    assert rule in {failure.rule for failure in quality.check(TABLE, valid.rows(TABLE, ROW | wrong))}
