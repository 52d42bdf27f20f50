from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import captures, trends
from twilytics.gold.change_rate import TABLE


def test_the_share_of_new_topics_by_the_longer_list(compute: Compute):
    given = rows(
        trends.TABLE,
        """
        place  | slot             | rank | topic
        berlin | 2020-07-18 12:00 | 1    | hsv
        berlin | 2020-07-18 12:00 | 2    | regen
        berlin | 2020-07-18 12:00 | 3    | wahl
        berlin | 2020-07-18 13:00 | 1    | regen
        berlin | 2020-07-18 13:00 | 2    | tatort
        """,
    )
    captured = rows(
        captures.TABLE,
        """
        place  | slot             | n_topics
        berlin | 2020-07-18 12:00 | 3
        berlin | 2020-07-18 13:00 | 2
        """,
    )
    same(
        TABLE,
        compute(TABLE, given, captured),
        """
        place  | slot             | n_topics | n_new | n_gone | change_rate
        berlin | 2020-07-18 12:00 | 3        | NULL  | NULL   | NULL
        berlin | 2020-07-18 13:00 | 2        | 1     | 2      | 2/3
        """,
    )


def test_a_slot_after_a_gap_has_no_change_rate(compute: Compute):
    given = rows(
        trends.TABLE,
        """
        place  | slot             | topic | rank
        berlin | 2020-07-18 12:00 | hsv   | 1
        berlin | 2020-07-18 14:00 | hsv   | 1
        """,
    )
    captured = rows(
        captures.TABLE,
        """
        place  | slot             | n_topics
        berlin | 2020-07-18 12:00 | 1
        berlin | 2020-07-18 14:00 | 1
        """,
    )
    same(
        TABLE,
        compute(TABLE, given, captured),
        """
        place  | slot             | n_new | change_rate
        berlin | 2020-07-18 12:00 | NULL  | NULL
        berlin | 2020-07-18 14:00 | NULL  | NULL
        """,
    )


def test_another_place_is_no_slot_before_and_nothing_kept_is_a_rate_of_1(compute: Compute):
    given = rows(
        trends.TABLE,
        """
        place     | slot             | topic | rank
        berlin    | 2020-07-18 12:00 | hsv   | 1
        stuttgart | 2020-07-18 12:00 | vfb   | 1
        berlin    | 2020-07-18 13:00 | vfb   | 1
        """,
    )
    captured = rows(
        captures.TABLE,
        """
        place     | slot             | n_topics
        berlin    | 2020-07-18 12:00 | 1
        stuttgart | 2020-07-18 12:00 | 1
        berlin    | 2020-07-18 13:00 | 1
        """,
    )
    same(
        TABLE,
        compute(TABLE, given, captured),
        """
        place     | slot             | n_new | n_gone | change_rate
        berlin    | 2020-07-18 12:00 | NULL  | NULL   | NULL
        stuttgart | 2020-07-18 12:00 | NULL  | NULL   | NULL
        berlin    | 2020-07-18 13:00 | 1     | 1      | 1
        """,
    )
