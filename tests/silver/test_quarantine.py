import pyarrow as pa

from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.bronze import dropped
from twilytics.render import arrow
from twilytics.schema import Table
from twilytics.silver import entries, tweet_counts, tweets
from twilytics.silver.quarantine import TABLE


def nothing(table: Table) -> pa.Table:
    return arrow.schema(table).empty_table()


def test_whatever_has_a_reason_is_set_aside(compute: Compute):
    read = rows(
        entries.TABLE,
        """
        answer | position | topic | title | scope  | reason          | detail
        one    | 1        | hsv   | HSV   | NULL   | NULL            | NULL
        one    | 2        | wahl  | Wahl  | value  | volume_negative | -3
        one    | 3        | NULL  | NULL  | entry  | name_missing    | NULL
        two    | 0        | NULL  | NULL  | answer | not_json        | <html>
        """,
    )
    posts = rows(
        tweets.TABLE,
        """
        answer | position | tweet | scope | reason       | detail
        six    | 1        | 12    | NULL  | NULL         | NULL
        six    | 2        | NULL  | entry | post_unnamed | null
        six    | 3        | NULL  | call  | timeout      | NULL
        """,
    )
    counts = rows(
        tweet_counts.TABLE,
        """
        answer | position | n_tweets | scope  | reason      | detail
        ten    | 0        | NULL     | answer | wrong_shape | []
        """,
    )
    same(
        TABLE,
        compute(TABLE, read, posts, counts, nothing(dropped.TABLE)),
        """
        answer | position | scope  | reason          | detail
        one    | 2        | value  | volume_negative | -3
        one    | 3        | entry  | name_missing    | NULL
        two    | 0        | answer | not_json        | <html>
        six    | 2        | entry  | post_unnamed    | null
        ten    | 0        | answer | wrong_shape     | []
        """,
    )


def test_what_was_dropped_stays_out_for_the_same_row_and_reason_only(compute: Compute):
    read = rows(
        entries.TABLE,
        """
        answer | position | scope  | reason
        one    | 1        | entry  | name_missing
        one    | 2        | entry  | name_missing
        two    | 1        | entry  | name_missing
        two    | 2        | entry  | topic_empty
        """,
    )
    posts = rows(
        tweets.TABLE,
        """
        answer | position | scope | reason
        six    | 2        | entry | post_unnamed
        """,
    )
    taken_out = rows(
        dropped.TABLE,
        """
        answer | position | reason
        one    | 1        | name_missing
        two    | 2        | name_missing
        six    | 2        | post_unnamed
        gone   | 0        | not_json
        """,
    )
    same(
        TABLE,
        compute(TABLE, read, posts, nothing(tweet_counts.TABLE), taken_out),
        """
        answer | position | reason
        one    | 2        | name_missing
        two    | 1        | name_missing
        two    | 2        | topic_empty
        """,
    )
