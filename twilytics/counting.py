"""How many rows break each rule: all rules of a table counted by DuckDB, in one pass over its rows.

Great Expectations takes some 4 ms for an expectation, however few the rows; a pass takes that for a whole table. The
SQL of a rule is its expectation translated, and means what that means over a data frame: there NULL and NaN are one,
a missing value; such a value is in every range and repeats no other, but in a key of several columns it is a value
like any. Tests hold both ways against each other, and :mod:`twilytics.quality` does wherever a rule fails.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache

import duckdb
import pyarrow as pa

from twilytics.render import expectations
from twilytics.render.expectations import Rule, quoted
from twilytics.schema import Table

#: How Great Expectations names the ends of a range, both inclusive.
ENDS = {"min_value": ">=", "max_value": "<="}
#: What tells a failed rule from any other: the columns of :func:`frame` that say which it is, and on how many rows it failed.
FAILED = ("table", "scope", "rule", "n_failed")
NONE_FAILED = Rule(
    "none_failed", "none failed", FAILED[-1:], "expect_column_values_to_be_between", {"column": "n_failed", "min_value": 0, "max_value": 0}
)


@dataclass(frozen=True)
class Count:
    """So many rows break the rule: ``n_rows`` were given, ``n_checked`` looked at. ``scope`` says which rows they are."""

    table: str
    scope: str
    rule: str
    n_rows: int
    n_checked: int
    n_failed: int


def frame(counts: Sequence[Count]) -> pa.Table:
    """The counts as rows, for :func:`rules` to be judged by."""
    return pa.Table.from_pylist([asdict(count) for count in counts])


def rules(n: int) -> tuple[Rule, ...]:
    """What the counts themselves have to hold, where so many rules were to be counted."""
    number, known, equal = "expect_table_row_count_to_equal", "expect_column_values_to_not_be_null", "expect_column_pair_values_to_be_equal"
    return (
        Rule("every_rule", f"{n} rules are to be there", (), number, {"value": n}),
        Rule("is_counted", "each is to be counted", ("n_failed",), known, {"column": "n_failed"}),
        Rule("every_row", "each is to look at every row", ("n_rows", "n_checked"), equal, {"column_A": "n_rows", "column_B": "n_checked"}),
        NONE_FAILED,
    )


def judgeable(table: Table, rows: pa.Table) -> tuple[Rule, ...]:
    """Every rule of the table; where the rows have other columns, only the rule about these: no other can be judged."""
    of_columns, *others = expectations.rules(table)
    fit = rows.schema.names == [column.name for column in table.columns]
    return (of_columns, *others) if fit else (of_columns,)


def counted(table: Table, rows: pa.Table, scope: str = "") -> list[Count]:
    """A count for each rule that can be judged, in the order of the declaration. ``rows`` have the declared types.

    Raise RuntimeError where a rule cannot be counted: its expression fails, or its expectation has no SQL here.
    """
    of_columns, *others = judgeable(table, rows)
    if not others:
        return [Count(table.name, scope, of_columns.name, rows.num_rows, rows.num_rows, max(rows.num_rows, 1))]
    counts = ", ".join(["count(*)", *(_broken(table, rule) for rule in others)])
    with _offered(rows, others) as cursor:
        ((n_checked, *failed),) = cursor.execute(f"SELECT {counts} FROM rows").fetchall()  # noqa: S608  (of declarations)
    told = zip((of_columns, *others), (0, *failed), strict=True)
    return [Count(table.name, scope, rule.name, rows.num_rows, n_checked, int(n_failed)) for rule, n_failed in told]


def tagged(rows: pa.Table, rules: Sequence[Rule]) -> pa.Table:
    """The rows, in their order, each with the boolean columns that the rules need.

    Raise RuntimeError where an expression cannot be evaluated.
    """
    tags = expectations.tags(list(rules))
    if not tags:
        return rows
    judged = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in tags.items())
    with _offered(rows, rules) as cursor:
        return cursor.sql(f"SELECT *, {judged} FROM rows").to_arrow_table()  # noqa: S608  (expressions of the declarations)


def _broken(table: Table, rule: Rule) -> str:
    """SQL for the number of rows that break the rule."""
    match rule.expectation, rule.arguments:
        case "expect_column_values_to_not_be_null", {"column": name}:
            return _where(_missing(table, name))
        case "expect_column_values_to_be_between", {"column": name, **ends}:
            inside = [f"{quoted(name)} {sign} {_bound(table, name, ends[end])}" for end, sign in ENDS.items() if end in ends]
            return _where(f"NOT ({_missing(table, name)} OR ({' AND '.join(inside)}))")
        case "expect_column_values_to_be_in_set", {"value_set": [True]} if rule.tag:
            return _where(f"NOT ({rule.tag})")
        case "expect_column_values_to_be_unique", {"column": name}:
            return _repeated(quoted(name), f"WHERE NOT ({_missing(table, name)})")
        case "expect_compound_columns_to_be_unique", {"column_list": names, "ignore_row_if": "never"}:
            return _repeated(", ".join(_key(table, name) for name in names))
        case _:
            raise RuntimeError(f"{table.name}: the rule {rule.name} cannot be judged: {rule.expectation} has no SQL")


def _where(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


def _repeated(key: str, kept: str = "") -> str:
    """All rows of a repeated key, its first as well: nothing tells which of them is the right one."""
    return f"(SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM rows {kept} GROUP BY {key}) WHERE n > 1)"  # noqa: S608


def _missing(table: Table, name: str) -> str:
    return f"{quoted(name)} IS NULL" + (f" OR isnan({quoted(name)})" if _is_double(table, name) else "")


def _key(table: Table, name: str) -> str:
    return f"nullif({quoted(name)}, 'NaN'::DOUBLE)" if _is_double(table, name) else quoted(name)


def _bound(table: Table, name: str, bound: float) -> str:
    # A literal with a point is a decimal, and its double not always the one that was written.
    return f"'{bound!r}'::DOUBLE" if _is_double(table, name) else repr(bound)


def _is_double(table: Table, name: str) -> bool:
    return table.column(name).type == "double"


@cache
def database() -> duckdb.DuckDBPyConnection:
    """Where rules are counted: in memory, and nothing in it is loaded from elsewhere."""
    return duckdb.connect(":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})


@contextmanager
def _offered(rows: pa.Table, rules: Sequence[Rule]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, that knows the rows by this name. What fails there says that the rules cannot be judged."""
    cursor = database().cursor()
    try:
        cursor.register("rows", rows)
        yield cursor
    except duckdb.Error as error:
        raise RuntimeError(f"the rules {', '.join(rule.name for rule in rules if rule.tag)} cannot be judged: {error}") from error
    finally:
        cursor.close()
