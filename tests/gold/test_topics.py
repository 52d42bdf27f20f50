from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import episodes, topic_places
from twilytics.gold.topics import TABLE
from twilytics.render import arrow


def test_a_topic_is_what_its_episodes_of_all_places_come_to(compute: Compute):
    given = rows(
        episodes.TABLE,
        """
        place     | topic  | started_at       | title  | last_seen_at     | n_slots | best_rank | max_volume | censored_start
        stuttgart | hsv    | 2020-07-18 11:00 | #hsv   | 2020-07-18 15:00 | 2       | 1         | NULL       | true
        berlin    | hsv    | 2020-07-18 10:00 | HSV    | 2020-07-18 15:00 | 6       | 3         | 7          | false
        hamburg   | wahl   | 2020-07-18 12:00 | Wahl   | 2020-07-18 12:00 | 1       | 1         | NULL       | false
        berlin    | wahl   | 2020-07-18 12:00 | #wahl  | 2020-07-18 14:00 | 1       | 2         | NULL       | false
        berlin    | regen  | 2020-07-18 12:00 | Regen  | 2020-07-18 14:00 | 3       | 9         | NULL       | true
        berlin    | regen  | 2020-07-18 20:00 | #regen | 2020-07-18 20:00 | 1       | 8         | NULL       | false
        berlin    | tatort | 2020-07-18 10:00 | Tatort | 2020-07-18 10:00 | 1       | 5         | 20         | true
        ulm       | tatort | 2020-07-18 11:00 | tatort | 2020-07-18 13:00 | 1       | 6         | 3          | false
        """,
    )
    found = compute(TABLE, given, arrow.schema(topic_places.TABLE).empty_table())
    # Nobody knows who was first where two were, or where the first may have begun earlier.
    same(
        TABLE,
        found,
        """
        topic  | title  | first_seen_at    | first_place | last_seen_at
        hsv    | HSV    | 2020-07-18 10:00 | berlin      | 2020-07-18 15:00
        wahl   | #wahl  | 2020-07-18 12:00 | NULL        | 2020-07-18 14:00
        regen  | #regen | 2020-07-18 12:00 | NULL        | 2020-07-18 20:00
        tatort | tatort | 2020-07-18 10:00 | NULL        | 2020-07-18 13:00
        """,
    )
    # 6 of 8 and 2 of 8 are 0.811278 bits; 1 of 2 and 1 of 2 are one.
    same(
        TABLE,
        found,
        """
        topic  | n_places | n_episodes | n_slots | best_rank | max_volume | focus | entropy
        hsv    | 2        | 2          | 8       | 1         | 7          | 3/4   | 0.811278
        wahl   | 2        | 2          | 2       | 1         | NULL       | 1/2   | 1
        regen  | 1        | 2          | 4       | 8         | NULL       | 1     | 0
        tatort | 2        | 2          | 2       | 5         | 20         | 1/2   | 1
        """,
    )


def test_what_is_summed_up_already_counts_as_the_episodes_that_it_stands_for(compute: Compute):
    settled = rows(
        topic_places.TABLE,
        """
        topic | place     | title | started_at       | censored_start | last_seen_at     | n_episodes | n_slots | best_rank | max_volume
        hsv   | berlin    | hsv   | 2020-07-10 10:00 | false          | 2020-07-12 10:00 | 4          | 9       | 2         | 70
        wahl  | stuttgart | Wahl  | 2020-07-10 10:00 | true           | 2020-07-12 10:00 | 1          | 2       | 8         | NULL
        """,
    )
    recent = rows(
        episodes.TABLE,
        """
        place     | topic | started_at       | title | last_seen_at     | n_slots | best_rank | max_volume | censored_start
        berlin    | hsv   | 2020-07-18 10:00 | #HSV  | 2020-07-18 12:00 | 3       | 1         | 5          | true
        stuttgart | hsv   | 2020-07-18 10:00 | HSV   | 2020-07-18 11:00 | 4       | 6         | NULL       | false
        """,
    )
    same(
        TABLE,
        compute(TABLE, recent, settled),
        """
        topic | title | first_seen_at    | first_place | last_seen_at     | n_places | n_episodes | n_slots | best_rank | max_volume | focus
        hsv   | #HSV  | 2020-07-10 10:00 | berlin      | 2020-07-18 12:00 | 2        | 6          | 16      | 1         | 70         | 3/4
        wahl  | Wahl  | 2020-07-10 10:00 | NULL        | 2020-07-12 10:00 | 1        | 1          | 2       | 8         | NULL       | 1
        """,
    )
