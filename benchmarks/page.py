"""The page that tells what was measured: benchmarks/README.md, and its plot."""

import os
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.plot import Measured, markdown, svg

TEXT = """\
# Benchmarks

Made by `make bench`; do not edit. This project against its peers, side by side in one run, on the same simulated history; on a
machine with {cores} cores and {memory} GiB of memory. Before any time counts, the tables that a peer makes are compared with
this project's: keys and values equal, doubles to 1e-9.

![Seconds by case and contender](side_by_side.svg)

{table}
In each cell: seconds, and the peak of the process's memory.

- **One more slot** has been landed, and is refined, checked and published; this project in a process that is warm, as in
  `twilytics serve`: the median of three. All twelve published tables and the lake are brought up to date, and each file synced.
- **24 late slots** of two days ago arrive at once.
- **Everything again**: silver, gold and PostgreSQL are made anew from bronze.
- The **peers** (`benchmarks/peers`) are good scripts of their kind. They make four of the tables (change_rate, trend_equality,
  trendsetter, episodes), from trends that are read and cleaned already, all anew each time, and COPY them into empty tables
  whose keys are made last; so for them all cases are one. **The way of 2020** is that of this project's ancestor.
- Histories that the table lacks were not run when this page was made; `make bench` runs a year as well.
- Never here: 60 places for longer than a week. All pairs of them are 186 million trendsetter rows a year, which no contender
  copies in an hour here: that is what TWILYTICS_PAIRS is for.

| other script | measures |
| --- | --- |
| `one_more_slot.py` | the same through the commands themselves: a fresh `twilytics run`, and a run of the flow inside `twilytics serve` |
| `lake_files.py` | how many files a month of hours leaves in the lake, before and after `twilytics maintain` |
| `panels.py` | how long each panel's and each alert's question takes over a year of sixty places: [panels.md](panels.md) |
| `kill_nine.py` | that a replay which is killed anywhere ends with the tables of one that was not |
| `five_setups.py` | that both engines make the same gold rows, on a folder, in a bucket, on a cluster: [five_setups.md](five_setups.md) |
| `scale.py` | how seconds, memory and bytes grow with places and time, on both engines: [scale.md](scale.md) |
| `report_of_a_year.py` | bytes and seconds of the report of a year of twelve places: [report_of_a_year.md](report_of_a_year.md) |
"""


def write(folder: Path, rows: Sequence[Measured]) -> None:
    """Write the page and the plot. Paths, names and dates of a machine stay out of both."""
    memory = round(psutil.virtual_memory().total / 2**30)
    page = TEXT.format(cores=os.cpu_count(), memory=memory, table=markdown(rows))
    (folder / "README.md").write_text(page, encoding="utf-8")
    (folder / "side_by_side.svg").write_text(svg(rows), encoding="utf-8")
