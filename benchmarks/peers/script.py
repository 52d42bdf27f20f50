"""What the peers share: their arguments, where their tables go, and the line that says what it took."""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peers.tables import TARGETS

#: The name of a table, and some or all of its rows.
Piece = tuple[str, pa.Table]
#: From the two files and the minutes between two slots to the tables. Piece by piece: no table need fit into memory.
Compute = Callable[[Path, Path, int], Iterator[Piece]]
BATCH_ROWS = 100_000


class Store(Protocol):
    """Where the tables go; all of them are there when it is left without an error."""

    def put(self, name: str, rows: pa.RecordBatchReader) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Files:
    """A Parquet file a table."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.writers = {name: pq.ParquetWriter(folder / f"{name}.parquet", target.schema) for name, target in TARGETS.items()}

    def put(self, name: str, rows: pa.RecordBatchReader) -> None:
        for batch in rows:
            self.writers[name].write_batch(batch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for writer in self.writers.values():
            writer.close()


class Watch:
    """Adds up seconds by what they went into."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    @contextmanager
    def over(self, what: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - begun

    @contextmanager
    def around(self, what: str, database: Callable[[], Store]) -> Iterator[Store]:
        """A store that is opened and left under the watch, unlike what is done in between."""
        with ExitStack() as left:
            with self.over(what):
                opened = left.enter_context(database())
            yield opened
            with self.over(what):
                left.pop_all().close()


def stream(name: str, rows: pa.Table) -> pa.RecordBatchReader:
    """The rows in the table's declared types: each library has its own for text and counts."""
    return rows.to_reader(max_chunksize=BATCH_ROWS).cast(TARGETS[name].schema)


def peak_mib() -> int:
    """The most memory that this process had. (What `getrusage` tells begins with its parent's.)"""
    told = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(told.partition("VmHWM:")[2].split()[0]) // 1024


def main(name: str, about: str | None, compute: Compute, database: Callable[[str, str], Store]) -> None:
    """Run a peer as a program: its tables go to the database's schema ``bench_NAME``, and to files where asked for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trends", type=Path, required=True)
    parser.add_argument("--captures", type=Path, required=True)
    parser.add_argument("--interval", type=int, default=60, help="minutes from one slot to the next")
    parser.add_argument("--dsn", help="a PostgreSQL database")
    parser.add_argument("--no-copy", action="store_true", help="compute only")
    parser.add_argument("--out", type=Path, help="a folder for the tables as Parquet")
    asked = parser.parse_args()
    if not asked.no_copy and not asked.dsn:
        parser.error("--dsn or --no-copy is needed")

    watch, n_rows = Watch(), Counter(dict.fromkeys(TARGETS, 0))
    with ExitStack() as opened:
        files = opened.enter_context(Files(asked.out)) if asked.out else None
        # Making the tables, their keys and the commit are part of what copying costs.
        copied = None if asked.no_copy else opened.enter_context(watch.around("copy", lambda: database(asked.dsn, f"bench_{name}")))
        pieces = compute(asked.trends, asked.captures, asked.interval)
        while True:
            with watch.over("compute"):
                table, rows = next(pieces, (None, None))
            if table is None:
                break
            n_rows[table] += rows.num_rows
            if copied is not None:
                with watch.over("copy"):
                    copied.put(table, stream(table, rows))
            if files is not None:
                files.put(table, stream(table, rows))
            del rows  # before the next piece is computed
    told = {
        "compute_seconds": round(watch.seconds["compute"], 3),
        "copy_seconds": round(watch.seconds["copy"], 3),
        "rows": dict(n_rows),
        "peak_mib": peak_mib(),
    }
    print(json.dumps(told))
