import pytest

from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import topic_volume, trends
from twilytics.silver import entries, snapshots, tweet_counts, tweets

LISTED = """
    answer | position | place   | slot             | topic | title | volume | is_promoted | scope | reason
    one    | 1        | berlin  | 2020-07-18 12:00 | hsv   | HSV   | NULL   | false       | NULL  | NULL
    one    | 2        | berlin  | 2020-07-18 12:00 | wahl  | Wahl  | 9      | false       | NULL  | NULL
    one    | 3        | berlin  | 2020-07-18 12:00 | kauf  | Kauf  | NULL   | true        | NULL  | NULL
    two    | 1        | hamburg | 2020-07-18 12:00 | hsv   | #HSV  | NULL   | false       | NULL  | NULL
    old    | 1        | hamburg | 2020-07-18 12:00 | regen | Regen | NULL   | false       | NULL  | NULL
    three  | 1        | hamburg | 2020-07-18 13:00 | hsv   | HSV   | NULL   | false       | NULL  | NULL
"""
CHOSEN = """
    place   | slot             | answer
    berlin  | 2020-07-18 12:00 | one
    hamburg | 2020-07-18 12:00 | two
    hamburg | 2020-07-18 13:00 | three
"""
READ = """
    answer | captured_at         | slot             | topic | position | tweet | author | lang | written_in | latitude | scope | reason
    s1     | 2020-07-18 12:05:00 | 2020-07-18 12:00 | hsv   | 1        | 11    | x      | de   | Hamburg    | NULL     | NULL  | NULL
    s1     | 2020-07-18 12:05:00 | 2020-07-18 12:00 | hsv   | 2        | 12    | y      | en   | NULL       | 53.5     | NULL  | NULL
    s1     | 2020-07-18 12:05:00 | 2020-07-18 12:00 | hsv   | 3        | 13    | x      | en   | NULL       | NULL     | value | post_value
    s2     | 2020-07-18 12:06:00 | 2020-07-18 12:00 | hsv   | 1        | 13    | x      | en   | Hamburg    | NULL     | NULL  | NULL
    s3     | 2020-07-18 12:06:00 | 2020-07-18 12:00 | wahl  | 0        | NULL  | NULL   | NULL | NULL       | NULL     | NULL  | NULL
    s4     | 2020-07-18 13:06:00 | 2020-07-18 13:00 | hsv   | 0        | NULL  | NULL   | NULL | NULL       | NULL     | call  | timeout
"""
COUNTED = """
    answer | captured_at         | slot             | topic | n_tweets | scope  | reason
    c2     | 2020-07-18 12:09:00 | 2020-07-18 12:00 | hsv   | 80       | NULL   | NULL
    c1     | 2020-07-18 12:05:00 | 2020-07-18 12:00 | hsv   | 70       | NULL   | NULL
    c3     | 2020-07-18 12:05:00 | 2020-07-18 12:00 | kauf  | 5        | NULL   | NULL
    c4     | 2020-07-18 12:01:00 | 2020-07-18 12:00 | wahl  | NULL     | answer | html
"""


def made(compute: Compute, *, listed: str = LISTED, read: str = READ, counted: str = COUNTED):
    given = rows(entries.TABLE, listed), rows(snapshots.TABLE, CHOSEN), rows(tweets.TABLE, read), rows(tweet_counts.TABLE, counted)
    return compute(topic_volume.TABLE, *given)


def test_a_topic_that_was_asked_about_has_a_row_in_every_place_that_lists_it(compute: Compute):
    same(
        topic_volume.TABLE,
        made(compute),
        """
        place   | slot             | topic | n_tweets | n_authors | n_geo | languages
        berlin  | 2020-07-18 12:00 | hsv   | 70       | 2         | 2     | en,de
        hamburg | 2020-07-18 12:00 | hsv   | 70       | 2         | 2     | en,de
        berlin  | 2020-07-18 12:00 | wahl  | NULL     | 0         | 0     | NULL
        """,
    )


def test_of_many_languages_the_three_most_frequent_are_told_and_of_as_many_posts_the_first_by_code(compute: Compute):
    spoken = ["fr", "de", "tr", "de", "es"]
    read = "answer | slot | topic | position | tweet | author | lang | scope | reason\n" + "\n".join(
        f"s1 | 2020-07-18 12:00 | hsv | {n} | {n} | {n % 4} | {lang} | NULL | NULL" for n, lang in enumerate(spoken, start=1)
    )
    found = made(compute, read=read).to_pylist()
    assert {(row["n_authors"], row["languages"]) for row in found if row["topic"] == "hsv"} == {(4, "de,es,fr")}


def test_what_one_post_does_not_tell_is_unknown_of_all_and_not_none(compute: Compute):
    """Of `hsv` an author, of `wahl` a place, of `regen` both and the languages, so that nothing is known of it."""
    read = """
        answer | slot             | topic | position | tweet | author | lang | written_in | scope | reason
        s1     | 2020-07-18 12:00 | hsv   | 1        | 11    | x      | de   | Hamburg    | NULL  | NULL
        s1     | 2020-07-18 12:00 | hsv   | 2        | 12    | NULL   | de   | NULL       | value | post_value
        s2     | 2020-07-18 12:00 | wahl  | 1        | 13    | x      | NULL | Hamburg    | NULL  | NULL
        s2     | 2020-07-18 12:00 | wahl  | 2        | 14    | y      | NULL | NULL       | value | post_place
        s3     | 2020-07-18 12:00 | regen | 1        | 15    | NULL   | NULL | NULL       | value | post_place
    """
    listed = LISTED.replace("old    | 1        | hamburg", "two    | 2        | hamburg")
    counted = "answer | slot | topic | n_tweets | scope | reason\nc1 | 2020-07-18 12:00 | wahl | NULL | answer | wrong_shape"
    same(
        topic_volume.TABLE,
        made(compute, listed=listed, read=read, counted=counted),
        """
        place   | slot             | topic | n_tweets | n_authors | n_geo | languages
        berlin  | 2020-07-18 12:00 | hsv   | NULL     | NULL      | 1     | de
        hamburg | 2020-07-18 12:00 | hsv   | NULL     | NULL      | 1     | de
        berlin  | 2020-07-18 12:00 | wahl  | NULL     | 2         | NULL  | NULL
        """,
    )


@pytest.mark.parametrize(("scope", "reason", "n"), [("NULL", "NULL", "0"), ("answer", "not_json", "NULL"), ("call", "timeout", "NULL")])
def test_where_no_post_was_there_to_be_read_nobody_wrote_and_where_the_search_failed_nobody_knows(compute: Compute, scope, reason, n):
    read = f"answer | slot | topic | position | tweet | scope | reason\ns1 | 2020-07-18 12:00 | wahl | 0 | NULL | {scope} | {reason}"
    counted = "answer | slot | topic | n_tweets | scope | reason\nc1 | 2020-07-18 12:00 | wahl | 0 | NULL | NULL"
    same(
        topic_volume.TABLE,
        made(compute, read=read, counted=counted),
        f"""
        place   | slot             | topic | n_tweets | n_authors | n_geo | languages
        berlin  | 2020-07-18 12:00 | wahl  | 0        | {n}       | {n}   | NULL
        """,
    )


def test_what_was_counted_is_the_volume_where_the_list_told_none(compute: Compute):
    listed, chosen = rows(entries.TABLE, LISTED), rows(snapshots.TABLE, CHOSEN)
    counted = """
        place   | slot             | topic | n_tweets
        berlin  | 2020-07-18 12:00 | hsv   | 70
        berlin  | 2020-07-18 12:00 | wahl  | 8
        hamburg | 2020-07-18 12:00 | hsv   | NULL
    """
    same(
        trends.TABLE,
        compute(trends.TABLE, listed, chosen, rows(topic_volume.TABLE, counted)),
        """
        place   | slot             | topic | volume
        berlin  | 2020-07-18 12:00 | hsv   | 70
        berlin  | 2020-07-18 12:00 | wahl  | 9
        hamburg | 2020-07-18 12:00 | hsv   | NULL
        hamburg | 2020-07-18 13:00 | hsv   | NULL
        """,
    )
