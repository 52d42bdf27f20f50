"""The gate: Great Expectations judges rows by the suite of their table before they are published.

Loading Great Expectations takes seconds, so that happens with the first check, or with :func:`warm_up`. Afterwards
600 rows take some 0.04 s and 300,000 rows some 0.3 s: all rules pass through one validation that only says which
failed, and only those are asked again for their rows.
"""

import logging
import os
import threading
import warnings
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

import duckdb
import pyarrow as pa

from twilytics import failures
from twilytics.errors import GateError
from twilytics.failures import Failure
from twilytics.render import expectations
from twilytics.render.expectations import Rule, quoted
from twilytics.schema import Table

#: How many of the failed rules a :class:`GateError` tells in full.
RULES_TOLD = 3
MEND = "; when the cause is mended, `twilytics backfill` makes these slots anew and publishes them"
NAMES_ONLY = {"result_format": "BOOLEAN_ONLY"}
WITH_ROWS = {"result_format": "SUMMARY", "partial_unexpected_count": failures.EXAMPLES}

# Great Expectations keeps its context in a global of the process.
_one_at_a_time = threading.Lock()


def check(table: Table, rows: pa.Table, *, scope: str = "") -> list[Failure]:
    """Judge the rows by every rule of the table. An empty list: all hold.

    ``rows`` have the declared types; uniqueness is judged among them, so they have to be whole slots (or the whole
    table, where it has no time). Raise RuntimeError where a rule cannot be judged at all: that passes for nothing.
    """
    declared = expectations.rules(table)
    if rows.schema.names != [column.name for column in table.columns]:
        declared = tuple(rule for rule in declared if rule.name == "columns")
    elif not rows.num_rows:
        return []
    with _one_at_a_time:
        batch = _batches().get_batch({"dataframe": _tagged(rows, declared).to_pandas()})
        failed = _failed(batch, table, declared, NAMES_ONLY)
        found = _failed(batch, table, tuple(rule for rule, _ in failed), WITH_ROWS) if failed else []
    return [failures.of(table, rule, rows, result, scope) for rule, result in found]


def gate(found: Iterable[Failure]) -> None:
    """Raise :class:`GateError` where a rule of severity ``fail`` is among the failures; warnings and notes pass."""
    grave = [failure for failure in found if failure.severity == "fail"]
    if not grave:
        return
    told = "; ".join(str(failure) for failure in grave[:RULES_TOLD])
    more = f"; and {len(grave) - RULES_TOLD} more failed checks" if len(grave) > RULES_TOLD else ""
    raise GateError(f"{told}{more}; nothing of this cycle was published, the last good state stays{MEND}")


def warm_up() -> None:
    """Load Great Expectations now (some seconds), so that the first check need not."""
    with _one_at_a_time:
        _batches()


@cache
def _batches() -> Any:
    """What makes a batch of a data frame, in a context that lives in memory and tells nobody."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context.data_sources.add_pandas("rows").add_dataframe_asset("rows").add_batch_definition_whole_dataframe("rows")


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})


def _tagged(rows: pa.Table, rules: Sequence[Rule]) -> pa.Table:
    """The rows, in their order, each with the boolean columns that the rules need."""
    tags = expectations.tags(list(rules))
    if not tags:
        return rows
    judged = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in tags.items())
    cursor = _database().cursor()
    try:
        cursor.register("rows", rows)
        return cursor.sql(f"SELECT *, {judged} FROM rows").to_arrow_table()  # noqa: S608  (expressions of the declarations)
    except duckdb.Error as error:
        raise RuntimeError(f"the rules {', '.join(rule.name for rule in rules if rule.tag)} cannot be judged: {error}") from error
    finally:
        cursor.close()


def _failed(batch: Any, table: Table, rules: Sequence[Rule], result_format: dict[str, Any]) -> list[tuple[Rule, dict[str, Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = batch.validate(_suite(table, tuple(rules)), result_format=result_format)
    by_name = {rule.name: rule for rule in rules}
    failed = []
    for result in outcome.results:
        rule = by_name[result.expectation_config.meta["rule"]]
        if result.exception_info.get("exception_message"):
            raise RuntimeError(f"{table.name}: the rule {rule.name} cannot be judged: {result.exception_info['exception_message']}")
        if not result.success:
            failed.append((rule, dict(result.result)))
    if len(outcome.results) != len(rules):
        raise RuntimeError(f"{table.name}: {len(rules)} rules were to be judged, {len(outcome.results)} were")
    order = list(by_name)
    return sorted(failed, key=lambda found: order.index(found[0].name))


@lru_cache(maxsize=256)
def _suite(table: Table, rules: tuple[Rule, ...]) -> Any:
    from great_expectations import ExpectationSuite

    return ExpectationSuite(**expectations.suite(table, rules))
