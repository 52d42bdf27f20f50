"""Faults planted in a lake behind the program's back: each is told by the rules that are meant for it, and by no other."""

import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.faults.conftest import SLOT
from tests.faults.test_in_answers import AT
from twilytics.errors import ServiceError
from twilytics.gold import captures, change_rate, coverage, lead_lag, leads, set_aside, trend_equality, trends, trendsetter
from twilytics.lake import Lake
from twilytics.observatory import Observatory
from twilytics.render import arrow
from twilytics.schema import Table
from twilytics.silver import entries, snapshots
from twilytics.slots import Slots

RUN = Slots(AT, AT + SLOT)
US = "united-states"
Row = dict[str, Any]


def rewritten(lake: Lake, table: Table, edit: Callable[[list[Row]], list[Row]]) -> None:
    """The table's rows of a slot, or all rows where it has no time, edited."""
    runs = (RUN,) if table.time else None
    rows = edit(lake.read(table, runs).to_pylist())
    with lake.locked():
        lake.replace(table, pa.Table.from_pylist(rows, schema=arrow.schema(table)), runs)


def each(of: Callable[[Row], bool], change: Callable[[Row], Row | None]) -> Callable[[list[Row]], list[Row]]:
    """Those rows changed, or taken out where ``change`` gives None."""
    return lambda rows: [kept for row in rows for kept in [change(row) if of(row) else row] if kept is not None]


def lost(_row: Row) -> None:
    """Take the row out."""


def us(row: Row) -> bool:
    return row["place"] == US


FAULTS: dict[str, tuple[Table, Callable[[list[Row]], list[Row]], dict[tuple[str, str], int]]] = {
    "a slot is there twice": (
        change_rate.TABLE,
        lambda rows: rows * 2,
        {("gold.change_rate", "grain.unique"): 18},
    ),
    "ranks are shifted by one": (
        trends.TABLE,
        each(us, lambda row: row | {"rank": row["rank"] + 1}),
        {("gold.trends", "ranks_without_gaps"): 1},
    ),
    "ranks begin at 0": (
        trends.TABLE,
        each(us, lambda row: row | {"rank": row["rank"] - 1}),
        {("gold.trends", "rank.range"): 1, ("gold.trends", "ranks_without_gaps"): 1},
    ),
    "the end of a list is lost": (
        trends.TABLE,
        each(lambda row: us(row) and row["rank"] > 10, lost),
        {("gold.captures", "topics_are_listed"): 1, ("gold.change_rate", "new_and_kept"): 1},
    ),
    "a capture is lost": (
        captures.TABLE,
        each(us, lost),
        {("gold.captures", "topics_are_listed"): 1, ("gold.trend_equality", "both_captured"): 1},
    ),
    "a capture lies in another slot": (
        captures.TABLE,
        each(us, lambda row: row | {"captured_at": row["captured_at"] + timedelta(hours=8)}),
        {("gold.captures", "captured_in_its_slot"): 1},
    ),
    "a change rate is above 1": (
        change_rate.TABLE,
        each(us, lambda row: row | {"change_rate": 1.5}),
        {("gold.change_rate", "change_rate.range"): 1},
    ),
    "a change rate is NaN": (
        change_rate.TABLE,
        each(us, lambda row: row | {"change_rate": math.nan}),
        {("gold.change_rate", "change_rate.finite"): 1},
    ),
    "a change rate is -0": (
        change_rate.TABLE,
        each(us, lambda row: row | {"change_rate": -0.0}),
        {("gold.change_rate", "change_rate.sign"): 1},
    ),
    "a number of new topics is one too low": (
        change_rate.TABLE,
        each(us, lambda row: row | {"n_new": row["n_new"] - 1}),
        {("gold.change_rate", "new_and_kept"): 1},
    ),
    "a place is renamed in one table": (
        trend_equality.TABLE,
        each(lambda row: row["place_b"] == US, lambda row: row | {"place_b": "untied-states"}),
        {("gold.trend_equality", "places_exist"): 1, ("gold.trend_equality", "both_captured"): 1},
    ),
    "a follower is renamed": (
        trendsetter.TABLE,
        each(lambda row: row["follower"] == US, lambda row: row | {"follower": "untied-states"}),
        {("gold.trendsetter", "places_exist"): 1},
    ),
    "a place is renamed where firsts are counted": (
        leads.TABLE,
        each(lambda row: row["place_b"] == US, lambda row: row | {"place_b": "untied-states"}),
        {("gold.leads", "places_exist"): 1},
    ),
    "a place is renamed where firsts are tested": (
        lead_lag.TABLE,
        each(lambda row: row["place_b"] == US, lambda row: row | {"place_b": "untied-states"}),
        {("gold.lead_lag", "places_exist"): 1},
    ),
    "a pair is in the wrong order": (
        trend_equality.TABLE,
        each(lambda row: row["place_b"] == US, lambda row: row | {"place_a": row["place_b"], "place_b": row["place_a"]}),
        {("gold.trend_equality", "pair_in_order"): 7},
    ),
    "a slot is missing from the coverage": (
        coverage.TABLE,
        each(us, lost),
        {("gold.coverage", "captured_is_covered"): 1, ("gold.coverage", "every_slot_is_asked_for"): 1},
    ),
    "what was set aside is counted where nothing was": (
        set_aside.TABLE,
        lambda rows: [*rows, {"place": US, "slot": AT, "scope": "entry", "reason": "name_missing", "n_rows": 1}],
        {("gold.set_aside", "quarantine_is_counted"): 1},
    ),
    "an answer was never read": (
        entries.TABLE,
        each(us, lost),
        {("silver.entries", "every_answer_is_read"): 1},
    ),
    "a snapshot was never chosen": (
        snapshots.TABLE,
        each(us, lost),
        {("silver.snapshots", "chosen_superseded_or_set_aside"): 1, ("gold.coverage", "captured_is_covered"): 1},
    ),
    "a title is lost": (
        trends.TABLE,
        each(lambda row: us(row) and row["rank"] == 1, lambda row: row | {"title": None}),
        {("gold.trends", "title.not_null"): 1},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_table_is_told_by_its_own_rules(fault: str, lake: Observatory, beyond):
    table, edit, expected = FAULTS[fault]
    rewritten(lake.lake, table, edit)
    assert beyond(lake) == expected


def test_a_file_that_is_gone_from_behind_the_log_is_told_with_the_way_back(lake: Observatory, beyond):
    listing = lake.lake.listing(trends.TABLE)
    assert listing is not None
    (Path(lake.lake.uri(trends.TABLE)) / listing.paths()[0]).unlink()
    with pytest.raises(
        ServiceError, match=r"gold\.trends: a file that its log names is gone .* remove .*trends, and the next run makes it"
    ):
        beyond(lake)


def test_a_column_that_is_renamed_in_the_lake_s_files_is_told_as_missing(lake: Observatory, beyond):
    listing = lake.lake.listing(trends.TABLE)
    assert listing is not None
    path = Path(lake.lake.uri(trends.TABLE)) / listing.paths()[0]
    rows = pq.read_table(path)
    pq.write_table(rows.rename_columns(["name" if name == "title" else name for name in rows.schema.names]), path)
    # Without titles, lists of as many topics and no volumes are the same.
    assert beyond(lake) == {("gold.trends", "title.not_null"): rows.num_rows, ("gold.trends", "list_moves"): 230}
