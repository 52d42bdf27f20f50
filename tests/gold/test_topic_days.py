from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import trends
from twilytics.gold.topic_days import TABLE


def test_a_day_is_utc_and_shows_the_last_title(compute: Compute):
    shown = rows(
        trends.TABLE,
        """
        place  | slot             | rank | topic | title | volume
        berlin | 2020-07-18 22:00 | 3    | hsv   | hsv   | 10
        berlin | 2020-07-18 23:00 | 5    | hsv   | #HSV  | NULL
        berlin | 2020-07-19 00:00 | 4    | hsv   | HSV   | NULL
        """,
    )
    same(
        TABLE,
        compute(TABLE, shown),
        """
        place  | day              | topic | title | n_slots | best_rank | max_volume
        berlin | 2020-07-18 00:00 | hsv   | #HSV  | 2       | 3         | 10
        berlin | 2020-07-19 00:00 | hsv   | HSV   | 1       | 4         | NULL
        """,
    )
