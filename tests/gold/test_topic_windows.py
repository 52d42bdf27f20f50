from datetime import timedelta

import pyarrow.compute as pc
import pytest

from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import place_days, topic_days
from twilytics.gold.topic_windows import KEPT, TABLE

DAYS = rows(place_days.TABLE, "place | day | last_slot\nulm | 2020-07-18 00:00 | 2020-07-18 12:00")


def test_only_days_are_summed_that_lie_in_the_window_wholly_and_before_the_newest_one(compute: Compute):
    given = rows(
        topic_days.TABLE,
        """
        place     | day              | topic | title | n_slots | best_rank | max_volume
        berlin    | 2020-07-11 00:00 | hsv   | hsv   | 9       | 1         | 70
        berlin    | 2020-07-12 00:00 | hsv   | Hsv   | 2       | 4         | 20
        berlin    | 2020-07-17 00:00 | hsv   | #HSV  | 3       | 6         | NULL
        berlin    | 2020-07-18 00:00 | hsv   | HSV   | 5       | 2         | 90
        berlin    | 2020-07-18 00:00 | wahl  | Wahl  | 5       | 1         | 90
        stuttgart | 2020-07-17 00:00 | vfb   | VfB   | 1       | 3         | NULL
        """,
    )
    # The last 24 hours begin at noon of the 17th: no whole day lies between that and the 18th.
    same(
        TABLE,
        compute(TABLE, given, DAYS),
        """
        place     | window_hours | topic | title | last_day         | n_slots | best_rank | max_volume
        berlin    | 168          | hsv   | #HSV  | 2020-07-17 00:00 | 5       | 4         | 20
        berlin    | 720          | hsv   | #HSV  | 2020-07-17 00:00 | 14      | 1         | 70
        berlin    | 8760         | hsv   | #HSV  | 2020-07-17 00:00 | 14      | 1         | 70
        stuttgart | 168          | vfb   | VfB   | 2020-07-17 00:00 | 1       | 3         | NULL
        stuttgart | 720          | vfb   | VfB   | 2020-07-17 00:00 | 1       | 3         | NULL
        stuttgart | 8760         | vfb   | VfB   | 2020-07-17 00:00 | 1       | 3         | NULL
        """,
    )


@pytest.mark.parametrize(("minutes", "slots_of_a_day"), [(60, 24), (480, 3)])
def test_left_out_is_only_what_the_cut_day_and_a_full_newest_one_would_not_bring_among_the_first_fifty(
    compute: Compute, minutes: int, slots_of_a_day: int
):
    days = ("2020-07-11 00:00", "2020-07-17 00:00")
    lines = [
        *(f"berlin | first {n} | 200 | {days[1]}" for n in range(KEPT - 1)),
        f"berlin | fiftieth | 100 | {days[1]}",
        f"berlin | able | 2 | {days[0]}",
        f"berlin | able | {98 - slots_of_a_day} | {days[1]}",
        f"berlin | unable | 2 | {days[0]}",
        f"berlin | unable | {97 - slots_of_a_day} | {days[1]}",
        *(f"ulm | first {n} | 200 | {days[1]}" for n in range(KEPT - 1)),
        f"ulm | fiftieth | 1 | {days[1]}",
    ]
    given = rows(topic_days.TABLE, "\n".join(["place | topic | n_slots | day", *lines]))
    found = compute(TABLE, given, DAYS, interval=timedelta(minutes=minutes)).filter(pc.field("window_hours") == 168)
    kept = set(zip(found["place"].to_pylist(), found["topic"].to_pylist(), strict=True))
    assert ("berlin", "fiftieth") in kept
    assert ("berlin", "able") in kept
    assert ("berlin", "unable") not in kept
    assert found.num_rows == 2 * KEPT + 1
