"""`gold.set_aside` on both engines."""

from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import set_aside
from twilytics.silver import quarantine

HELD = """
    answer | position | place   | slot             | scope  | reason
    one    | 1        | berlin  | 2020-07-18 12:00 | entry  | name_missing
    one    | 4        | berlin  | 2020-07-18 12:00 | entry  | name_missing
    one    | 5        | berlin  | 2020-07-18 12:00 | value  | volume_negative
    two    | 2        | berlin  | 2020-07-18 12:00 | entry  | name_missing
    three  | 2        | berlin  | 2020-07-18 13:00 | entry  | name_missing
    four   | 0        | hamburg | 2020-07-18 12:00 | answer | no_topics
"""


def test_what_was_set_aside_is_counted_by_place_slot_scope_and_reason(compute: Compute):
    same(
        set_aside.TABLE,
        compute(set_aside.TABLE, rows(quarantine.TABLE, HELD)),
        """
        place   | slot             | scope  | reason          | n_rows
        berlin  | 2020-07-18 12:00 | entry  | name_missing    | 3
        berlin  | 2020-07-18 12:00 | value  | volume_negative | 1
        berlin  | 2020-07-18 13:00 | entry  | name_missing    | 1
        hamburg | 2020-07-18 12:00 | answer | no_topics       | 1
        """,
    )


def test_where_nothing_was_set_aside_there_is_no_row(compute: Compute):
    assert compute(set_aside.TABLE, rows(quarantine.TABLE, HELD).slice(0, 0)).num_rows == 0
