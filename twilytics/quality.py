"""The gate: Great Expectations judges rows by the rules of their tables before they are published.

Each rule is counted first (:mod:`twilytics.counting`), and one validation judges the counts of all tables together:
every rule is there, looked at every row, and failed on none. Only of a table on which something failed is its whole
suite asked, a rule an expectation, which tells the rows; both have to find the same. The counts of 12 tables take some
0.05 s and their validation 0.02 s, where the suites would take 0.5 s.

Loading Great Expectations takes seconds, so that happens with the first check, or with :func:`warm_up`.
"""

import logging
import os
import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import starmap
from typing import Any

import pyarrow as pa

from twilytics import counting, failures
from twilytics.counting import Count
from twilytics.errors import GateError
from twilytics.failures import Failure
from twilytics.render import expectations
from twilytics.render.expectations import Rule
from twilytics.schema import Table

#: How many of the failed rules a :class:`GateError` tells in full.
RULES_TOLD = 3
MEND = "; when the cause is mended, `twilytics backfill` makes these slots anew and publishes them"
NAMES_ONLY = {"result_format": "BOOLEAN_ONLY"}
WITH_ROWS = {"result_format": "SUMMARY", "partial_unexpected_count": failures.EXAMPLES}
WITH_RULES = {"result_format": "COMPLETE", "unexpected_index_column_names": list(counting.FAILED)}

# Great Expectations keeps its context in a global of the process.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Judged:
    """What the rules counted, each rule and scope, and those that failed."""

    counts: tuple[Count, ...] = ()
    failures: tuple[Failure, ...] = ()


def check(table: Table, rows: pa.Table, *, scope: str = "") -> list[Failure]:
    """Judge the rows by every rule about rows of the table, as :func:`check_all` does."""
    return list(check_all([(table, rows, scope)]).failures)


def check_all(work: Iterable[tuple[Table, pa.Table, str]], audits: Iterable[tuple[Count, Failure | None]] = ()) -> Judged:
    """Judge tables with rows, each with the scope to name, by every rule about rows of their table; and what audits counted.

    ``rows`` have the declared types; uniqueness is judged among them, so they have to be whole slots (or the whole
    table, where it has no time). They are asked for one after the other, and not kept. Raise RuntimeError where a rule
    cannot be judged, or is judged in two ways and not alike: that passes for nothing.
    """
    n_rules, counts, found = 0, list[Count](), list[Failure]()
    for n_declared, counted, failed in starmap(_looked_at, work):  # a loop over the work would hold rows while the next are read
        n_rules += n_declared
        counts += counted
        found += failed
    for count, failure in audits:
        n_rules += 1
        counts.append(count)
        found += [failure] if failure else []
    by_count = _verdict(counts, n_rules) if n_rules else set[str]()
    by_suite = {_told(vars(failure)) for failure in found}
    if by_count != by_suite:
        raise RuntimeError(f"judged in two ways, and not alike: counts {sorted(by_count - by_suite)}, suites {sorted(by_suite - by_count)}")
    return Judged(tuple(counts), tuple(found))


def judge(table: Table, rows: pa.Table, *, scope: str = "") -> list[Failure]:
    """Judge the rows by the suite of their table, whatever was counted. Raise RuntimeError where a rule cannot be judged."""
    rules = counting.judgeable(table, rows)
    with _one_at_a_time:
        batch = _batch(counting.tagged(rows, rules))
        failed = _failed(batch, table.name, rules, NAMES_ONLY)
        found = _failed(batch, table.name, tuple(rule for rule, _ in failed), WITH_ROWS) if failed else []
    return [failures.of(table, rule, rows, result, scope) for rule, result in found]


def gate(found: Iterable[Failure]) -> None:
    """Raise :class:`GateError` where a rule of severity ``fail`` is among the failures; warnings and notes pass."""
    grave = [failure for failure in found if failure.severity == "fail"]
    if not grave:
        return
    nameless = "; ".join(failure.without_names for failure in grave[:RULES_TOLD])
    in_full = "; ".join(str(failure) for failure in grave[:RULES_TOLD])
    more = f"; and {len(grave) - RULES_TOLD} more failed checks" if len(grave) > RULES_TOLD else ""
    more += f"; nothing of this cycle was published, the last good state stays{MEND}"
    raise GateError(nameless + more, in_full + more)


def warm_up() -> None:
    """Load Great Expectations now (some seconds), so that the first check need not. In any thread: who checks meanwhile waits."""
    _verdict([Count("", "", "", 0, 0, 0)], 1)


def warm_up_beside() -> None:
    """As :func:`warm_up`, in a thread beside whatever comes next; nothing, where it is loaded already."""
    if not _batches.cache_info().currsize:
        threading.Thread(target=warm_up, name="warm-up").start()


def _looked_at(table: Table, rows: pa.Table, scope: str) -> tuple[int, list[Count], list[Failure]]:
    """How many rules there are to be counted, their counts, and what the suite says where one of them failed."""
    counted = counting.counted(table, rows, scope)
    failed = any(count.n_failed for count in counted)
    return len(counting.judgeable(table, rows)), counted, judge(table, rows, scope=scope) if failed else []


def _verdict(counts: Sequence[Count], n_rules: int) -> set[str]:
    """What Great Expectations says of the counts: which rules failed, and on how many rows.

    Raise RuntimeError where they are not the counts of so many rules, over all rows.
    """
    rules = counting.rules(n_rules)
    with _one_at_a_time:
        batch = _batch(counting.frame(counts))
        failed = [rule for rule, _ in _failed(batch, "counts", rules, NAMES_ONLY)]
        told = _failed(batch, "counts", failed, WITH_RULES) if failed else []
    found = set[str]()
    for rule, result in told:
        if rule is not counting.NONE_FAILED:
            raise RuntimeError(f"the rules were not all counted: {rule.says}, Great Expectations found {result}")
        found |= {_told(which) for which in result["unexpected_index_list"]}
    return found


def _told(failed: Mapping[str, Any]) -> str:
    return " ".join(f"{failed[name]}" for name in counting.FAILED)


def _batch(rows: pa.Table) -> Any:
    # Whole numbers beside NULL would else become doubles, of which large ones are not told apart.
    return _batches().get_batch({"dataframe": rows.to_pandas(integer_object_nulls=True)})


@cache
def _batches() -> Any:
    """What makes a batch of a data frame, in a context that lives in memory and tells nobody."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context.data_sources.add_pandas("rows").add_dataframe_asset("rows").add_batch_definition_whole_dataframe("rows")


def _failed(batch: Any, name: str, rules: Sequence[Rule], result_format: dict[str, Any]) -> list[tuple[Rule, dict[str, Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = batch.validate(_suite(name, tuple(rules)), result_format=result_format)
    by_name = {rule.name: rule for rule in rules}
    failed = []
    for result in outcome.results:
        rule = by_name[result.expectation_config.meta["rule"]]
        if result.exception_info.get("exception_message"):
            raise RuntimeError(f"{name}: the rule {rule.name} cannot be judged: {result.exception_info['exception_message']}")
        if not result.success:
            failed.append((rule, dict(result.result)))
    if len(outcome.results) != len(rules):
        raise RuntimeError(f"{name}: {len(rules)} rules were to be judged, {len(outcome.results)} were")
    order = list(by_name)
    return sorted(failed, key=lambda found: order.index(found[0].name))


@lru_cache(maxsize=256)
def _suite(name: str, rules: tuple[Rule, ...]) -> Any:
    from great_expectations import ExpectationSuite

    return ExpectationSuite(name=name, expectations=[expectations.expectation(rule) for rule in rules])
