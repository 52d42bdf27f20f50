from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.silver import entries
from twilytics.silver.quarantine import TABLE


def test_whatever_has_a_reason_is_set_aside(compute: Compute):
    read = rows(
        entries.TABLE,
        """
        answer | position | topic | title | scope  | reason          | detail
        one    | 1        | hsv   | HSV   | NULL   | NULL            | NULL
        one    | 2        | wahl  | Wahl  | value  | volume_negative | -3
        one    | 3        | NULL  | NULL  | entry  | name_missing    | NULL
        two    | 0        | NULL  | NULL  | answer | not_json        | <html>
        """,
    )
    same(
        TABLE,
        compute(TABLE, read),
        """
        answer | position | scope  | reason          | detail
        one    | 2        | value  | volume_negative | -3
        one    | 3        | entry  | name_missing    | NULL
        two    | 0        | answer | not_json        | <html>
        """,
    )
