import pyarrow as pa
import pytest

from tests.drawn import rows, same
from tests.engines import Compute
from tests.histories import TOY, every_pair, listed
from twilytics.bronze import pairs
from twilytics.gold.trend_equality import TABLE


def computed(compute: Compute, **places: dict[int, str]) -> pa.Table:
    return compute(TABLE, *listed(**places), every_pair(places))


def test_the_toy_example(compute: Compute):
    same(
        TABLE,
        computed(compute, **TOY),
        """
        place_a | place_b | slot             | n_shared | trend_equality | jaccard
        b       | s       | 2020-07-18 12:00 | 2        | 0.4            | 2/8
        b       | s       | 2020-07-18 13:00 | 3        | 0.6            | 3/7
        b       | s       | 2020-07-18 14:00 | 3        | 0.6            | 3/7
        """,
    )


@pytest.mark.parametrize(
    ("a", "b", "rbo"),
    [
        ("abcde", "abxdefg", 0.823555),  # these three: metrics.md, after Webber, Moffat & Zobel 2010
        ("abcdefg", "zcavwxy", 0.288217),
        ("abcdefg", "bacdefg", 0.9),
        ("abc", "abc", 1.0),
        ("abc", "xyz", 0.0),
    ],
)
def test_rank_biased_overlap_of_lists_of_unequal_length(compute: Compute, a: str, b: str, rbo: float):
    (found,) = computed(compute, a={0: a}, b={0: b}).column("rbo").to_pylist()
    assert found == pytest.approx(rbo, abs=1e-6)
    (mirrored,) = computed(compute, a={0: b}, b={0: a}).column("rbo").to_pylist()
    assert mirrored == pytest.approx(rbo, abs=1e-6)


def test_a_row_exists_exactly_where_both_were_captured_also_when_nothing_is_shared(compute: Compute):
    same(
        TABLE,
        computed(compute, a={0: "ab", 1: "ab"}, b={1: "xyz", 2: "ab"}, c={1: "bx"}),
        """
        place_a | place_b | slot             | n_shared | trend_equality | jaccard
        a       | b       | 2020-07-18 13:00 | 0        | 0              | 0
        a       | c       | 2020-07-18 13:00 | 1        | 1/2            | 1/3
        b       | c       | 2020-07-18 13:00 | 1        | 1/3            | 1/4
        """,
    )


def test_only_pairs_that_are_kept_are_compared(compute: Compute):
    kept = rows(
        pairs.TABLE,
        """
        place_a | place_b
        a       | c
        a       | d
        b       | c
        """,
    )
    same(
        TABLE,
        compute(TABLE, *listed(a={0: "ab"}, b={0: "ab"}, c={0: "bx"}), kept),
        """
        place_a | place_b | n_shared
        a       | c       | 1
        b       | c       | 1
        """,
    )
