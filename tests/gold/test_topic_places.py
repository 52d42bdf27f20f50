from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import episodes
from twilytics.gold.topic_places import TABLE


def test_a_topics_episodes_in_a_place_are_summed_up_with_its_last_title_and_its_first_begin(compute: Compute):
    given = rows(
        episodes.TABLE,
        """
        place     | topic | started_at       | title | last_seen_at     | n_slots | best_rank | max_volume | censored_start
        berlin    | hsv   | 2020-07-16 10:00 | hsv   | 2020-07-16 12:00 | 3       | 4         | 9          | true
        berlin    | hsv   | 2020-07-18 10:00 | #HSV  | 2020-07-18 10:00 | 1       | 5         | NULL       | false
        berlin    | hsv   | 2020-07-17 10:00 | HSV   | 2020-07-17 13:00 | 4       | 2         | NULL       | false
        stuttgart | hsv   | 2020-07-15 10:00 | Hsv   | 2020-07-15 10:00 | 1       | 7         | NULL       | false
        """,
    )
    same(
        TABLE,
        compute(TABLE, given),
        """
        topic | place     | title | started_at       | censored_start | last_seen_at     | n_episodes | n_slots | best_rank | max_volume
        hsv   | berlin    | #HSV  | 2020-07-16 10:00 | true           | 2020-07-18 10:00 | 3          | 8       | 2         | 9
        hsv   | stuttgart | Hsv   | 2020-07-15 10:00 | false          | 2020-07-15 10:00 | 1          | 1       | 7         | NULL
        """,
    )
