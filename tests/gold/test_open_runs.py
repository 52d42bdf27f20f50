from datetime import timedelta

from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import captures, trends
from twilytics.gold.open_runs import TABLE
from twilytics.render import arrow


def test_open_is_what_the_last_capture_had_at_most_three_slots_before_midnight(compute: Compute):
    shown = rows(
        trends.TABLE,
        """
        place     | slot             | rank | topic | title | volume
        berlin    | 2020-07-17 22:00 | 2    | hsv   | hsv   | 5
        berlin    | 2020-07-17 22:00 | 1    | gone  | Gone  | NULL
        berlin    | 2020-07-17 23:00 | 1    | hsv   | #HSV  | NULL
        stuttgart | 2020-07-17 21:00 | 4    | vfb   | VfB   | NULL
        hamburg   | 2020-07-17 20:00 | 1    | regen | Regen | 1
        """,
    )
    captured = rows(
        captures.TABLE,
        """
        place     | slot
        berlin    | 2020-07-17 22:00
        berlin    | 2020-07-17 23:00
        stuttgart | 2020-07-17 21:00
        hamburg   | 2020-07-17 20:00
        """,
    )
    same(
        TABLE,
        compute(TABLE, shown, captured, arrow.schema(TABLE).empty_table()),
        """
        place     | day              | topic | started_at       | title | last_seen_at     | n_slots | best_rank | max_volume
        berlin    | 2020-07-18 00:00 | hsv   | 2020-07-17 22:00 | #HSV  | 2020-07-17 23:00 | 2       | 1         | 5
        stuttgart | 2020-07-18 00:00 | vfb   | 2020-07-17 21:00 | VfB   | 2020-07-17 21:00 | 1       | 4         | NULL
        """,
    )


def test_runs_go_on_from_the_first_midnight_and_over_as_many_as_three_slots_pass(compute: Compute):
    carried = rows(
        TABLE,
        """
        place  | day              | topic | started_at       | last_seen_at     | n_slots | best_rank | max_volume | censored_start
        berlin | 2020-07-18 00:00 | hsv   | 2020-07-01 00:00 | 2020-07-17 00:00 | 9       | 3         | 70         | true
        berlin | 2020-07-18 00:00 | gone  | 2020-07-16 00:00 | 2020-07-17 00:00 | 2       | 1         | NULL       | false
        """,
    )
    shown = rows(
        trends.TABLE,
        """
        place  | slot             | rank | topic | volume
        berlin | 2020-07-18 00:00 | 5    | hsv   | 80
        berlin | 2020-07-20 00:00 | 2    | hsv   | NULL
        berlin | 2020-07-20 00:00 | 1    | neu   | NULL
        """,
    )
    captured = rows(captures.TABLE, "place | slot\nberlin | 2020-07-18 00:00\nberlin | 2020-07-20 00:00")
    # On the 21st, 22nd and 23rd the capture of the 20th is the last; none follows it.
    same(
        TABLE,
        compute(TABLE, shown, captured, carried, interval=timedelta(days=1)),
        """
        place  | day              | topic | started_at       | last_seen_at     | n_slots | best_rank | max_volume | censored_start
        berlin | 2020-07-18 00:00 | hsv   | 2020-07-01 00:00 | 2020-07-17 00:00 | 9       | 3         | 70         | true
        berlin | 2020-07-18 00:00 | gone  | 2020-07-16 00:00 | 2020-07-17 00:00 | 2       | 1         | NULL       | false
        berlin | 2020-07-19 00:00 | hsv   | 2020-07-01 00:00 | 2020-07-18 00:00 | 10      | 3         | 80         | true
        berlin | 2020-07-20 00:00 | hsv   | 2020-07-01 00:00 | 2020-07-18 00:00 | 10      | 3         | 80         | true
        berlin | 2020-07-21 00:00 | hsv   | 2020-07-01 00:00 | 2020-07-20 00:00 | 11      | 2         | 80         | true
        berlin | 2020-07-21 00:00 | neu   | 2020-07-20 00:00 | 2020-07-20 00:00 | 1       | 1         | NULL       | false
        berlin | 2020-07-22 00:00 | hsv   | 2020-07-01 00:00 | 2020-07-20 00:00 | 11      | 2         | 80         | true
        berlin | 2020-07-22 00:00 | neu   | 2020-07-20 00:00 | 2020-07-20 00:00 | 1       | 1         | NULL       | false
        berlin | 2020-07-23 00:00 | hsv   | 2020-07-01 00:00 | 2020-07-20 00:00 | 11      | 2         | 80         | true
        berlin | 2020-07-23 00:00 | neu   | 2020-07-20 00:00 | 2020-07-20 00:00 | 1       | 1         | NULL       | false
        """,
    )
