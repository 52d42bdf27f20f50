"""X's compliance files: every line is obeyed, or the file is refused."""

import json
from pathlib import Path

import pytest

from twilytics import compliance
from twilytics.errors import TwilyticsError

LINE = {
    "id": "1276035977375477760",
    "action": "delete",
    "created_at": "2020-06-25T06:14:19.000Z",
    "redacted_at": "2020-07-25T06:14:19.000Z",
    "reason": "deleted",
}


def file(folder: Path, *lines: object) -> Path:
    path = folder / "results.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("reason", ["deleted", "suspended", "protected", "deactivated", "scrub_geo", "something new"])
def test_whatever_the_reason_the_id_is_to_be_erased(tmp_path: Path, reason: str):
    assert compliance.read(file(tmp_path, {**LINE, "reason": reason})) == ("1276035977375477760",)


def test_plain_ids_blank_lines_and_line_ends_of_windows_are_read(tmp_path: Path):
    assert compliance.read(file(tmp_path, "\ufeff7\r", "", " 8 ", {**LINE, "id": 9}, "7", LINE)) == ("7", "8", "9", LINE["id"])


def test_a_post_whose_place_is_to_be_scrubbed_goes_as_a_whole(tmp_path: Path):
    assert compliance.read(file(tmp_path, {**LINE, "action": "scrub_geo"})) == (LINE["id"],)


def test_a_file_that_asks_for_nothing_is_no_error(tmp_path: Path):
    assert compliance.read(file(tmp_path, "", "")) == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{broken", "line 2: neither an ID nor JSON"),
        ("[]", "line 2: JSON, but not an object"),
        ("12x", "line 2: neither an ID nor JSON"),
        ("-7", "line 2: JSON, but not an object"),
        ('"7"', "line 2: JSON, but not an object"),
        ("٧", "line 2: neither an ID nor JSON"),
        ({**LINE, "id": "12x"}, "line 2: no ID of digits under id"),
        ({**LINE, "id": True}, "line 2: no ID of digits under id"),
        ({"action": "delete"}, "line 2: no ID of digits under id"),
        ({**LINE, "action": "undelete"}, "line 2: its action is none of delete, scrub_geo"),
        ({"id": "7"}, "line 2: its action is none of delete, scrub_geo"),
        ("[" * 100_000, "line 2: neither an ID nor JSON"),
    ],
)
def test_a_line_that_cannot_be_read_refuses_the_file_and_is_told_by_its_number(tmp_path: Path, line: object, told: str):
    path = file(tmp_path, LINE, line, LINE)
    with pytest.raises(TwilyticsError) as refused:
        compliance.read(path)
    assert str(refused.value) == f"nothing was erased, as {path} has lines that can't be read ({told})"


def test_many_such_lines_are_counted(tmp_path: Path):
    with pytest.raises(TwilyticsError, match=r"line 5: neither an ID nor JSON; and 3 more\)"):
        compliance.read(file(tmp_path, *("x" * 8)))


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(TwilyticsError, match=r"missing.jsonl cannot be read: No such file or directory. Give the file that X"):
        compliance.read(tmp_path / "missing.jsonl")
