from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.silver import entries
from twilytics.silver.snapshots import TABLE


def test_the_earliest_capture_with_a_readable_topic_is_the_snapshot(compute: Compute):
    read = rows(
        entries.TABLE,
        """
        answer | position | place  | slot             | captured_at      | topic | title | is_promoted | scope  | reason
        early  | 0        | berlin | 2020-07-18 12:00 | 2020-07-18 12:01 | NULL  | NULL  | false       | answer | no_topics
        paid   | 1        | berlin | 2020-07-18 12:00 | 2020-07-18 12:02 | kauf  | Kauf  | true        | NULL   | NULL
        good   | 1        | berlin | 2020-07-18 12:00 | 2020-07-18 12:03 | NULL  | NULL  | false       | entry  | name_missing
        good   | 2        | berlin | 2020-07-18 12:00 | 2020-07-18 12:03 | hsv   | HSV   | false       | NULL   | NULL
        late   | 1        | berlin | 2020-07-18 12:00 | 2020-07-18 12:04 | hsv   | HSV   | false       | NULL   | NULL
        """,
    )
    same(
        TABLE,
        compute(TABLE, read),
        """
        place  | slot             | answer | captured_at      | n_rejected
        berlin | 2020-07-18 12:00 | good   | 2020-07-18 12:03 | 1
        """,
    )


def test_two_captures_of_the_same_instant_are_told_apart_by_their_identity(compute: Compute):
    read = rows(
        entries.TABLE,
        """
        answer | position | place  | slot             | captured_at      | topic | title
        b      | 1        | berlin | 2020-07-18 12:00 | 2020-07-18 12:01 | wahl  | Wahl
        a      | 1        | berlin | 2020-07-18 12:00 | 2020-07-18 12:01 | hsv   | HSV
        """,
    )
    same(
        TABLE,
        compute(TABLE, read),
        """
        answer
        a
        """,
    )
