"""What a count says of a rule is what Great Expectations says of it."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import valid
from twilytics import counting, quality
from twilytics.render import expectations
from twilytics.schema import Check, Column, Table

NOON = datetime(2020, 7, 18, 12, tzinfo=UTC)
#: Whole numbers that are one as doubles.
LARGE = 2**53

#: Every kind of rule, on every type that it can be about.
TABLE = Table(
    name="gold.all_kinds",
    description="Every kind of rule.",
    grain=("place", "slot"),
    columns=(
        Column("place", "string", "Where."),
        Column("slot", "timestamp", "When."),
        Column("n", "bigint", "Bounded on both sides.", minimum=0, maximum=100),
        Column("n_known", "bigint", "Bounded on one side, and at no whole number.", nullable=True, minimum=0.5),
        Column("share", "double", "Bounded on both sides.", nullable=True, minimum=0, maximum=0.1),
        Column("least", "double", "Bounded on one side.", minimum=-1),
        Column("free", "double", "Without bounds.", nullable=True),
        Column("is_new", "boolean", "A flag.", nullable=True),
        Column("payload", "binary", "Bytes.", nullable=True),
        Column("with \"quotes'", "string", "A name that has to be quoted.", nullable=True),
    ),
    checks=(
        Check("n_above_share", "n > share", "NULL passes.", breaks={}),
        Check("new_has_place", "NOT is_new OR place <> ''", "A negation.", breaks={}, severity="warn"),
        Check("slot_is_whole", "date_trunc('hour', slot) = slot", "A function.", breaks={}),
    ),
    uniques=(
        ("place",), ("n_known",), ("free",), ("is_new",),
        ("n", "n_known"), ("share", "free"), ("is_new", "payload", "with \"quotes'"),
    ),
)  # fmt: skip

DOUBLES = [None, math.nan, math.inf, -math.inf, 0.0, -0.0, 0.1, math.nextafter(0.1, 1), 1e300, -1.0]
VALUES: dict[str, list[Any]] = {
    "string": [None, "", "a", "A", "a ", "a\0", "é", "e\u0301", "\U0001f600", "NaN", "NULL"],
    "timestamp": [None, NOON, NOON.replace(microsecond=1), NOON.replace(hour=13), datetime(1, 1, 1, tzinfo=UTC)],
    "bigint": [None, 0, 1, -1, 100, 101, LARGE, LARGE + 1, LARGE + 2, -(2**63), 2**63 - 1],
    "double": DOUBLES,
    "boolean": [None, True, False],
    "binary": [None, b"", b"\0", b"\xff", b"NaN"],
}
ROWS = st.lists(st.fixed_dictionaries({column.name: st.sampled_from(VALUES[column.type]) for column in TABLE.columns}), max_size=6)


def failed(rows: list[valid.Row], table: Table = TABLE) -> dict[str, int]:
    """Each rule that the rows break, with how many of them do; where both ways agree."""
    given_rows = valid.rows(table, *rows)
    by_count = {count.rule: count.n_failed for count in counting.counted(table, given_rows) if count.n_failed}
    assert by_count == {failure.rule: failure.n_failed for failure in quality.judge(table, given_rows)}
    return by_count


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_the_counts_and_the_suite_agree_on_every_rule(rows: list[valid.Row]) -> None:
    failed(rows)


def keyed(kind: str, *values: object) -> dict[str, int]:
    """What fails on rows whose key is the value alone, and beside a place."""
    columns = (Column("place", "string", "Where."), Column("key", kind, "Its key.", nullable=True))  # type: ignore[arg-type]
    table = Table("gold.keyed", "Keys.", ("place", "key"), columns, time=None, uniques=(("key",),))
    return failed([{"place": "berlin", "key": value} for value in values], table)


@pytest.mark.parametrize(
    ("kind", "values", "alone", "together"),
    [
        ("string", ("a", "b", "a"), 2, 2),
        ("string", (None, None, "a"), 0, 2),
        ("double", (None, math.nan, 1.0), 0, 2),  # finite fails as well
        ("double", (0.0, -0.0, 1.0), 2, 2),
        ("bigint", (LARGE, LARGE + 1, None), 0, 0),
        ("bigint", (LARGE + 1, LARGE + 1, None), 2, 2),
    ],
)
def test_missing_values_repeat_each_other_only_in_a_key_of_several_columns(
    kind: str, values: tuple[object, ...], alone: int, together: int
) -> None:
    found = keyed(kind, *values)
    assert (found.get("key.unique", 0), found.get("grain.unique", 0)) == (alone, together)


@pytest.mark.parametrize(
    ("share", "rules"),
    [
        (None, set()),
        (math.nan, {"share.finite", "n_above_share"}),  # to SQL it is a number, above all others
        (-1.0, {"share.range"}),
        (math.inf, {"share.range", "share.finite", "n_above_share"}),
        (0.1, set()),
        (math.nextafter(0.1, 1), {"share.range"}),
    ],
)
def test_a_missing_value_is_in_every_range_whose_ends_belong_to_it(share: float | None, rules: set[str]) -> None:
    table = replace(TABLE, uniques=())
    assert set(failed([valid.row(table) | {"n": 1, "share": share}], table)) == rules


def test_an_expectation_that_has_no_sql_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = expectations.rules(TABLE)
    odd = replace(rules[-1], name="odd", expectation="expect_column_values_to_match_regex")
    monkeypatch.setattr(expectations, "rules", lambda _table: (*rules, odd))
    with pytest.raises(
        RuntimeError, match=r"gold.all_kinds: the rule odd cannot be judged: expect_column_values_to_match_regex has no SQL"
    ):
        counting.counted(TABLE, valid.rows(TABLE))
