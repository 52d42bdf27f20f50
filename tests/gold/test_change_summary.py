from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import captures, change_rate, place_days
from twilytics.gold.change_summary import TABLE


def test_a_window_ends_with_the_newest_slot_of_all_places_and_counts_what_is_known(compute: Compute):
    rates = rows(
        change_rate.TABLE,
        """
        place     | slot             | n_new | n_gone | change_rate
        berlin    | 2020-07-17 12:00 | NULL  | NULL   | NULL
        berlin    | 2020-07-17 13:00 | 1     | 1      | 0.2
        berlin    | 2020-07-18 11:00 | NULL  | NULL   | NULL
        berlin    | 2020-07-18 12:00 | 2     | 2      | 0.4
        stuttgart | 2020-07-16 12:00 | NULL  | NULL   | NULL
        """,
    )
    captured = rows(
        captures.TABLE,
        """
        place     | slot
        berlin    | 2020-07-17 12:00
        berlin    | 2020-07-17 13:00
        berlin    | 2020-07-18 11:00
        berlin    | 2020-07-18 12:00
        stuttgart | 2020-07-16 12:00
        """,
    )
    # In the last 24 hours, 13:00 to 12:00, are three of Berlin's captures and none of Stuttgart's;
    # since their first captures 25 and 49 slots went by.
    same(
        TABLE,
        compute(TABLE, rates, captured, compute(place_days.TABLE, captured, rates)),
        """
        place     | window_hours | total | max  | avg  | min  | n_slots | coverage
        berlin    | 24           | 0.6   | 0.4  | 0.3  | 0.2  | 2       | 3/24
        berlin    | 168          | 0.6   | 0.4  | 0.3  | 0.2  | 2       | 4/25
        berlin    | 720          | 0.6   | 0.4  | 0.3  | 0.2  | 2       | 4/25
        berlin    | 8760         | 0.6   | 0.4  | 0.3  | 0.2  | 2       | 4/25
        stuttgart | 24           | NULL  | NULL | NULL | NULL | 0       | 0
        stuttgart | 168          | NULL  | NULL | NULL | NULL | 0       | 1/49
        stuttgart | 720          | NULL  | NULL | NULL | NULL | 0       | 1/49
        stuttgart | 8760         | NULL  | NULL | NULL | NULL | 0       | 1/49
        """,
    )
