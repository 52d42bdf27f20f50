from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.bronze import pairs
from twilytics.gold import episodes, place_days, places
from twilytics.gold.leads import TABLE

DAYS = rows(
    place_days.TABLE,
    """
    place     | day              | last_slot
    berlin    | 2020-07-17 00:00 | 2020-07-17 23:00
    stuttgart | 2020-07-18 00:00 | 2020-07-18 12:00
    """,
)


def test_arrivals_in_the_window_up_to_24_hours_apart_are_counted_by_who_was_first(compute: Compute):
    given = rows(
        episodes.TABLE,
        """
        place     | topic  | started_at       | censored_start
        berlin    | hsv    | 2020-07-17 10:00 | false
        stuttgart | hsv    | 2020-07-18 10:00 | false
        berlin    | wahl   | 2020-07-18 05:00 | false
        stuttgart | wahl   | 2020-07-18 02:00 | false
        berlin    | regen  | 2020-07-16 05:00 | false
        stuttgart | regen  | 2020-07-17 06:00 | false
        berlin    | tatort | 2020-07-18 08:00 | false
        stuttgart | tatort | 2020-07-18 08:00 | false
        berlin    | old    | 2020-07-11 12:00 | false
        stuttgart | old    | 2020-07-11 14:00 | false
        """,
    )
    kept = rows(pairs.TABLE, "place_a | place_b\nberlin | stuttgart")
    known = rows(places.TABLE, "place | kind | parent\nberlin | town | germany\nstuttgart | town | germany")
    # Berlin was earlier by 24, -3 and 0 hours; 25 are too many; the week begins after noon of the 11th, and 2 come with the 30 days.
    same(
        TABLE,
        compute(TABLE, given, kept, known, DAYS),
        """
        place_a | place_b   | window_days | n_shared | a_first | b_first | ties | median_lead_hours | is_nested
        berlin  | stuttgart | 7           | 3        | 1       | 1       | 1    | 0                 | false
        berlin  | stuttgart | 30          | 4        | 2       | 1       | 1    | 1                 | false
        """,
    )


def test_the_earliest_begin_that_is_known_counts_and_what_lies_in_another_place_is_told(compute: Compute):
    given = rows(
        episodes.TABLE,
        """
        place   | topic | started_at       | censored_start
        berlin  | hsv   | 2020-07-18 01:00 | true
        berlin  | hsv   | 2020-07-18 09:00 | false
        berlin  | hsv   | 2020-07-18 11:00 | false
        germany | hsv   | 2020-07-18 08:00 | false
        paris   | hsv   | 2020-07-18 08:00 | true
        """,
    )
    kept = rows(
        pairs.TABLE,
        """
        place_a | place_b
        berlin  | germany
        berlin  | paris
        germany | paris
        paris   | worldwide
        weibo   | worldwide
        """,
    )
    known = rows(
        places.TABLE,
        """
        place     | kind      | parent
        berlin    | town      | germany
        germany   | country   | worldwide
        paris     | town      | france
        weibo     | list      | NULL
        worldwide | worldwide | NULL
        """,
    )
    same(
        TABLE,
        compute(TABLE, given, kept, known, DAYS),
        """
        place_a | place_b   | window_days | n_shared | a_first | b_first | ties | median_lead_hours | is_nested
        berlin  | germany   | 7           | 1        | 0       | 1       | 0    | -1                | true
        berlin  | germany   | 30          | 1        | 0       | 1       | 0    | -1                | true
        berlin  | paris     | 7           | 0        | 0       | 0       | 0    | NULL              | false
        berlin  | paris     | 30          | 0        | 0       | 0       | 0    | NULL              | false
        germany | paris     | 7           | 0        | 0       | 0       | 0    | NULL              | false
        germany | paris     | 30          | 0        | 0       | 0       | 0    | NULL              | false
        paris   | worldwide | 7           | 0        | 0       | 0       | 0    | NULL              | true
        paris   | worldwide | 30          | 0        | 0       | 0       | 0    | NULL              | true
        weibo   | worldwide | 7           | 0        | 0       | 0       | 0    | NULL              | true
        weibo   | worldwide | 30          | 0        | 0       | 0       | 0    | NULL              | true
        """,
    )
