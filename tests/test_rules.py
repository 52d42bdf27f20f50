"""Every declared rule of every table is broken once, and the gate refuses it: a rule that is skipped silently is none."""

import math
from collections.abc import Iterator

import pytest

from tests import valid
from twilytics import counting, quality
from twilytics.errors import GateError
from twilytics.generate import judged_tables
from twilytics.gold import quality as quality_table
from twilytics.published import published_tables
from twilytics.render import expectations
from twilytics.schema import Table

#: Columns that strangers filled, or that say who they are.
STRANGERS = {"topic", "title", "tweet", "author", "hashtags", "detail", "observed", "examples"}
SECRETIVE = "unmistakable"
TABLES = {table.name: table for table in judged_tables()}


def broken(table: Table) -> Iterator[tuple[str, list[valid.Row]]]:
    """Every rule that the declaration states, each with rows that break it and, as far as can be, no other."""
    row = valid.row(table)
    for column in table.columns:
        is_number = column.type in ("bigint", "double")
        if not column.nullable:
            yield f"{column.name}.not_null", [row | {column.name: None}]
        if column.minimum is not None:
            yield f"{column.name}.range", [row | {column.name: type(valid.value(column))(column.minimum - 1)}]
        if column.maximum is not None:
            yield f"{column.name}.range", [row | {column.name: type(valid.value(column))(column.maximum + 1)}]
        if column.type == "double" and column.minimum == 0:
            yield f"{column.name}.sign", [row | {column.name: -0.0}]
        if column.type == "double" and column.nullable:
            yield f"{column.name}.finite", [row | {column.name: math.nan}]
        if column.type == "double" and column.maximum is None:
            yield f"{column.name}.finite", [row | {column.name: math.inf}]
        assert is_number or (column.minimum, column.maximum) == (None, None), f"{table.name}.{column.name}: a range of what is no number"
    yield "grain.unique", [row, valid.differing(table, row, in_all_but=table.grain)]
    for unique in table.uniques:
        yield f"{'+'.join(unique)}.unique", [row, valid.differing(table, row, in_all_but=unique)]
    for check in table.checks:
        yield check.name, [row | check.breaks]


CASES = [pytest.param(name, rule, rows, id=f"{name}-{rule}") for name, table in TABLES.items() for rule, rows in broken(table)]


def marked(row: valid.Row) -> valid.Row:
    return {name: f"{SECRETIVE} {value}" if name in STRANGERS and value is not None else value for name, value in row.items()}


@pytest.mark.parametrize(("name", "rule", "rows"), CASES)
def test_the_gate_refuses_what_breaks_a_rule_and_names_that_rule(name: str, rule: str, rows: list[valid.Row]) -> None:
    table = TABLES[name]
    found = quality.check(table, valid.rows(table, *map(marked, rows)))
    columns = {column for failure in found if failure.rule == rule for column in _columns(table, rule)}
    beside = {failure.rule for failure in found if failure.rule != rule}
    # A value out of range may break a check that looks at the same column, and nothing else.
    assert rule in {failure.rule for failure in found}
    assert beside <= {check.name for check in table.checks if columns & set(_columns(table, check.name))}
    assert all(failure.n_failed == len(rows) for failure in found if failure.rule == rule)
    assert all(failure.examples for failure in found)
    assert all(SECRETIVE not in failure.without_names for failure in found), "told where no erasure reaches"
    assert all(SECRETIVE in str(failure) for failure in found if STRANGERS & set(table.grain) and failure.rule != "topic.not_null")
    if all(failure.severity != "fail" for failure in found):
        quality.gate(found)
        return
    with pytest.raises(GateError, match=f"^{name}: "):
        quality.gate(found)


@pytest.mark.parametrize(("name", "rule", "rows"), CASES)
def test_what_breaks_a_rule_fails_the_same_rules_counted_as_by_the_suite(name: str, rule: str, rows: list[valid.Row]) -> None:
    table = TABLES[name]
    counts = counting.counted(table, valid.rows(table, *rows))
    by_suite = {failure.rule: failure.n_failed for failure in quality.judge(table, valid.rows(table, *rows))}
    assert {count.rule: count.n_failed for count in counts if count.n_failed} == by_suite
    assert by_suite[rule] == len(rows)


@pytest.mark.parametrize("name", TABLES)
def test_every_rule_is_counted_over_all_rows(name: str) -> None:
    table = TABLES[name]
    counts = counting.counted(table, valid.rows(table, valid.row(table)))
    assert [count.rule for count in counts] == [rule.name for rule in expectations.rules(table)]
    assert {(count.n_rows, count.n_checked, count.n_failed) for count in counts} == {(1, 1, 0)}


@pytest.mark.parametrize("name", TABLES)
def test_every_rule_of_the_suite_is_broken_once_above(name: str) -> None:
    assert {rule.name for rule in expectations.rules(TABLES[name])} == {rule for rule, _ in broken(TABLES[name])} | {"columns"}


@pytest.mark.parametrize("name", TABLES)
def test_every_rule_says_why_it_is_there(name: str) -> None:
    suite = expectations.suite(TABLES[name])
    assert all(told["notes"].endswith(".") for told in suite["expectations"])
    assert all(told["why"].endswith(".") and told["severity"] in quality_table.SEVERITIES for told in suite["meta"]["audits"].values())
    assert ("reconciled" in suite["meta"]["audits"]) == (TABLES[name] in published_tables())


@pytest.mark.parametrize("name", TABLES)
def test_valid_rows_pass_every_rule(name: str) -> None:
    table = TABLES[name]
    row = valid.row(table)
    assert quality.check(table, valid.rows(table, row, valid.differing(table, row, in_all_but=()))) == []


def _columns(table: Table, rule: str) -> tuple[str, ...]:
    return next(found.columns for found in expectations.rules(table) if found.name == rule)
