"""`twilytics diff`, and what other TWILYTICS_PAIRS do, on real services."""

from tests.cli.test_commands import NASTY, archive, line


def test_what_the_last_write_of_a_table_changed(twilytics, tmp_path):
    twilytics("replay", archive(tmp_path, line(12), line(13), line(13, "641142")))
    twilytics("replay", archive(tmp_path, line(14, names=("#hsv", NASTY))))
    told = twilytics("diff", "change_rate", "--json").json
    assert (told["table"], told["n_added"], told["n_removed"], told["n_changed"], told["n_same"]) == ("gold.change_rate", 1, 0, 0, 3)
    assert told["examples"][0]["key"] == {"place": "berlin", "slot": "2020-07-18T14:00:00Z"}
    shown = twilytics("diff", "trends").out
    assert "2 rows added, 0 removed, 0 changed, 6 are the same\n" in shown
    assert "DROP TABLE gold.trends" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_a_table_or_version_that_cannot_be_compared_is_told_in_one_line(twilytics, tmp_path):
    assert (
        twilytics("diff", "trends").err == "error: gold.trends was not made yet: `twilytics run` makes it of the answers that there are\n"
    )
    twilytics("replay", archive(tmp_path, line(12)))
    assert twilytics("diff", "trends", "0", "9").err == "error: gold.trends has no version 9 that can be read, but versions 0 to 1\n"
    ended = twilytics("diff", "trend")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("error: the lake has no gold table 'trend'. Nearest: gold.trends, ")


def test_maintenance_tells_what_it_did_and_leaves_nothing_to_publish(twilytics, tmp_path):
    twilytics("replay", archive(tmp_path, line(12)))
    twilytics("replay", archive(tmp_path, line(13)))
    told = twilytics("maintain", "--json").json
    assert (told["before"]["gold.trends"]["n_files"], told["after"]["gold.trends"]["n_files"]) == (2, 1)
    assert told["removed"]["gold.trends"] == {"n_files": 0, "n_bytes": 0, "n_entries": 0}
    assert {"gold.trends", "gold.batches"} <= set(told["vacuumed"])
    assert "removed    0 files that no version in the retention needs" in twilytics("maintain").out
    assert twilytics("run", "--no-land", "--json").json["published"] is None


def test_other_pairs_are_told_refined_and_published(twilytics, tmp_path, monkeypatch):
    asked = ("query", "SELECT DISTINCT place_a, place_b FROM gold.trend_equality", "--json")
    hamburg, paris = "656958", "615702"
    twilytics("replay", archive(tmp_path, *(line(hour, place) for hour in (12, 13) for place in ("638242", hamburg, paris))))
    assert len(twilytics(*asked).json) == 3
    monkeypatch.setenv("TWILYTICS_PAIRS", "hamburg:paris")
    ended = twilytics("run", "--no-land")
    assert ended.code == 0
    assert (
        "TWILYTICS_PAIRS, or the catalogue, keeps other pairs of places than before, 0 more and 2 no longer: "
        "all 2 captured slots, 2020-07-18 12:00 to 2020-07-18 14:00 UTC, are refined and published again" in ended.err
    )
    assert twilytics(*asked).json == [{"place_a": "hamburg", "place_b": "paris"}]
    told = twilytics("diff", "trend_equality", "--json").json
    assert (told["n_added"], told["n_removed"], told["n_changed"], told["n_same"]) == (0, 4, 0, 2)
    monkeypatch.setenv("TWILYTICS_PAIRS", "hamburg:pariss")
    assert "error: TWILYTICS_PAIRS: neither the catalogue nor the lake has 'pariss'. Nearest: paris, " in twilytics("run", "--no-land").err
