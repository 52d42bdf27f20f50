"""The cost table, against sums that were done by hand."""

import json

import pytest

from deployments import costs
from twilytics.dataproc.cost import Prices

PRICES = {
    "machine_hour": {"m": 0.1},
    "disk_gb_month": 0.1,
    "snapshot_gb_month": 0.05,
    "nat_hour": 0.001,
    "address_hour": 0.004,
    "storage_gb_month": 0.02,
    "storage_write": 0.00001,
    "database_cpu_hour": 0.04,
    "database_memory_gb_hour": 0.01,
    "database_disk_gb_month": 0.2,
    "database_backup_gb_month": 0.1,
}
BATCH = Prices("2026-11-28", "nowhere", "a test", dcu_hour_usd=0.06, shuffle_gb_month_usd=0.073)


@pytest.fixture
def case(monkeypatch):
    monkeypatch.setattr(costs, "MEASURED", costs.Measured(lake_row=100, database_row=1000, answer=10_000, files_a_cycle=5))
    monkeypatch.setattr(
        costs,
        "ASSUMED",
        costs.Assumed(writes_a_file=2, lost_share=1, spark_ratio=20, start_seconds=60, nodes=3, node_dcu=4, node_disk_gb=100),
    )
    return costs.Case(2, "all", 1, "m", (2, 10.0))


@pytest.fixture
def found(case):
    return costs.costs(case, PRICES, BATCH, cycle_seconds=2.0)


def test_storage_is_a_year_of_rows_twice_and_the_writes_of_a_month(found):
    # Two places an hour: 72,000 + 1,440 + 720 + 8,640 rows a month are 993,600 a year, 0.19872 GB; 720 cycles write 10 objects each.
    assert found.storage == pytest.approx(0.19872 * 0.02 + 7200 * 0.00001)


def test_the_worker_is_a_machine_its_way_out_and_its_disks(found):
    # 17,280 answers of 10 kB are 0.1728 GB in the store.
    assert found.worker == pytest.approx(730 * 0.105 + 40.1728 * 0.1 + 20.1728 * 0.05)


def test_the_database_is_cpus_memory_and_a_year_of_rows_with_their_backup(found):
    assert found.database == pytest.approx(730 * (2 * 0.04 + 10 * 0.01) + 0.9936 * 0.3)


def test_batches_are_nodes_for_as_long_as_spark_takes(found):
    # 720 batches of 60 + 20 * 2 seconds are 20 hours, of three nodes 60: 240 DCU-hours, 6,000 GB-hours.
    assert found.batches == pytest.approx(240 * 0.06 + 6000 * 0.073 / 730)


def test_x_is_what_the_plan_says(found):
    assert found.x == pytest.approx(1440 * 0.01)


def test_batches_come_on_top_of_everything_else():
    found = costs.Costs(storage=1, worker=2, database=4, batches=8, x=16)
    assert (found.in_process, found.by_batches) == (23, 31)


def test_half_as_many_captures_cost_half_of_x_and_of_the_batches(case):
    hourly, two_hourly = (costs.costs(costs.Case(2, "all", hours, "m", (2, 10.0)), PRICES, BATCH, 2.0) for hours in (1, 2))
    assert (two_hourly.x, two_hourly.batches) == (pytest.approx(hourly.x / 2), pytest.approx(hourly.batches / 2))


def test_all_of_xs_places_are_asked_about():
    assert [len(costs.followed(case.n_places)) for case in costs.CASES] == [2, 12, 60, 467]


def _slot(places: int, seconds: float, contender: str = "this project, duckdb") -> dict:
    return {"case": "one more slot", "places": places, "contender": contender, "seconds": seconds}


def test_the_longest_history_counts_and_no_peer():
    measured = [_slot(12, 1.1), _slot(12, 1.3), _slot(12, 27.0, "Polars"), {**_slot(12, 9.6), "case": "24 late slots"}]
    assert costs.seconds(12, measured) == (1.3, True)


def test_what_was_not_measured_is_in_proportion_to_the_most_places_and_says_so():
    assert costs.seconds(480, [_slot(12, 1.0), _slot(60, 2.5)]) == (20.0, False)


def test_the_page_is_as_the_prices_make_it_and_a_changed_one_is_told(tmp_path):
    assert costs.problems() == []
    page = tmp_path / "README.md"
    page.write_text((costs.FOLDER / "README.md").read_text().replace("| 12 | every hour |", "| 13 | every hour |"))
    (problem,) = costs.problems(page)
    assert "python -m deployments.costs writes it" in problem
    assert costs.page(page.read_text()) == (costs.FOLDER / "README.md").read_text()


def test_each_machine_of_the_table_has_a_price():
    prices = json.loads((costs.FOLDER / "prices.json").read_text())["prices"]
    assert {case.machine for case in costs.CASES} <= set(prices["machine_hour"])
