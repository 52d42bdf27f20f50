"""A table as Great Expectations suite: every rule of its declaration as an expectation of its own.

Most rules are expectations that Great Expectations brings. A rule that it lacks for data frames is stated as an
expression, which whoever runs the suite adds to the rows as a boolean column (a *tag*), and the suite expects the
tag to be true. The suite's ``meta`` holds the expression of each tag; :mod:`twilytics.quality` has DuckDB evaluate
them, all in one pass.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from twilytics import reconciled
from twilytics.render.words import limits, number
from twilytics.schema import Check, Column, Severity, Table

#: What Great Expectations calls a severity.
SEVERITIES: Mapping[Severity, str] = {"fail": "critical", "warn": "warning", "note": "info"}

#: Why a rule is there that no declaration gives a reason of its own for, by its kind.
COLUMNS, NOT_NULL, RANGE, SHARE, DEGREE, SIGN, FINITE, UNIQUE = REASONS = (
    "Readers take columns by their names, and publications by their order.",
    "What is missing drops out of joins and sums unseen: where a value may be unknown, the column says so.",
    "What the column is defined as cannot come to that: whoever made the value made a mistake.",
    "A share outside of 0 to 1 was divided by the wrong number.",
    "No place on Earth lies there.",
    "0 and -0 are equal, and yet sums of digits tell them apart.",
    "NaN and infinity spoil every mean that they get into.",
    "A key that is there twice counts twice in every sum and join.",
)


@dataclass(frozen=True)
class Rule:
    """One rule of a table: ``says`` is a phrase such as "rank must not be NULL", ``columns`` those that it looks at.

    ``tag`` is the expression of the boolean column that stands for the rule, where the rule needs one.
    """

    name: str
    says: str
    columns: tuple[str, ...]
    expectation: str
    arguments: Mapping[str, Any] = field(hash=False)
    severity: Severity = "fail"
    why: str = ""
    tag: str | None = None


def rules(table: Table) -> tuple[Rule, ...]:
    """Every rule of the table, in the order of its declaration: columns, keys, checks. None for what the types hold already."""
    found = [rule for column in table.columns for rule in _of_column(column)]
    found.append(_unique("grain.unique", table.grain))
    found += [_unique(f"{'+'.join(columns)}.unique", columns) for columns in table.uniques]
    found += [_of_check(table, check) for check in table.checks]
    names = [*(column.name for column in table.columns), *tags(found)]
    return (_columns(table, names), *found)


def tags(of: tuple[Rule, ...] | list[Rule]) -> dict[str, str]:
    """The boolean columns that the rules need, each with its expression."""
    return {rule.arguments["column"]: rule.tag for rule in of if rule.tag}


def suite(table: Table) -> dict[str, Any]:
    """The suite of all rules, as Great Expectations stores it; made without loading it."""
    declared = rules(table)
    return {
        "name": table.name,
        "expectations": [expectation(rule) for rule in declared],
        "meta": {
            "generated": f"by `make generate` from twilytics/{table.layer}/{table.short_name}.py",
            "grain": list(table.grain),
            "tags": tags(declared),
            # Over several tables, which an expectation about a data frame cannot look at.
            "audits": dict(_audits(table)),
        },
    }


def _audits(table: Table) -> Iterator[tuple[str, dict[str, str]]]:
    for audit in table.audits:
        yield audit.name, {"says": audit.says, "severity": audit.severity, "why": audit.why, "query": _one_line(audit.query)}
    if reconciled.holds_for(table):
        yield reconciled.NAME, {"says": reconciled.SAYS, "severity": reconciled.SEVERITY, "why": reconciled.WHY}


def text(table: Table) -> str:
    """The suite as the file that is committed."""
    return json.dumps(suite(table), indent=2, ensure_ascii=False) + "\n"


def expectation(rule: Rule) -> dict[str, Any]:
    """The rule as Great Expectations stores it in a suite."""
    meta = {"rule": rule.name, "severity": rule.severity}
    if rule.tag:
        meta["expression"] = rule.tag
    told = {"type": rule.expectation, "kwargs": dict(rule.arguments), "severity": SEVERITIES[rule.severity], "description": rule.says}
    return told | {"notes": rule.why, "meta": meta}


def _one_line(query: str) -> str:
    return " ".join(query.split())


def _columns(table: Table, names: list[str]) -> Rule:
    declared = tuple(column.name for column in table.columns)
    says = f"the columns must be {', '.join(declared)}"
    return Rule("columns", says, (), "expect_table_columns_to_match_ordered_list", {"column_list": names}, why=COLUMNS)


def _of_column(column: Column) -> Iterator[Rule]:
    name, severity = column.name, column.severity
    is_number = column.type == "double"
    if not column.nullable:
        told = f"{name} must not be NULL{' or NaN' if is_number else ''}"
        yield Rule(f"{name}.not_null", told, (name,), "expect_column_values_to_not_be_null", {"column": name}, severity, NOT_NULL)
    ends = {"min_value": column.minimum, "max_value": column.maximum}
    ends = {end: number(value) for end, value in ends.items() if value is not None}
    if ends:
        between = "expect_column_values_to_be_between"
        why = {"percentunit": SHARE, "degree": DEGREE}.get(column.unit or "", RANGE)
        yield Rule(f"{name}.range", f"{name} must be {limits(column)}", (name,), between, {"column": name, **ends}, severity, why)
    # In a data frame NaN counts as missing, and infinity passes where there is no bound.
    if is_number and column.minimum == 0:
        tag = f"({quoted(name)} = 0 AND signbit({quoted(name)})) IS NOT TRUE"
        yield _tagged(f"{name}.sign", f"{name} must not be -0", (name,), tag, severity, SIGN)
    if is_number and (column.nullable or len(ends) < 2):
        yield _tagged(
            f"{name}.finite", f"{name} must be a finite number", (name,), f"isfinite({quoted(name)}) IS NOT FALSE", severity, FINITE
        )


def quoted(name: str) -> str:
    """The name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _unique(name: str, columns: tuple[str, ...]) -> Rule:
    if len(columns) == 1:
        alone = "expect_column_values_to_be_unique"
        return Rule(name, f"{columns[0]} must be unique", columns, alone, {"column": columns[0]}, why=UNIQUE)
    arguments = {"column_list": list(columns), "ignore_row_if": "never"}
    says = f"{', '.join(columns)} must be unique together"
    return Rule(name, says, columns, "expect_compound_columns_to_be_unique", arguments, why=UNIQUE)


def _of_check(table: Table, check: Check) -> Rule:
    mentioned = tuple(column.name for column in table.columns if column.name in _words(check.expression))
    tag = f"({check.expression}) IS NOT FALSE"
    return _tagged(check.name, f"{check.name} must hold ({check.expression})", mentioned, tag, check.severity, check.why)


def _tagged(name: str, says: str, columns: tuple[str, ...], tag: str, severity: Severity, why: str) -> Rule:
    arguments = {"column": f"check_{name.replace('.', '_')}", "value_set": [True]}
    return Rule(name, says, columns, "expect_column_values_to_be_in_set", arguments, severity, why, tag)


def _words(expression: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in expression).split())
