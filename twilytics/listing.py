"""The files of a Delta table by the statistics in its log: which of them may hold some rows, how many rows there are.

delta-rs can tell the same, by an expression a file and column, which costs more than reading a few small files.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from twilytics.slots import Slots

#: Statistics of Spark are cut to milliseconds: up to one later there may be a row of the file.
AFTER = timedelta(milliseconds=1)


class Listing:
    """The files of a version: ``path`` (within the table's folder), ``size_bytes``, ``num_records``, and by column ``min.`` and ``max.``"""

    def __init__(self, handle: DeltaTable) -> None:
        self.files = pa.table(handle.get_add_actions(flatten=True))

    def paths(self) -> list[str]:
        return self._paths(self.files)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Bytes by path."""
        return dict(zip(self.paths(), self.files["size_bytes"].to_pylist(), strict=True)) if self.files.num_rows else {}

    def within(self, column: str, runs: Sequence[Slots]) -> list[str]:
        """The files that may hold rows whose ``column`` lies in one of the runs."""
        if not runs or f"min.{column}" not in self.files.column_names:
            return self.paths() if runs else []
        least, greatest = pc.field(f"min.{column}"), pc.field(f"max.{column}")
        may = least.is_null()
        for run in runs:
            may = may | ((greatest >= run.since - AFTER) & (least < run.until))
        return self._paths(self.files.filter(may))

    def above(self, column: str, floor: int) -> list[str]:
        """The files that may hold rows whose ``column`` is greater than ``floor``."""
        if f"max.{column}" not in self.files.column_names:
            return self.paths()
        greatest = pc.field(f"max.{column}")
        return self._paths(self.files.filter(greatest.is_null() | (greatest > floor)))

    def newest(self, column: str) -> Any:
        """The greatest value of a column; None where the table holds nothing."""
        return pc.max(self.files[f"max.{column}"]).as_py() if f"max.{column}" in self.files.column_names else None

    def n_rows(self) -> int:
        return int(pc.sum(self.files["num_records"]).as_py() or 0) if self.files.num_rows else 0

    @staticmethod
    def _paths(files: pa.Table) -> list[str]:
        return [unquote(path) for path in files["path"].to_pylist()] if files.num_rows else []
