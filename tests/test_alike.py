"""The comparison of long tables finds what differs, and nothing else."""

import pyarrow as pa
import pytest

from tests.alike import different

ROWS = [
    {"place": "berlin", "n": 1, "rate": 0.5},
    {"place": "berlin", "n": 2, "rate": None},
    {"place": None, "n": 2, "rate": 1e9},
    {"place": None, "n": 3, "rate": 0.25},
]


def table(*rows: dict) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=pa.schema([("place", pa.string()), ("n", pa.int64()), ("rate", pa.float64())]))


def test_the_same_rows_in_another_order_and_doubles_that_are_as_good_as_equal_are_no_difference():
    near = [row | {"rate": row["rate"] and row["rate"] * (1 + 4e-10)} for row in ROWS]
    assert different(table(*near[::-1]), table(*ROWS)) == []


@pytest.mark.parametrize("change", [{"place": "hamburg"}, {"place": None}, {"n": 7}, {"rate": 0.500001}, {"rate": None}])
def test_one_value_that_differs_is_found(change: dict):
    found = different(table(ROWS[0] | change, *ROWS[1:]), table(*ROWS))
    assert any(ROWS[0] | change == row for row, _ in found)
    assert any(ROWS[0] == row for _, row in found)


def test_a_row_too_few_is_found():
    assert different(table(*ROWS[1:]), table(*ROWS)) != []
