from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import lifetimes
from twilytics.gold.survival import TABLE


def test_what_ends_takes_its_share_of_what_is_at_risk_and_what_is_censored_only_leaves(compute: Compute):
    given = rows(
        lifetimes.TABLE,
        """
        place     | day              | duration_hours | n_ended | n_censored
        berlin    | 2020-07-17 00:00 | 1              | 1       | 0
        berlin    | 2020-07-18 00:00 | 1              | 1       | 0
        berlin    | 2020-07-18 00:00 | 2              | 0       | 1
        berlin    | 2020-07-18 00:00 | 3              | 1       | 1
        berlin    | 2020-07-17 00:00 | 5              | 1       | 0
        stuttgart | 2020-07-18 00:00 | 2              | 1       | 2
        stuttgart | 2020-07-18 00:00 | 4              | 0       | 1
        """,
    )
    same(
        TABLE,
        compute(TABLE, given),
        """
        place     | duration_hours | at_risk | ended | survival
        berlin    | 1              | 6       | 2     | 4/6
        berlin    | 2              | 4       | 0     | 4/6
        berlin    | 3              | 3       | 1     | 4/9
        berlin    | 5              | 1       | 1     | 0
        stuttgart | 2              | 4       | 1     | 3/4
        stuttgart | 4              | 1       | 0     | 3/4
        """,
    )
