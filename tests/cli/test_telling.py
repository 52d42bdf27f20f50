"""What strangers wrote is shown as text, wherever it is told."""

import csv
import io
import json
import unicodedata

import pytest
from rich.console import Console

from twilytics.cli import reading, tell
from twilytics.visible import visible

ESCAPES = {
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://evil.example\x07here\x1b]8;;\x07",
    "c1": "\x9b31mred",
    "clear": "\x1bc",
    "carriage return": "harmless\rharmful",
    "line": "one\ntwo\u2028three",
    "override": "abc\u202edcba",
    "isolate": "\u2066abc\u2069",
    "mark": "a\u200fb\u061cc",
    "surrogate": "\ud83dhalf",
    "markup": "[bold red]loud[/] [link=http://evil.example]x[/link]",
    "nul": "a\x00b",
}


@pytest.fixture
def screen(monkeypatch):
    """A terminal of 200 columns; what was written to it."""
    written = io.StringIO()
    monkeypatch.setattr(tell, "out", lambda: Console(file=written, force_terminal=True, width=200, highlight=False, color_system=None))
    return written


def acts(text: str) -> list[str]:
    """The characters in the text that a screen obeys, but for the line ends."""
    return [c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(c) in BIDI)]


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize("text", ESCAPES.values(), ids=ESCAPES.keys())
def test_nothing_acts_in_a_table(screen, text):
    tell.table(["topic"], [[text]], title=text)
    assert acts(screen.getvalue()) == []
    assert visible(text) in screen.getvalue()


@pytest.mark.parametrize("text", ESCAPES.values(), ids=ESCAPES.keys())
def test_nothing_acts_in_json_and_it_is_the_same_json(capsys, text):
    tell.json([{"topic": text}])
    told = capsys.readouterr().out
    assert acts(told) == []
    assert json.loads(told) == [{"topic": text}]


@pytest.mark.parametrize(
    "text",
    ["#Österreich", "北京", "می‌خواهم", "👨‍👩‍👧", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "עברית", "Ελλάδα"],
)
def test_names_in_any_script_stay_as_they_are(text):
    assert visible(text) == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_defuses_what_a_spreadsheet_would_compute(capsys, text):
    reading.write_csv(["topic", "n"], [(text, -1), ("#hsv", None)])
    assert list(csv.reader(io.StringIO(capsys.readouterr().out, newline=""))) == [["topic", "n"], [f"'{text}", "-1"], ["#hsv", ""]]


def test_a_null_is_told_as_a_dash_and_a_number_with_its_separators():
    assert [tell.text(value).plain for value in (None, 1234567, 0.123456, True)] == ["–", "1,234,567", "0.1235", "yes"]


def test_a_piped_table_is_not_cut(capsys):
    tell.out.cache_clear()
    tell.table(["topic"], [["x" * 500]])
    tell.out.cache_clear()
    assert "x" * 500 in capsys.readouterr().out
