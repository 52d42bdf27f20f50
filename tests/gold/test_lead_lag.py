from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import leads
from twilytics.gold.lead_lag import TABLE


def test_each_pair_that_has_a_first_is_tested_and_adjusted_for_the_others_of_its_window(compute: Compute):
    given = rows(
        leads.TABLE,
        """
        place_a   | place_b   | window_days | n_shared | a_first | b_first | ties | median_lead_hours | is_nested
        hamburg   | stuttgart | 7           | 4        | 2       | 2       | 0    | 0                 | false
        berlin    | hamburg   | 7           | 5        | 5       | 0       | 0    | 2                 | false
        berlin    | stuttgart | 7           | 6        | 1       | 3       | 2    | -1                | false
        berlin    | germany   | 7           | 3        | 0       | 0       | 3    | 0                 | true
        berlin    | ulm       | 7           | 0        | 0       | 0       | 0    | NULL              | false
        berlin    | hamburg   | 30          | 6        | 6       | 0       | 0    | 2                 | false
        berlin    | germany   | 30          | 9        | 1       | 8       | 0    | -5                | true
        """,
    )
    # 5 : 0 is 2 · 1/32, 1 : 3 is 2 · (1 + 4)/16, 2 : 2 is all there can be; 6 : 0 is 2/64 and 1 : 8 is 2 · (1 + 9)/512.
    # Of three in the week: 0.0625 · 3/1, 0.625 · 3/2, 1 · 3/3. Of two in the 30 days: 0.0390625 · 2/2, less than 0.03125 · 2/1.
    same(
        TABLE,
        compute(TABLE, given),
        """
        place_a   | place_b   | window_days | n_shared | a_first | b_first | ties | median_lead_hours | p_value   | q_value   | is_nested
        berlin    | germany   | 7           | 3        | 0       | 0       | 3    | 0                 | NULL      | NULL      | true
        berlin    | hamburg   | 7           | 5        | 5       | 0       | 0    | 2                 | 0.0625    | 0.1875    | false
        berlin    | stuttgart | 7           | 6        | 1       | 3       | 2    | -1                | 0.625     | 0.9375    | false
        berlin    | ulm       | 7           | 0        | 0       | 0       | 0    | NULL              | NULL      | NULL      | false
        hamburg   | stuttgart | 7           | 4        | 2       | 2       | 0    | 0                 | 1         | 1         | false
        berlin    | germany   | 30          | 9        | 1       | 8       | 0    | -5                | 0.0390625 | 0.0390625 | true
        berlin    | hamburg   | 30          | 6        | 6       | 0       | 0    | 2                 | 0.03125   | 0.0390625 | false
        """,
    )


def test_without_pairs_there_is_nothing_to_test(compute: Compute):
    nothing = rows(leads.TABLE, "place_a | place_b")
    assert compute(TABLE, nothing).num_rows == 0
