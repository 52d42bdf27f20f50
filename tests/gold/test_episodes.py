from datetime import timedelta

from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import captures, open_runs, trends
from twilytics.gold.episodes import TABLE
from twilytics.render import arrow

NOTHING_OPEN = arrow.schema(open_runs.TABLE).empty_table()


def test_a_capture_without_the_topic_ends_it_three_slots_do_not_break_it_and_four_do(compute: Compute):
    shown = rows(
        trends.TABLE,
        """
        place  | slot             | rank | topic  | title  | volume
        berlin | 2020-07-18 10:00 | 2    | hsv    | hsv    | NULL
        berlin | 2020-07-18 10:00 | 1    | wahl   | Wahl   | 3
        berlin | 2020-07-18 13:00 | 1    | hsv    | #HSV   | NULL
        berlin | 2020-07-18 13:00 | 2    | regen  | Regen  | 7
        berlin | 2020-07-18 14:00 | 1    | wahl   | Wahl   | NULL
        berlin | 2020-07-18 18:00 | 1    | wahl   | Wahl   | NULL
        berlin | 2020-07-18 18:00 | 2    | hsv    | HSV    | NULL
        berlin | 2020-07-18 19:00 | 1    | tatort | Tatort | 0
        """,
    )
    captured = rows(
        captures.TABLE,
        """
        place     | slot
        berlin    | 2020-07-18 10:00
        stuttgart | 2020-07-18 12:00
        berlin    | 2020-07-18 13:00
        berlin    | 2020-07-18 14:00
        stuttgart | 2020-07-18 17:00
        berlin    | 2020-07-18 18:00
        berlin    | 2020-07-18 19:00
        """,
    )
    found = compute(TABLE, shown, captured, NOTHING_OPEN)
    same(
        TABLE,
        found,
        """
        topic  | started_at       | last_seen_at     | n_slots | duration_hours | censored_start | censored_end
        hsv    | 2020-07-18 10:00 | 2020-07-18 13:00 | 2       | 4              | true           | false
        wahl   | 2020-07-18 10:00 | 2020-07-18 10:00 | 1       | 1              | true           | false
        regen  | 2020-07-18 13:00 | 2020-07-18 13:00 | 1       | 1              | false          | false
        wahl   | 2020-07-18 14:00 | 2020-07-18 14:00 | 1       | 1              | false          | true
        wahl   | 2020-07-18 18:00 | 2020-07-18 18:00 | 1       | 1              | true           | false
        hsv    | 2020-07-18 18:00 | 2020-07-18 18:00 | 1       | 1              | true           | false
        tatort | 2020-07-18 19:00 | 2020-07-18 19:00 | 1       | 1              | false          | true
        """,
    )
    same(
        TABLE,
        found,
        """
        topic  | started_at       | title  | best_rank | max_volume
        hsv    | 2020-07-18 10:00 | #HSV   | 1         | NULL
        wahl   | 2020-07-18 10:00 | Wahl   | 1         | 3
        regen  | 2020-07-18 13:00 | Regen  | 2         | 7
        wahl   | 2020-07-18 14:00 | Wahl   | 1         | NULL
        wahl   | 2020-07-18 18:00 | Wahl   | 1         | NULL
        hsv    | 2020-07-18 18:00 | HSV    | 2         | NULL
        tatort | 2020-07-18 19:00 | Tatort | 1         | 0
        """,
    )


def test_what_was_open_at_midnight_goes_on_with_all_that_is_told_of_it(compute: Compute):
    carried = rows(
        open_runs.TABLE,
        """
        place  | day              | topic | started_at       | title | last_seen_at     | n_slots | best_rank | max_volume | censored_start
        berlin | 2020-07-18 00:00 | hsv   | 2020-07-10 05:00 | hsv   | 2020-07-17 22:00 | 40      | 4         | 900        | false
        berlin | 2020-07-18 00:00 | wahl  | 2020-07-17 22:00 | Wahl  | 2020-07-17 22:00 | 1       | 5         | NULL       | true
        """,
    )
    shown = rows(
        trends.TABLE,
        """
        place  | slot             | rank | topic | title | volume
        berlin | 2020-07-18 01:00 | 6    | hsv   | #HSV  | 20
        berlin | 2020-07-18 02:00 | 1    | wahl  | Wahl  | 30
        """,
    )
    captured = rows(captures.TABLE, "place | slot\nberlin | 2020-07-18 01:00\nberlin | 2020-07-18 02:00")
    # From 5:00 of the 10th to 2:00 of the 18th it is 189 hours.
    found = compute(TABLE, shown, captured, carried)
    same(
        TABLE,
        found,
        """
        topic | started_at       | last_seen_at     | n_slots | duration_hours | censored_start | censored_end
        hsv   | 2020-07-10 05:00 | 2020-07-18 01:00 | 41      | 189            | false          | false
        wahl  | 2020-07-17 22:00 | 2020-07-17 22:00 | 1       | 1              | true           | false
        wahl  | 2020-07-18 02:00 | 2020-07-18 02:00 | 1       | 1              | false          | true
        """,
    )
    same(
        TABLE,
        found,
        """
        topic | started_at       | title | best_rank | max_volume
        hsv   | 2020-07-10 05:00 | #HSV  | 4         | 900
        wahl  | 2020-07-17 22:00 | Wahl  | 5         | NULL
        wahl  | 2020-07-18 02:00 | Wahl  | 1         | 30
        """,
    )


def test_the_only_capture_tells_neither_begin_nor_end_and_lasts_for_one_interval(compute: Compute):
    shown = rows(trends.TABLE, "place | slot | rank | topic\nberlin | 2020-07-18 12:30 | 1 | hsv")
    captured = rows(captures.TABLE, "place | slot\nberlin | 2020-07-18 12:30")
    same(
        TABLE,
        compute(TABLE, shown, captured, NOTHING_OPEN, interval=timedelta(minutes=30)),
        """
        topic | started_at       | last_seen_at     | duration_hours | censored_start | censored_end
        hsv   | 2020-07-18 12:30 | 2020-07-18 12:30 | 0.5            | true           | true
        """,
    )
