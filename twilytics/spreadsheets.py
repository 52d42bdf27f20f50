"""Strangers' text in a spreadsheet: shown, never computed."""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

#: A spreadsheet takes text that begins so for a formula; with the wide forms of East Asian keyboards some do so as well.
SIGNS, BREAKS = "=+-@＝＋－＠", "\t\r\n"
FORMULA = (*SIGNS, *BREAKS)
# Some take white space away first.
BEGINS = re.compile(rf"\s*[{re.escape(SIGNS)}]|[{BREAKS}]")


def defused(value: object) -> object:
    """Text that a spreadsheet would compute gets an apostrophe before it, which spreadsheets do not show."""
    return f"'{value}" if isinstance(value, str) and BEGINS.match(value) else value


class Writer:
    """CSV of rows whose text computes nothing, and breaks no row, whatever stands in it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        # Between CR and LF the writer quotes whatever holds either; lines end in LF, as everywhere else.
        self._csv = csv.writer(self, lineterminator="\r\n")

    def rows(self, rows: Iterable[Sequence[object]]) -> None:
        self._csv.writerows([defused(value) for value in row] for row in rows)

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")
