from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import captures, change_rate
from twilytics.gold.place_days import TABLE


def test_a_day_of_a_place_is_summed_by_source_with_what_is_known_of_its_changes(compute: Compute):
    captured = rows(
        captures.TABLE,
        """
        place     | slot             | source
        berlin    | 2020-07-17 23:00 | x-v2
        berlin    | 2020-07-18 00:00 | x-v2
        berlin    | 2020-07-18 01:00 | x-v2
        berlin    | 2020-07-18 23:00 | simulated
        stuttgart | 2020-07-18 12:00 | x-v2
        """,
    )
    rates = rows(
        change_rate.TABLE,
        """
        place     | slot             | change_rate
        berlin    | 2020-07-17 23:00 | 0.9
        berlin    | 2020-07-18 00:00 | 0.1
        berlin    | 2020-07-18 01:00 | 0.4
        berlin    | 2020-07-18 23:00 | NULL
        stuttgart | 2020-07-18 12:00 | 0
        """,
    )
    same(
        TABLE,
        compute(TABLE, captured, rates),
        """
        place     | day              | source    | n_captured | first_slot       | last_slot        | n_changes | total | max  | min
        berlin    | 2020-07-17 00:00 | x-v2      | 1          | 2020-07-17 23:00 | 2020-07-17 23:00 | 1         | 0.9   | 0.9  | 0.9
        berlin    | 2020-07-18 00:00 | x-v2      | 2          | 2020-07-18 00:00 | 2020-07-18 01:00 | 2         | 0.5   | 0.4  | 0.1
        berlin    | 2020-07-18 00:00 | simulated | 1          | 2020-07-18 23:00 | 2020-07-18 23:00 | 0         | NULL  | NULL | NULL
        stuttgart | 2020-07-18 00:00 | x-v2      | 1          | 2020-07-18 12:00 | 2020-07-18 12:00 | 1         | 0     | 0    | 0
        """,
    )
