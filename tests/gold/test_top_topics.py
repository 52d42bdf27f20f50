import pyarrow as pa
import pyarrow.compute as pc

from tests.drawn import rows, same
from tests.engines import Compute
from twilytics.gold import place_days, topic_days, topic_windows, trends
from twilytics.gold.top_topics import KEPT, TABLE


def computed(compute: Compute, shown: pa.Table, newest: str) -> pa.Table:
    captured = rows(place_days.TABLE, f"place | last_slot\nberlin | {newest}")
    by_day = compute(topic_days.TABLE, shown)
    return compute(TABLE, shown, by_day, compute(topic_windows.TABLE, by_day, captured), captured)


def test_the_window_begins_after_its_cut_and_ends_with_the_newest_slot(compute: Compute):
    shown = rows(
        trends.TABLE,
        """
        place  | slot             | rank | topic | title  | volume
        berlin | 2020-07-17 12:00 | 1    | old   | Old    | 9
        berlin | 2020-07-17 12:00 | 2    | hsv   | hsv    | 70
        berlin | 2020-07-17 13:00 | 4    | hsv   | #hsv   | 20
        berlin | 2020-07-18 12:00 | 3    | hsv   | HSV    | 10
        berlin | 2020-07-18 12:00 | 2    | wahl  | Wahl   | NULL
        """,
    )
    found = computed(compute, shown, "2020-07-18 12:00")
    same(
        TABLE,
        found.filter(pc.field("window_hours") == 24),
        """
        position | topic | title | frequency | best_rank | max_volume
        1        | hsv   | HSV   | 2         | 3         | 20
        2        | wahl  | Wahl  | 1         | 2         | NULL
        """,
    )
    same(
        TABLE,
        found.filter(pc.field("window_hours") == 168),
        """
        position | topic | title | frequency | best_rank | max_volume
        1        | hsv   | HSV   | 3         | 2         | 70
        2        | old   | Old   | 1         | 1         | 9
        3        | wahl  | Wahl  | 1         | 2         | NULL
        """,
    )


def test_ties_go_by_best_rank_then_by_code_point(compute: Compute):
    shown = rows(
        trends.TABLE,
        """
        place  | slot             | rank | topic
        berlin | 2020-07-18 12:00 | 2    | ä
        berlin | 2020-07-18 12:00 | 3    | z
        berlin | 2020-07-18 11:00 | 2    | b
        berlin | 2020-07-18 10:00 | 1    | y
        berlin | 2020-07-18 09:00 | 2    | 🏆
        """,
    )
    found = computed(compute, shown, "2020-07-18 12:00").filter(pc.field("window_hours") == 24)
    assert found.sort_by("position").column("topic").to_pylist() == ["y", "b", "ä", "🏆", "z"]


def test_only_the_first_fifty_are_kept(compute: Compute):
    drawing = "place | slot | rank | topic\n" + "\n".join(f"berlin | 2020-07-18 12:00 | {rank} | {rank:03}" for rank in range(1, 61))
    found = computed(compute, rows(trends.TABLE, drawing), "2020-07-18 12:00").filter(pc.field("window_hours") == 24)
    assert found.sort_by("position").column("topic").to_pylist() == [f"{rank:03}" for rank in range(1, KEPT + 1)]
