from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import trends
from twilytics.gold.captures import TABLE
from twilytics.silver import snapshots


def test_a_capture_counts_the_topics_of_its_list(compute: Compute):
    chosen = rows(
        snapshots.TABLE,
        """
        place     | slot             | answer | captured_at      | source | n_rejected
        berlin    | 2020-07-18 12:00 | one    | 2020-07-18 12:03 | x-v2   | 2
        stuttgart | 2020-07-18 12:00 | two    | 2020-07-18 12:04 | list   | 0
        """,
    )
    shown = rows(
        trends.TABLE,
        """
        place     | slot             | rank | topic
        berlin    | 2020-07-18 12:00 | 1    | hsv
        berlin    | 2020-07-18 12:00 | 2    | wahl
        stuttgart | 2020-07-18 12:00 | 1    | hsv
        """,
    )
    same(
        TABLE,
        compute(TABLE, chosen, shown),
        """
        place     | slot             | captured_at      | source | n_topics | n_rejected
        berlin    | 2020-07-18 12:00 | 2020-07-18 12:03 | x-v2   | 2        | 2
        stuttgart | 2020-07-18 12:00 | 2020-07-18 12:04 | list   | 1        | 0
        """,
    )
