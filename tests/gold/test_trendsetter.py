import pyarrow as pa
import pyarrow.compute as pc

from tests.drawn import rows, same
from tests.engines import Compute
from tests.histories import TOY, every_pair, listed
from twilytics.bronze import pairs
from twilytics.gold import change_rate
from twilytics.gold.trendsetter import LAGS, TABLE


def computed(compute: Compute, *, kept: pa.Table | None = None, **places: dict[int, str]) -> pa.Table:
    trends, captures = listed(**places)
    return compute(TABLE, trends, compute(change_rate.TABLE, trends, captures), every_pair(places) if kept is None else kept)


def test_the_toy_example(compute: Compute):
    found = computed(compute, **TOY)
    same(
        TABLE,
        found.filter(pc.field("lag") == 1),
        """
        leader | follower | slot             | trendsetter | n_arrivals | arrival_share
        b      | s        | 2020-07-18 12:00 | 0.6         | 1          | 1
        b      | s        | 2020-07-18 13:00 | 1.0         | 2          | 1
        s      | b        | 2020-07-18 12:00 | 0.4         | 2          | 0
        s      | b        | 2020-07-18 13:00 | 0.2         | 2          | 0
        """,
    )
    same(
        TABLE,
        found.filter(pc.field("lag") == 2),
        """
        leader | follower | slot             | trendsetter | arrival_share
        b      | s        | 2020-07-18 12:00 | 0.6         | 0
        s      | b        | 2020-07-18 12:00 | 0.2         | 0
        """,
    )


def test_arrivals_are_unknown_where_the_followers_slot_before_was_not_captured(compute: Compute):
    found = computed(compute, a={0: "ab"}, b={1: "ax", 3: "ay"})
    same(
        TABLE,
        found,
        """
        leader | follower | slot             | lag | trendsetter | n_arrivals | arrival_share
        a      | b        | 2020-07-18 12:00 | 1   | 1/2         | NULL       | NULL
        a      | b        | 2020-07-18 12:00 | 3   | 1/2         | NULL       | NULL
        """,
    )


def test_without_arrivals_there_is_no_share_of_them(compute: Compute):
    found = computed(compute, a={0: "ab"}, b={0: "ax", 1: "xa"})
    same(
        TABLE,
        found,
        """
        leader | follower | slot             | lag | trendsetter | n_arrivals | arrival_share
        a      | b        | 2020-07-18 12:00 | 1   | 1/2         | 0          | NULL
        """,
    )


def test_no_lag_beyond_six_slots(compute: Compute):
    found = computed(compute, a={0: "a"}, b=dict.fromkeys(range(9), "a"))
    assert sorted(found.filter(pc.field("leader") == "a").column("lag").to_pylist()) == list(LAGS)
    assert found.filter(pc.field("leader") == "b").num_rows == 0


def test_only_pairs_that_are_kept_are_compared_and_these_in_both_directions(compute: Compute):
    kept = rows(
        pairs.TABLE,
        """
        place_a | place_b
        a       | c
        a       | d
        """,
    )
    same(
        TABLE,
        computed(compute, kept=kept, a={0: "ab", 1: "xy"}, b={0: "ab", 1: "ab"}, c={0: "ax", 1: "bc"}),
        """
        leader | follower | slot             | lag | trendsetter | arrival_share
        a      | c        | 2020-07-18 12:00 | 1   | 1/2         | 1/2
        c      | a        | 2020-07-18 12:00 | 1   | 1/2         | 1/2
        """,
    )
