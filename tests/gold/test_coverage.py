"""`gold.coverage` on both engines."""

from tests.drawn import rows
from tests.engines import Compute
from twilytics.bronze import answers
from twilytics.gold import coverage
from twilytics.silver import entries, snapshots


def test_what_was_captured_late_failed_or_skipped_and_why(compute: Compute):
    asked = rows(
        entries.TABLE,
        """
        answer | position | place   | slot             | captured_at      | topic | title | scope  | reason
        a      | 1        | berlin  | 2020-07-18 12:00 | 2020-07-18 12:00 | hsv   | HSV   | NULL   | NULL
        b      | 1        | hamburg | 2020-07-18 12:00 | 2020-07-18 12:00 | hsv   | HSV   | NULL   | NULL
        c      | 0        | berlin  | 2020-07-18 12:00 | 2020-07-18 12:05 | NULL  | NULL  | answer | html
        d      | 0        | berlin  | 2020-07-18 13:00 | 2020-07-18 13:00 | NULL  | NULL  | call   | timeout
        e      | 0        | berlin  | 2020-07-18 13:00 | 2020-07-18 13:20 | NULL  | NULL  | answer | no_topics
        f      | 0        | hamburg | 2020-07-18 13:00 | 2020-07-18 13:00 | NULL  | NULL  | call   | budget
        """,
    )
    chosen = rows(
        snapshots.TABLE,
        """
        place   | slot             | answer
        berlin  | 2020-07-18 12:00 | a
        hamburg | 2020-07-18 12:00 | b
        """,
    )
    landed = rows(answers.TABLE, "answer | landed_at\na | 2020-07-18 13:59\nb | 2020-07-18 14:00\nc | 2020-07-18 12:05")
    expected = rows(
        coverage.TABLE,
        """
        place   | slot             | state    | reason
        berlin  | 2020-07-18 12:00 | captured | NULL
        berlin  | 2020-07-18 13:00 | failed   | no_topics
        hamburg | 2020-07-18 12:00 | late     | NULL
        hamburg | 2020-07-18 13:00 | skipped  | budget
        """,
    )
    order = [("place", "ascending"), ("slot", "ascending")]
    assert compute(coverage.TABLE, asked, chosen, landed).sort_by(order).equals(expected)
