"""What an observatory costs a month on Google Cloud, for 2, 12, 60 and 467 places: `python -m deployments.costs` writes it into
deployments/gcp/README.md.

From list prices with their date (deployments/gcp/prices.json and those of Dataproc and X in the package), seconds that `make bench`
measured, and sizes that were measured once (`MEASURED`). What is assumed is in `ASSUMED`.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.simulation import towns
from deployments.checks.read import ROOT
from twilytics import places, planning
from twilytics.dataproc import cost
from twilytics.render import readme
from twilytics.sources import x_access

FOLDER = ROOT / "deployments/gcp"
HOURS_OF_A_MONTH = 730
DAYS_OF_A_MONTH = 30
MONTHS_KEPT = 12
GB = 10**9


@dataclass(frozen=True)
class Measured:
    """Bytes a published row in the lake and in PostgreSQL, its indexes included, and bytes of an answer as it is kept in MongoDB;
    live files that an hourly cycle leaves in the lake."""

    lake_row: float
    database_row: float
    answer: float
    files_a_cycle: float


@dataclass(frozen=True)
class Assumed:
    """``writes_a_file``: its log entry and what is written around it. ``lost_share``: of the lake, what is kept as noncurrent or
    soft-deleted versions. ``spark_ratio``: seconds of Spark for one of DuckDB. ``start_seconds``: until a batch's session is there.
    A batch has ``nodes`` of ``node_dcu`` and ``node_disk_gb`` each, Dataproc's defaults."""

    writes_a_file: float
    lost_share: float
    spark_ratio: float
    start_seconds: float
    nodes: int
    node_dcu: float
    node_disk_gb: float


#: Two and twelve simulated places for a fortnight, all pairs, after `twilytics maintain`, 2026-11-28: published rows of the tables that
#: `twilytics plan` counts, answers, bytes of the lake, of PostgreSQL and of the store. The difference of the two is what counts: what
#: an empty database takes is not in it.
FEW = {"rows": 36_347, "answers": 666, "lake": 998_600, "database": 17_180_000, "store": 3_497_991}
MORE = {"rows": 472_285, "answers": 3_989, "lake": 5_559_000, "database": 96_340_000, "store": 37_552_136}
BETWEEN = {name: MORE[name] - FEW[name] for name in MORE}
#: README.md has 1,953 live files after 240 hourly cycles.
MEASURED = Measured(
    lake_row=BETWEEN["lake"] / BETWEEN["rows"],
    database_row=BETWEEN["database"] / BETWEEN["rows"],
    answer=BETWEEN["store"] / BETWEEN["answers"],
    files_a_cycle=1953 / 240,
)
#: The ratio is of the design notes' comparison: an hour of 12 places takes DuckDB 0.04 s and warm Spark 0.6 to 1.0 s a table.
#: A node has 4 CPUs of 0.6 DCU and 9,600 MB and a tenth of it more, at 0.1 DCU a GB.
ASSUMED = Assumed(
    writes_a_file=3, lost_share=1, spark_ratio=20, start_seconds=60, nodes=3, node_dcu=4 * 0.6 + 10.56 * 0.1, node_disk_gb=400
)


@dataclass(frozen=True)
class Case:
    """So many places, asked for every ``hours``; the machines that are meant for them."""

    n_places: int
    pairs: str
    hours: int
    machine: str
    database: tuple[int, float]
    """CPUs, and GB of memory."""


CASES = (
    Case(2, "all", 1, "e2-medium", (1, 3.75)),
    Case(12, "all", 1, "e2-medium", (1, 3.75)),
    Case(60, "same-country", 1, "e2-medium", (2, 7.5)),
    # Every hour does not fit X's rate limit: `twilytics plan`.
    Case(467, "same-country", 2, "e2-standard-4", (4, 15.0)),
)
#: Gigabytes of the worker's two disks, as variables.tf has them.
WORKER_DISKS_GB, HOME_GB = 40, 20


@dataclass(frozen=True)
class Costs:
    """US dollars a month at the end of the first year. ``batches`` come on top of the worker, which lands and publishes all the same."""

    storage: float
    worker: float
    database: float
    batches: float
    x: float

    @property
    def in_process(self) -> float:
        return self.storage + self.worker + self.database + self.x

    @property
    def by_batches(self) -> float:
        return self.in_process + self.batches


def followed(n_places: int) -> list[str]:
    """So many places of X: the benchmarks' towns, then all the others."""
    first = towns(n_places)
    return [*first, *(key for key in places.of("x-v2") if key not in first)][:n_places]


def seconds(n_places: int, measured: list[dict[str, Any]]) -> tuple[float, bool]:
    """How long DuckDB takes for one more slot, and whether that was measured: else in proportion to the most places that were."""
    slots = [told for told in measured if told["case"] == "one more slot" and told["contender"] == "this project, duckdb"]
    same = [told["seconds"] for told in slots if told["places"] == n_places]
    if same:
        return max(same), True
    most = max(slots, key=lambda told: told["places"])
    return most["seconds"] * n_places / most["places"], False


def costs(case: Case, prices: Mapping[str, Any], batch: cost.Prices, cycle_seconds: float) -> Costs:
    plan = planning.planned("x-v2", followed(case.n_places), timedelta(hours=case.hours), case.pairs)
    rows = sum(plan.n_rows.values()) * MONTHS_KEPT
    cycles = DAYS_OF_A_MONTH * 24 / case.hours
    lake_gb = rows * MEASURED.lake_row * (1 + ASSUMED.lost_share) / GB
    store_gb = plan.calls[0].n * MONTHS_KEPT * MEASURED.answer / GB
    database_gb = rows * MEASURED.database_row / GB
    cpus, memory_gb = case.database
    batch_hours = cycles * (ASSUMED.start_seconds + ASSUMED.spark_ratio * cycle_seconds) / 3600 * ASSUMED.nodes
    disks_gb = WORKER_DISKS_GB + store_gb
    return Costs(
        storage=lake_gb * prices["storage_gb_month"] + cycles * MEASURED.files_a_cycle * ASSUMED.writes_a_file * prices["storage_write"],
        worker=(prices["machine_hour"][case.machine] + prices["nat_hour"] + prices["address_hour"]) * HOURS_OF_A_MONTH
        + disks_gb * prices["disk_gb_month"]
        + (HOME_GB + store_gb) * prices["snapshot_gb_month"],
        database=(cpus * prices["database_cpu_hour"] + memory_gb * prices["database_memory_gb_hour"]) * HOURS_OF_A_MONTH
        + database_gb * (prices["database_disk_gb_month"] + prices["database_backup_gb_month"]),
        batches=batch.of_usage(batch_hours * ASSUMED.node_dcu, batch_hours * ASSUMED.node_disk_gb),
        x=plan.usd,
    )


def table() -> str:
    """The table and what it is made from, in Markdown."""
    told = json.loads((FOLDER / "prices.json").read_text(encoding="utf-8"))
    measured = json.loads((ROOT / "benchmarks/measured.json").read_text(encoding="utf-8"))
    batch = cost.prices()
    names = [field.name for field in fields(Costs)]
    lines = [
        "| places | asked | pairs | one more slot | storage | worker | database | batches | X | **in process** | **by batches** |",
        f"| ---: | --- | --- | ---: |{' ---: |' * (len(names) + 2)}",
    ]
    for case in CASES:
        taken, is_measured = seconds(case.n_places, measured)
        found = costs(case, told["prices"], batch, taken)
        amounts = [getattr(found, name) for name in names] + [found.in_process, found.by_batches]
        every = "every hour" if case.hours == 1 else f"every {case.hours} hours"
        one = f"{taken:.1f} s" if is_measured else f"{taken:.0f} s (not measured)"
        lines.append(f"| {case.n_places} | {every} | {case.pairs} | {one} | {' | '.join(f'{amount:,.2f}' for amount in amounts)} |")
    return "\n".join([*lines, "", f"USD a month at the end of the first year. {told['region']}, {told['of']}; X of {x_access.PRICES_OF}."])


def page(before: str) -> str:
    """The page with the table in its place."""
    return readme.text(before, {"costs": table()})


def problems(path: Path = FOLDER / "README.md") -> list[str]:
    """Whether the page's table is not what prices and measurements make it."""
    before = path.read_text(encoding="utf-8")
    return [] if page(before) == before else ["the cost table is not what the prices make it: python -m deployments.costs writes it"]


def main() -> int:
    path = FOLDER / "README.md"
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
