"""What changed between two versions of a table, in drawn tables."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.drawn import rows
from tests.lakes import HOUR, NOON, put, run
from twilytics.differences import ColumnDifference, Difference, Example, difference, gold_table
from twilytics.errors import TwilyticsError
from twilytics.gold import change_rate, change_summary, trends
from twilytics.lake import Lake
from twilytics.schema import Table
from twilytics.slots import Slots

SLOT = "2020-07-18 12:00"


@pytest.fixture
def changed(lake: Lake) -> Lake:
    """Versions 0 (made, empty), 1 and 2 of `change_rate`."""
    put(
        lake,
        change_rate.TABLE,
        f"""
        place     | slot   | n_topics | n_new | n_gone | change_rate
        berlin    | {SLOT} | 50       | NULL  | NULL   | NULL
        bremen    | {SLOT} | 50       | 10    | 10     | 0.2
        dresden   | {SLOT} | 50       | 20    | 20     | 0.4
        hamburg   | {SLOT} | 50       | 20    | 20     | 0.4
        stuttgart | {SLOT} | 50       | 25    | 25     | 0.5
        """,
        run(),
    )
    put(
        lake,
        change_rate.TABLE,
        f"""
        place     | slot   | n_topics | n_new | n_gone | change_rate
        berlin    | {SLOT} | 50       | 5     | 5      | 0.1
        bremen    | {SLOT} | 50       | 10    | 10     | 0.2000000005
        dresden   | {SLOT} | 50       | 20    | 20     | 0.40000001
        hamburg   | {SLOT} | 40       | 12    | 20     | 0.3
        ulm       | {SLOT} | 50       | NULL  | NULL   | NULL
        """,
        run(),
    )
    return lake


def test_rows_are_paired_by_their_grain_and_doubles_within_a_billionth_are_equal(changed: Lake):
    found = difference(changed, change_rate.TABLE)
    assert (found.before.number, found.after.number) == (1, 2)
    assert (found.before.n_rows, found.after.n_rows) == (5, 5)
    assert (found.n_added, found.n_removed, found.n_changed, found.n_same) == (1, 1, 3, 1)
    assert found.columns == (
        ColumnDifference("n_topics", n_changed=1, largest=10.0, n_filled=0, n_emptied=0),
        ColumnDifference("n_new", n_changed=2, largest=8.0, n_filled=1, n_emptied=0),
        ColumnDifference("n_gone", n_changed=1, largest=None, n_filled=1, n_emptied=0),
        ColumnDifference("change_rate", n_changed=3, largest=pytest.approx(0.1), n_filled=1, n_emptied=0),
    )
    assert found.examples == (
        Example("changed", {"place": "berlin", "slot": NOON}, {"n_new": (None, 5), "n_gone": (None, 5), "change_rate": (None, 0.1)}),
        Example("changed", {"place": "dresden", "slot": NOON}, {"change_rate": (0.4, 0.40000001)}),
        Example("changed", {"place": "hamburg", "slot": NOON}, {"n_topics": (50, 40), "n_new": (20, 12), "change_rate": (0.4, 0.3)}),
        Example("added", {"place": "ulm", "slot": NOON}, {"n_topics": (None, 50)}),
        Example("removed", {"place": "stuttgart", "slot": NOON}, {
            "n_topics": (50, None), "n_new": (25, None), "n_gone": (25, None), "change_rate": (0.5, None),
        }),
    )  # fmt: skip


def counts(found: Difference) -> tuple[int, int, int, int]:
    return found.n_added, found.n_removed, found.n_changed, found.n_same


def test_any_two_versions_can_be_compared_in_either_direction(changed: Lake):
    assert counts(difference(changed, change_rate.TABLE, 0, 1)) == (5, 0, 0, 0)
    assert counts(difference(changed, change_rate.TABLE, 0)) == (5, 0, 0, 0)
    assert counts(difference(changed, change_rate.TABLE, after=1)) == (5, 0, 0, 0)
    assert counts(difference(changed, change_rate.TABLE, 2, 0)) == (0, 5, 0, 0)
    back = difference(changed, change_rate.TABLE, 2, 1)
    assert counts(back) == (1, 1, 3, 1)
    assert [(column.name, column.n_filled, column.n_emptied) for column in back.columns][1:3] == [("n_new", 0, 1), ("n_gone", 0, 1)]
    same = difference(changed, change_rate.TABLE, 1, 1)
    assert (counts(same), same.columns, same.examples) == ((0, 0, 0, 5), (), ())


def test_at_most_so_many_examples_of_a_kind_the_earliest_first(changed: Lake):
    found = difference(changed, change_rate.TABLE, n_examples=1)
    assert [(example.kind, example.key["place"]) for example in found.examples] == [
        ("changed", "berlin"),
        ("added", "ulm"),
        ("removed", "stuttgart"),
    ]
    assert difference(changed, change_rate.TABLE, n_examples=0).examples == ()


def test_what_neither_version_changed_is_not_read_and_counts_as_the_same(lake: Lake):
    for hour in range(4):
        slot = NOON + hour * HOUR
        put(lake, trends.TABLE, f"slot | topic | rank\n{slot:%Y-%m-%d %H:%M} | hsv | 1", run(slot))
    before = lake.version(trends.TABLE)
    put(lake, trends.TABLE, "slot | topic | rank\n2020-07-18 14:00 | werder | 1", run(NOON + 2 * HOUR))
    kept = files(lake, trends.TABLE)
    assert len(kept) == 4
    for path in sorted(kept, key=lambda path: path.stat().st_mtime)[:-1]:
        path.unlink()  # read, they would be missed
    found = difference(lake, trends.TABLE, before)
    assert counts(found) == (0, 0, 1, 3)
    assert found.examples[0].columns == {"topic": ("hsv", "werder")}


def test_files_that_were_only_joined_hold_the_same_rows(changed: Lake):
    everything = changed.read(change_rate.TABLE)
    changed.replace(change_rate.TABLE, everything, (Slots(NOON - timedelta(days=1), NOON + timedelta(days=1)),))
    assert counts(difference(changed, change_rate.TABLE)) == (0, 0, 0, 5)


def test_a_table_that_is_only_ever_replaced_whole_is_compared_by_its_grain(lake: Lake):
    drawn = rows(change_summary.TABLE, "place | window_hours | total\nberlin | 24 | 1.5\nberlin | 168 | 9.5")
    lake.replace(change_summary.TABLE, drawn, None)
    lake.replace(change_summary.TABLE, rows(change_summary.TABLE, "place | window_hours | total\nberlin | 24 | 2.5"), None)
    found = difference(lake, change_summary.TABLE)
    assert counts(found) == (0, 1, 1, 0)
    assert found.columns == (ColumnDifference("total", 1, 1.0, 0, 0),)


def test_a_table_is_named_with_or_without_its_layer_and_others_are_told_the_nearest():
    assert gold_table("trends") is gold_table("gold.trends") is trends.TABLE
    for name in ("trend", "silver.trends"):
        with pytest.raises(
            TwilyticsError, match=rf"^the lake has no gold table '{name}'. Nearest: gold\.trends, gold\.trendsetter, gold\."
        ):
            gold_table(name)


def test_versions_that_are_not_there_are_told_with_those_that_are(changed: Lake):
    for asked in ({"before": 7}, {"after": 7}):
        with pytest.raises(TwilyticsError, match=r"^gold.change_rate has no version 7 that can be read, but versions 0 to 2$"):
            difference(changed, change_rate.TABLE, **asked)
    with pytest.raises(TwilyticsError, match=r"^gold.change_rate has no version -1 that can be read, but versions 0 to 2$"):
        difference(changed, change_rate.TABLE, after=0)
    with pytest.raises(TwilyticsError, match=r"^gold\.trends was not made yet"):
        difference(changed, trends.TABLE)


def test_a_version_whose_files_maintenance_removed_is_told_with_those_that_are_left(changed: Lake):
    (first,) = set(Path(changed.uri(change_rate.TABLE)).glob("*.parquet")) - files(changed, change_rate.TABLE)
    put(changed, change_rate.TABLE, "place | slot\nulm | 2020-07-18 13:00", run(NOON + HOUR))
    first.unlink()
    with pytest.raises(TwilyticsError) as told:
        difference(changed, change_rate.TABLE, 1)
    assert str(told.value) == (
        "gold.change_rate has no version 1 that can be read, but versions 2 to 3: "
        "maintenance removed the files of older ones (TWILYTICS_RETENTION_HOURS says when)"
    )
    assert counts(difference(changed, change_rate.TABLE)) == (1, 0, 0, 5)


def files(lake: Lake, table: Table) -> set[Path]:
    handle = lake.handle(table)
    assert handle is not None
    return {Path(uri) for uri in handle.file_uris()}
