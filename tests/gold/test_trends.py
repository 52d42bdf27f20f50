from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import topic_volume
from twilytics.gold.trends import TABLE
from twilytics.render import arrow
from twilytics.silver import entries, snapshots


def nothing_counted():
    return arrow.schema(topic_volume.TABLE).empty_table()


def test_ranks_have_no_gaps_where_promoted_repeated_and_unreadable_entries_are_left_out(compute: Compute):
    read = rows(
        entries.TABLE,
        """
        answer | position | place  | slot             | topic | title | volume | is_promoted | scope | reason
        one    | 1        | berlin | 2020-07-18 12:00 | kauf  | Kauf  | NULL   | true        | NULL  | NULL
        one    | 2        | berlin | 2020-07-18 12:00 | hsv   | #HSV  | 12     | false       | NULL  | NULL
        one    | 3        | berlin | 2020-07-18 12:00 | NULL  | NULL  | NULL   | false       | entry | name_missing
        one    | 4        | berlin | 2020-07-18 12:00 | hsv   | hsv   | 99     | false       | NULL  | NULL
        one    | 5        | berlin | 2020-07-18 12:00 | wahl  | Wahl  | NULL   | false       | value | volume_negative
        """,
    )
    chosen = rows(
        snapshots.TABLE,
        """
        place  | slot             | answer
        berlin | 2020-07-18 12:00 | one
        """,
    )
    same(
        TABLE,
        compute(TABLE, read, chosen, nothing_counted()),
        """
        place  | slot             | rank | topic | title | volume
        berlin | 2020-07-18 12:00 | 1    | hsv   | #HSV  | 12
        berlin | 2020-07-18 12:00 | 2    | wahl  | Wahl  | NULL
        """,
    )


def test_an_answer_that_was_not_chosen_gives_no_trends(compute: Compute):
    read = rows(
        entries.TABLE,
        """
        answer | position | place  | slot             | topic | title
        one    | 1        | berlin | 2020-07-18 12:00 | hsv   | hsv
        two    | 1        | berlin | 2020-07-18 12:00 | wahl  | Wahl
        """,
    )
    chosen = rows(
        snapshots.TABLE,
        """
        place  | slot             | answer
        berlin | 2020-07-18 12:00 | two
        """,
    )
    same(
        TABLE,
        compute(TABLE, read, chosen, nothing_counted()),
        """
        rank | topic
        1    | wahl
        """,
    )
