"""What the panels say of a lake."""

from contextlib import closing
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tests.lakes import HOUR, NOON, put, run
from tests.report.conftest import observing
from tests.report.parsed import parsed
from twilytics.gold import captures, change_rate, coverage, lead_lag, measurements, places, quality, survival, trend_equality, trends
from twilytics.lake import Lake
from twilytics.ledger import Ledger
from twilytics.panels import panels
from twilytics.render import arrow
from twilytics.report.facts import Facts
from twilytics.report.panel import Listing
from twilytics.report.panels import change, equality, freshness, geography, others, rules
from twilytics.report.panels import coverage as coverage_panel
from twilytics.report.panels import lead_lag as lead_lag_panel
from twilytics.report.panels import quarantine as quarantine_panel
from twilytics.report.panels import survival as survival_panel
from twilytics.report.state import state
from twilytics.slots import Slots
from twilytics.tables import definitions

CAPTURES = """
    place   | slot             | n_topics
    berlin  | 2020-07-18 12:00 | 4
    hamburg | 2020-07-18 12:00 | 4
    munich  | 2020-07-18 12:00 | 4
"""


def says(panel) -> str:
    return parsed(str(panel.says)).text


def listings(panel) -> list[Listing]:
    return [part for part in panel.parts if isinstance(part, Listing)]


def cells(listing: Listing) -> list[list[str]]:
    return [[parsed(str(cell)).text for cell in row] for row in listing.rows]


@pytest.fixture
def captured(lake):
    put(lake, captures.TABLE, CAPTURES)
    return lake


def test_what_chance_does_as_well_is_no_finding_and_what_cannot_be_tested_neither(captured, facts):
    put(
        captured,
        lead_lag.TABLE,
        """
        place_a | place_b | window_days | n_shared | a_first | b_first | ties | median_lead_hours | p_value | q_value | is_nested
        berlin  | hamburg | 30          | 40       | 35      | 5       | 0    | 2                 | 0.0001  | 0.0003  | false
        berlin  | munich  | 30          | 9        | 6       | 3       | 0    | 1                 | 0.04    | 0.051   | false
        hamburg | munich  | 30          | 5        | 0       | 0       | 5    | 0                 | NULL    | NULL    | false
        """,
    )
    panel = lead_lag_panel.panel(facts(captured))
    (table,) = listings(panel)
    assert [row[2] for row in cells(table)] == ["berlin is first", "no difference can be told", "no difference can be told"]
    assert says(panel) == "berlin is first most often: against 1 of 2 other places. In 2 of 3 pairs no difference can be told."


def test_a_pair_of_which_one_contains_the_other_stands_apart_and_leads_nothing(captured, facts):
    put(
        captured,
        lead_lag.TABLE,
        """
        place_a | place_b | window_days | n_shared | a_first | b_first | ties | median_lead_hours | p_value | q_value | is_nested
        berlin  | hamburg | 30          | 40       | 35      | 5       | 0    | 2                 | 0.0001  | 0.0003  | true
        """,
    )
    panel = lead_lag_panel.panel(facts(captured))
    assert "nothing to compare" in says(panel)
    assert [table.caption for table in listings(panel)] == ["Pairs of which one contains the other: no finding"]


def test_the_change_rate_names_the_place_and_hour_that_change_most(captured, facts):
    put(
        captured,
        change_rate.TABLE,
        """
        place   | slot             | change_rate
        berlin  | 2020-07-17 06:00 | 0.8
        berlin  | 2020-07-18 06:00 | 0.6
        berlin  | 2020-07-18 07:00 | 0.2
        hamburg | 2020-07-18 07:00 | 0.1
        hamburg | 2020-07-18 08:00 | NULL
        """,
    )
    assert says(change.panel(facts(captured))) == (
        "berlin's list changes most around 06:00 UTC, when 70% of it is new every hour; hamburg's stands stillest around 07:00, with 10%."
    )


def test_equality_names_the_pairs_that_are_most_and_least_alike(captured, facts):
    put(
        captured,
        trend_equality.TABLE,
        """
        place_a | place_b | slot             | trend_equality
        berlin  | hamburg | 2020-07-18 12:00 | 0.5
        berlin  | hamburg | 2020-07-18 11:00 | 0.4
        berlin  | munich  | 2020-07-18 12:00 | 0.05
        hamburg | munich  | 2020-05-18 12:00 | 1
        """,
    )
    assert says(equality.panel(facts(captured))) == (
        "berlin and hamburg are most alike: they share 45% of their topics on average; berlin and munich least, 5%."
    )


def test_survival_names_the_longest_and_the_shortest_and_when_half_are_gone(captured, facts):
    put(
        captured,
        survival.TABLE,
        """
        place   | duration_hours | at_risk | ended | survival
        berlin  | 1              | 10      | 5     | 0.5
        berlin  | 5              | 5       | 4     | 0.1
        hamburg | 2              | 10      | 2     | 0.8
        hamburg | 9              | 8       | 1     | 0.7
        """,
    )
    panel = survival_panel.panel(facts(captured))
    assert says(panel) == "Topics stay longest in hamburg, where 80% last longer than 6 hours, and shortest in berlin, with 10%."
    assert [row[:2] for row in cells(listings(panel)[0])] == [["berlin", "1 hour"], ["hamburg", "more hours than were seen"]]


def test_of_lists_that_are_hours_apart_it_is_told_how_many_topics_outlast_one(captured):
    put(
        captured,
        survival.TABLE,
        """
        place   | duration_hours | at_risk | ended | survival
        berlin  | 8              | 10      | 5     | 0.5
        hamburg | 8              | 10      | 2     | 0.8
        """,
    )
    with closing(Facts(captured, Ledger(8 * 60))) as asked:
        assert "hamburg, where 80% last longer than 8 hours, and shortest in berlin, with 50%." in says(survival_panel.panel(asked))


def test_a_day_is_whole_in_part_or_empty_and_the_first_and_last_are_judged_by_their_own_length(captured, facts):
    hours = [("berlin", f"2020-07-17 {hour}:00") for hour in (22, 23)]
    hours += [("berlin", f"2020-07-19 {hour:02}:00") for hour in range(24) if hour != 3]
    hours += [("berlin", "2020-07-20 00:00"), ("hamburg", "2020-07-20 00:00")]
    put(captured, coverage.TABLE, "\n".join(["place | slot | state", *(f"{place} | {slot} | captured" for place, slot in hours)]))
    panel = coverage_panel.panel(facts(captured))
    days = next(table for table in listings(panel) if table.caption == "Days of each place")
    assert cells(days) == [["berlin", "2", "0", "1", "1"], ["hamburg", "1", "0", "0", "0"]]
    assert says(panel) == "60% of all days are whole; fewest, 50%, are those of berlin."


def test_a_line_that_told_no_time_is_no_day_of_the_calendar(captured, facts):
    put(
        captured,
        coverage.TABLE,
        """
        place  | slot             | state    | reason
        berlin | 2020-07-18 00:00 | captured | NULL
        berlin | 2026-07-18 00:00 | failed   | line_not_json
        """,
    )
    panel = coverage_panel.panel(facts(captured))
    assert says(panel) == "Every day of every place is whole."
    assert [cells(table) for table in listings(panel)] == [[["captured", "–", "1"]], [["berlin", "1", "0", "0", "0"]]]


def test_a_rule_counts_by_its_own_newest_run_and_what_stops_a_publication_comes_first(captured, facts):
    put(
        captured,
        quality.TABLE,
        """
        run              | table_name   | rule       | severity | slots | n_checked | n_failed | observed | examples
        2020-07-18 12:00 | gold.trends  | rank.range | fail     | all   | 9         | 9        | x        | []
        2020-07-18 13:00 | gold.trends  | range      | warn     | all   | 10        | 3        | x, y     | ["<b>hsv (x)", "tor (y)"]
        2020-07-18 13:00 | gold.trends  | rank.range | fail     | all   | 10        | 1        | nothing  | []
        2020-07-18 14:00 | gold.places  | holds      | fail     | all   | 10        | 0        | NULL     | NULL
        """,
    )
    asked = facts(captured)
    panel = rules.panel(asked)
    broken, history = listings(panel)
    assert says(panel) == "3 rules were looked at in the 7 days up to 2020-07-18 14:00: 2 did not hold when looked at last."
    assert [row[:2] for row in cells(broken)] == [
        ["✖ stops the publication", "gold.trends rank.range rank must be at least 1nothing"],
        ["▲ warning", "gold.trends range<b>hsv (x)tor (y)"],
    ]
    assert [element.text for element in parsed(str(broken.rows[1][1])).all("li")] == ["<b>hsv (x)", "tor (y)"]
    assert [row[2] for row in cells(history)] == ["0", "1", "1"]
    tile = next(tile for tile in state(asked).tiles if tile.title == "Failing rules")
    assert (tile.value, tile.mark, tile.says) == ("1", "bad", "1 warning, 1 held when they were looked at last")


def test_a_rule_that_did_not_hold_is_told_for_seven_days_of_the_data_though_it_holds_again(captured, facts):
    put(
        captured,
        quality.TABLE,
        """
        run              | table_name    | rule      | severity | slots | n_checked | n_failed | observed | examples
        2020-07-11 12:00 | gold.captures | too_old   | fail     | all   | 1         | 1        | x        | ["munich"]
        2020-07-18 11:00 | gold.captures | full_list | warn     | all   | 1         | 1        | x        | ["hamburg (4)"]
        2020-07-18 12:00 | gold.captures | full_list | warn     | all   | 1         | 1        | x        | ["berlin (5)"]
        2020-07-18 12:00 | gold.captures | keys      | fail     | all   | 1         | 1        | x        | ["berlin"]
        2020-07-18 13:00 | gold.captures | full_list | warn     | all   | 1         | 0        | NULL     | NULL
        2020-07-18 13:00 | gold.captures | keys      | fail     | all   | 1         | 0        | NULL     | NULL
        """,
    )
    asked = facts(captured)
    panel = rules.panel(asked)
    assert says(panel).endswith("none did not hold when looked at last, 2 did not some time before that.")
    mended = listings(panel)[0]
    told = [(row[1].partition("berlin")[1:], row[4]) for row in cells(mended)]
    assert told == [(("berlin", ""), "2020-07-18 12:00"), (("berlin", " (5)"), "2020-07-18 12:00")]
    tile = next(tile for tile in state(asked).tiles if tile.title == "Failing rules")
    assert (tile.value, tile.mark) == ("0", "look")


def test_places_are_drawn_where_they_are_and_those_without_coordinates_are_counted(captured, facts):
    put(
        captured,
        places.TABLE,
        """
        place   | name    | kind | latitude | longitude
        berlin  | Berlin  | town | 52.5     | 13.4
        hamburg | Hamburg | town | 53.6     | 10
        munich  | Munich  | town | NULL     | NULL
        """,
    )
    panel = geography.panel(facts(captured))
    assert says(panel) == "3 places; 1 of them has no coordinates."
    (group,) = panel.parts
    chart = parsed(str(group.members[0].svg))
    assert [text.text for text in chart.all("text") if "°" not in text.text] == ["Berlin", "Hamburg"]


def test_labels_of_a_map_hide_no_dot_and_no_other_label():
    spots = [("Essen", 100.0, 100.0), ("Dortmund", 112.0, 98.0), ("Cologne", 104.0, 110.0), ("Bonn", 316.0, 50.0)]
    labelled = {row["label"]: (row["x"], row["y"]) for row in geography._labels(spots)}
    assert labelled["Dortmund"] == (121.0, 98.0)
    assert labelled["Bonn"][0] < 316.0
    boxes = [(x, y - 6, x + 6.5 * len(label), y + 6) for label, (x, y) in labelled.items()]
    assert not any(geography._meet(one, other) for nth, one in enumerate(boxes) for other in boxes[:nth])


def test_the_state_tells_lateness_by_the_datas_own_instants(three):
    with closing(Facts(three.lake, three.ledger)) as asked:
        found = state(asked)
    tiles = {tile.title: tile for tile in found.tiles}
    assert tiles["Data up to"].value == "2026-01-02 15:00"
    assert (tiles["How late"].value, tiles["How late"].mark) == ("0 seconds", "fine")
    assert tiles["Missing"].says == "1 of 120 slots since each place's first try"
    assert tiles["Published"].mark == "bad"


def test_what_was_set_aside_is_counted_by_reason(tmp_path, facts):
    with observing(tmp_path / "home", {"berlin": [["a"], [""], ["", "b"], ["", "c"]]}) as observatory:
        panel = quarantine_panel.panel(facts(observatory.lake))
    assert says(panel).startswith("3 rows could not be read")
    assert sum(int(row[3]) for row in cells(listings(panel)[0])) == 3  # an answer and two entries


FAILING = """
    place   | slot             | state    | reason
    berlin  | 2020-07-18 12:00 | captured | NULL
    hamburg | 2020-07-18 12:00 | captured | NULL
    berlin  | 2020-08-08 11:00 | skipped  | budget_spent
    berlin  | 2020-08-08 12:00 | failed   | unauthorized
    hamburg | 2020-08-08 12:00 | failed   | unauthorized
"""


def test_a_source_that_fails_for_three_weeks_is_to_be_mended_though_all_that_came_is_published(captured):
    put(captured, captures.TABLE, CAPTURES.replace("    munich  | 2020-07-18 12:00 | 4\n", ""))
    put(captured, coverage.TABLE, FAILING)
    everything = Slots(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    ledger = Ledger(60).published(dict.fromkeys(definitions(), (everything,)), 1)
    with closing(Facts(captured, ledger)) as asked:
        found = state(asked)
    tiles = {tile.title: tile for tile in found.tiles}
    assert found.verdict == (
        "No list came since 2020-07-18 12:00, though 504 slots up to 2020-08-08 12:00 were to be captured: "
        "The source refused the credentials (HTTP 401)."
    )
    assert (tiles["How late"].value, tiles["How late"].mark) == ("21 days", "bad")
    assert tiles["How late"].says.startswith("the newest capture is 504 slots behind the newest try, of 2020-08-08 12:00")
    assert (tiles["Missing"].value, tiles["Missing"].says) == ("99.8%", "1,008 of 1,010 slots since each place's first try")
    assert found.gaps == ("2020-07-18 13:00 to 2020-08-08 13:00 UTC",)


@pytest.mark.parametrize(("hour", "mark"), [(13, "look"), (14, "bad")])
def test_one_slot_in_vain_is_to_be_looked_at_and_two_to_be_mended(captured, facts, hour, mark):
    put(captured, coverage.TABLE, f"place | slot | state | reason\nberlin | 2020-07-18 {hour}:00 | failed | timed_out")
    found = state(facts(captured))
    assert next(tile for tile in found.tiles if tile.title == "How late").mark == mark


def test_a_line_that_told_no_time_is_no_try_at_the_time_at_which_it_was_landed(captured, facts):
    put(captured, coverage.TABLE, "place | slot | state | reason\nberlin | 2026-07-18 13:00 | failed | line_not_json")
    asked = facts(captured)
    assert asked.tries.n_behind == 0
    assert next(tile for tile in state(asked).tiles if tile.title == "Missing").value == "0%"


def test_a_place_whose_lists_end_early_or_never_came_is_named(captured, facts):
    put(captured, captures.TABLE, CAPTURES.replace("12:00", "15:00").replace("munich  | 2020-07-18 15:00 | 4", ""), run(NOON + 3 * HOUR))
    asked = facts(captured)
    assert "munich has none after 2020-07-18 12:00" in parsed(str(state(asked).tiles[0].says)).text
    put(captured, coverage.TABLE, "place | slot | state | reason\ntrier | 2020-07-18 14:00 | failed | not_found")
    tile = state(facts(captured)).tiles[0]
    assert tile.mark == "look"
    assert parsed(str(tile.says)).text.endswith("trier has none at all, and 1 other place ends earlier as well")


def test_slots_that_every_place_missed_are_named(captured, facts):
    assert state(facts(captured)).gaps == ()
    put(captured, captures.TABLE, CAPTURES.replace("12:00", "15:00"), run(NOON + 3 * HOUR))
    assert state(facts(captured)).gaps == ("2020-07-18 13:00 to 2020-07-18 15:00 UTC",)


def note(lake: Lake, minute: int, refine: float) -> None:
    """What a cycle of that minute measured."""
    at = datetime(2026, 1, 1, 12, minute, 0, 123456, tzinfo=UTC)
    noted = [{"measured_at": at, "measure": f"{stage}_seconds", "value": value} for stage, value in (("refine", refine), ("publish", 0.25))]
    lake.append(measurements.TABLE, pa.Table.from_pylist(noted, schema=arrow.schema(measurements.TABLE)))


def test_what_a_cycle_took_is_drawn_up_to_the_newest_that_had_something_to_check(captured, facts):
    put(
        captured,
        quality.TABLE,
        """
        run              | table_name  | rule       | severity | slots | n_checked | n_failed | observed | examples
        2026-01-01 12:10 | gold.trends | rank.range | fail     | all   | 1         | 0        | NULL     | NULL
        2026-01-01 12:25 | gold.trends | reconciled | warn     | all   | 1         | 0        | NULL     | NULL
        """,
    )
    for minute, seconds in ((1, 0.5), (11, 1.5), (21, 7.0), (31, 9.0)):
        note(captured, minute, seconds)
    asked = facts(captured)
    drawn = others.panel(asked, panels()["stage-seconds"])
    assert "publish 0.2; refine 1.5" in drawn.parts[0].caption
    tables = next(table for table in listings(freshness.panel(asked)))
    assert [row[1] for row in cells(tables) if row[0] == "gold.measurements"] == ["4"]


def test_a_panel_without_a_drawing_of_its_own_is_a_table_of_its_first_rows(captured, facts):
    given = "\n".join(f"berlin | 2020-07-18 12:00 | {rank} | t{rank} | T{rank}" for rank in range(1, 10))
    put(captured, trends.TABLE, f"place | slot | rank | topic | title\n{given}")
    put(captured, places.TABLE, "place | name | kind\nberlin | Berlin | town")
    drawn = others.panel(facts(captured), panels()["trending-now"])
    (listing,) = listings(drawn)
    assert listing.heads == ["rank", "name", "title", "volume", "slot"]
    assert listing.caption == "Trending, the first 8 of 9"
    assert cells(listing)[0][:3] == ["1", "Berlin", "T1"]
    assert others.panel(facts(captured), panels()["missing"]).says == others.NOTHING
