from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import episodes
from twilytics.gold.lifetimes import TABLE


def test_episodes_whose_begin_is_known_are_counted_by_the_day_they_were_seen_last_and_by_how_long(compute: Compute):
    given = rows(
        episodes.TABLE,
        """
        place     | topic  | started_at       | last_seen_at     | duration_hours | censored_start | censored_end
        berlin    | hsv    | 2020-07-17 22:00 | 2020-07-18 00:00 | 3              | false          | false
        berlin    | wahl   | 2020-07-18 21:00 | 2020-07-18 23:00 | 3              | false          | false
        berlin    | regen  | 2020-07-18 21:00 | 2020-07-18 23:00 | 3              | false          | true
        berlin    | tatort | 2020-07-18 21:00 | 2020-07-18 23:00 | 3              | true           | false
        berlin    | ärger  | 2020-07-18 23:00 | 2020-07-18 23:00 | 1              | false          | true
        berlin    | hsv    | 2020-07-19 00:00 | 2020-07-19 02:00 | 3              | false          | false
        stuttgart | hsv    | 2020-07-18 10:00 | 2020-07-18 12:00 | 3              | false          | false
        """,
    )
    same(
        TABLE,
        compute(TABLE, given),
        """
        place     | day              | duration_hours | n_ended | n_censored
        berlin    | 2020-07-18 00:00 | 3              | 2       | 1
        berlin    | 2020-07-18 00:00 | 1              | 0       | 1
        berlin    | 2020-07-19 00:00 | 3              | 1       | 0
        stuttgart | 2020-07-18 00:00 | 3              | 1       | 0
        """,
    )
