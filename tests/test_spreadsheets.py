"""What a spreadsheet would take for a formula."""

import pytest

from twilytics.spreadsheets import FORMULA, defused


@pytest.mark.parametrize(
    "text", [*(f"{sign}1" for sign in FORMULA), *(f"{space}{sign}1" for space in " \n\u00a0\u3000" for sign in "=@＋－")]
)
def test_what_begins_like_a_formula_with_or_without_white_space_is_text(text: str):
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "a=b", "#hsv", " hsv", "1-1", -1, 1.5, None, True])
def test_anything_else_stays_as_it_is(value: object):
    assert defused(value) is value
