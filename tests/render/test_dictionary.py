from dataclasses import replace

import pytest

from twilytics.generate import judged_tables
from twilytics.gold import change_rate, places, trends
from twilytics.render import dictionary
from twilytics.schema import Column, Daily, Keyed, Reach, Running, Settled, Slotwise, Trailing, Whole


@pytest.mark.parametrize(
    ("reach", "words"),
    [
        (Slotwise(), "the rows of its slot are made anew"),
        (Slotwise(on=1), "the rows of its slot and of the slot after it are made anew"),
        (Slotwise(back=6), "the rows of its slot and of the 6 slots before it are made anew"),
        (Slotwise(back=1, on=2), "the rows of its slot and of the slot before it and of the 2 slots after it are made anew"),
        (Daily(), "the rows of its UTC day are made anew"),
        (Running(3, carry="gold.open"), "the runs that come within 3 slots of it are made anew, with the days in which they were seen"),
        (
            Keyed("topic", of="gold.trends"),
            "the rows are made anew whose `topic` has other rows in [`gold.trends`](#goldtrends) than before",
        ),
        (
            Trailing((24, 8760), of_whole_days=True),
            "nothing, until the day turns: the whole table tells of the whole days in windows of 24, 8,760 hours",
        ),
        (Trailing((24, 8760)), "the whole table is made anew: windows of 24, 8,760 hours that end with the newest slot"),
        (Settled(), "nothing: maintenance makes the whole table anew"),
        (Whole(), "the whole table is made anew"),
    ],
)
def test_what_a_capture_changes_is_told_in_words(reach: Reach, words: str) -> None:
    assert dictionary.reach(replace(change_rate.TABLE, reach=reach)) == words


def test_what_comes_from_outside_is_added_or_written_anew() -> None:
    assert dictionary.reach(replace(trends.TABLE, inputs=())) == "rows are added"
    assert dictionary.reach(replace(places.TABLE, inputs=())) == "the whole table is written anew"


def test_formulas_stay_code_and_bars_do_not_cut_the_columns() -> None:
    barred = Column("n_new", "bigint", "Topics that\n are new: |T(t)|.", minimum=0, unit="short")
    page = dictionary.text([replace(change_rate.TABLE, columns=(*change_rate.TABLE.columns[:3], barred), checks=())])
    assert "\n\n    change_rate(t) = 1 - |T(t) ∩ T(t-1)| / max(|T(t)|, |T(t-1)|)\n\n" in page
    assert "| `n_new` | bigint | count | no | at least 0 | Topics that are new: \\|T(t)\\|. |" in page


def test_each_table_has_a_section_that_every_link_to_it_finds() -> None:
    page = dictionary.text(judged_tables())
    for table in judged_tables():
        assert f"\n### {table.name}\n" in page
        assert f"(#{table.name.replace('.', '')})" in page
        for check in table.checks:
            assert f"- `{check.name}`: `{check.expression}`. {check.why} " in page
