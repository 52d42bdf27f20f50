"""`twilytics quarantine`, on real services: what was set aside, and the ways back out."""

import io
import json
import sys

import pytest

from tests.cli.test_commands import archive, line
from twilytics.bronze import dropped
from twilytics.lake import Lake
from twilytics.settings import load
from twilytics.sources import envelope, judgement

RATES = "SELECT extract(hour FROM slot AT TIME ZONE 'UTC')::int AS hour, n_new, n_gone FROM gold.change_rate ORDER BY slot"


@pytest.fixture
def limited(twilytics, tmp_path, monkeypatch):
    """Of three hours in Berlin the second one was set aside, by a limit that was too low; of Hamburg's list, an entry."""
    with monkeypatch.context() as older:
        older.setattr(judgement, "MOST_ENTRIES", 2)
        lines = line(12), line(13, names=("#hsv", "Werder", "Tatort")), line(14), line(13, "656958", names=("#hsv", ""))
        assert twilytics("replay", archive(tmp_path, *lines)).code == 0
    return twilytics


def counted(twilytics, *words):
    return {one["reason"]: one["n"] for one in twilytics("quarantine", "list", *words, "--json").json}


def test_it_is_counted_by_reason_source_place_and_day(limited):
    assert counted(limited) == {"too_many_entries": 1, "topic_empty": 1}
    assert counted(limited, "--place", "hamburg") == {"topic_empty": 1}
    by_place = limited("quarantine", "list", "--by", "place", "--json").json
    assert [(one["place"], one["n"], one["n_answers"]) for one in by_place] == [("berlin", 1, 1), ("hamburg", 1, 1)]
    by_day = limited("quarantine", "--by", "day", "--since", "2020-07-18", "--until", "2020-07-19").out
    assert ["2020-07-18", "2", "2", "2020-07-18", "13:00:02"] in [row.split() for row in by_day.splitlines()]
    assert limited("quarantine", "list", "--since", "2020-07-19").out == (
        "Nothing of this kind was set aside. What was: twilytics quarantine list\n"
    )
    assert limited("quarantine", "list", "--by", "week").code == 1


def test_what_is_shown_tells_the_rule_beside_the_answer(limited):
    (told,) = limited("quarantine", "show", "--source", "x-v1.1", "--reason", "too_many_entries", "--json").json
    assert (told["scope"], told["says"], told["entry"]) == ("answer", "The answer holds more entries than any source gives.", None)
    assert told["detail"].startswith("3 entries;")


def test_an_entry_is_shown_as_it_came_wherever_in_its_answer_it_stands_and_of_an_answer_its_begin(twilytics, tmp_path):
    names = [f"topic {nth}" for nth in range(50)]
    names[39] = "#" * 300
    refused = {"source": "x-v1.1", "place": "656958", "captured_at": "2020-07-18T13:00:02Z", "payload": {"errors": ["x" * 400]}}
    twilytics("replay", archive(tmp_path, line(13, names=tuple(names)), json.dumps(refused)))
    head, rule, entry = twilytics("quarantine", "show", "--reason", "topic_empty").out.splitlines()
    assert " berlin " in head
    assert rule == f"  entry 40: Nothing is left of the entry's name but white space and #. (topic_empty: {'#' * 199}…)"
    assert entry == '  {"name": "' + "#" * 300 + '", "tweet_volume": null}'
    (told,) = twilytics("quarantine", "show", "--reason", "topic_empty", "--json").json
    assert told["entry"] == entry.strip()
    _, rule, answer = twilytics("quarantine", "show", "--place", "hamburg").out.splitlines()
    assert rule.startswith("  the whole answer: ")
    assert answer == '  {"errors": ["' + "x" * 187 + " …"


def test_after_a_fix_what_was_set_aside_is_published_with_its_neighbours(limited):
    before = json.loads(limited("query", RATES, "--json").out)
    assert [row for row in before if row["hour"] == 14] == [{"hour": 14, "n_new": None, "n_gone": None}]
    planned = limited("quarantine", "retry", "--reason", "too_many_entries", "--plan", "--json").json
    assert (planned["n_tried"], planned["n_slots"], planned["n_answers"]) == (1, 1, 2)
    assert counted(limited) == {"too_many_entries": 1, "topic_empty": 1}
    ended = limited("quarantine", "retry", "--reason", "too_many_entries", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert (ended.json["n_tried"], ended.json["n_passed"], ended.json["remaining"]) == (1, 1, [])
    assert ended.json["cycle"]["published"]["n_written"]["gold.trends"] == 3
    after = json.loads(limited("query", RATES.replace(" ORDER", " WHERE place = 'berlin' ORDER"), "--json").out)
    assert after == [
        {"hour": 12, "n_new": None, "n_gone": None},
        {"hour": 13, "n_new": 1, "n_gone": 0},
        {"hour": 14, "n_new": 0, "n_gone": 1},
    ]
    assert counted(limited) == {"topic_empty": 1}
    again = limited("quarantine", "retry", "--reason", "too_many_entries")
    assert (again.code, again.out) == (0, "Nothing of this kind was set aside. What was: twilytics quarantine list\n")


def test_what_remains_is_told_with_its_reason(limited):
    told = limited("quarantine", "retry").out
    assert "passed     1 of 2 rows that were tried again\n" in told
    assert "remaining  1 entry rows: Nothing is left of the entry's name but white space and #. See: " in told


def test_a_line_of_a_source_that_is_known_by_now_needs_no_second_replay(twilytics, tmp_path, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(envelope, "PARSERS", {})
        twilytics("replay", archive(tmp_path, line(12)))
    assert counted(twilytics) == {"source_unknown": 1}
    assert "passed     1 of 1 rows" in twilytics("quarantine", "retry", "--reason", "source_unknown").out
    assert counted(twilytics) == {}
    assert [row["rank"] for row in json.loads(twilytics("query", "SELECT rank FROM gold.trends", "--json").out)] == [1, 2]


def test_what_is_dropped_is_gone_from_quarantine_and_status_and_stays_in_bronze(limited):
    asked = limited("quarantine", "drop", "--reason", "topic_empty")
    assert (asked.code, asked.out) == (1, "")
    assert asked.err == "error: 1 rows would be dropped for good: give --yes to do so, or look at them first with `quarantine show`\n"
    assert limited("quarantine", "drop", "--reason", "topic_empty", "--place", "berlin", "--yes").out.startswith("Nothing of this kind")
    assert limited("quarantine", "drop", "--reason", "topic_empty", "--yes").out == "dropped    1 rows; bronze keeps their answers\n"
    status = limited("status", "--json").json
    assert [one["reason"] for one in status["quarantine"]] == ["too_many_entries"]
    assert status["rows"]["bronze.answers"] == 4
    assert limited("backfill", "--since", "2020-07-18", "--until", "2020-07-19").code == 0
    assert counted(limited) == {}
    assert limited("quarantine", "drop", "--reason", "topic_empty", "--yes", "--json").json == {"n_dropped": 0}


def test_what_was_dropped_stays_out_when_something_else_of_its_answer_is_erased(limited, tmp_path):
    limited("replay", archive(tmp_path, line(15, "656958", names=("#hsv", "", "Michel"))))
    limited("quarantine", "drop", "--reason", "topic_empty", "--since", "2020-07-18T15:00", "--yes")
    assert limited("forget", "--topic", "Michel").code == 0
    assert counted(limited, "--since", "2020-07-18T15:00") == {"erased": 1}
    (kept,) = limited("quarantine", "show", "--reason", "erased", "--json").json
    assert [row["answer"] for row in Lake(load().lake_root).read(dropped.TABLE).to_pylist()] == [kept["answer"]]


@pytest.mark.parametrize(("typed", "code", "left"), [("yes\n", 0, 0), ("\n", 1, 1), ("", 1, 1)])
def test_on_a_terminal_a_drop_asks(limited, monkeypatch, typed, code, left):
    terminal = io.StringIO(typed)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    ended = limited("quarantine", "drop", "--reason", "topic_empty")
    assert ended.code == code
    assert "1 rows would be dropped for good; bronze keeps their answers. Type yes to do so:\n" in ended.err
    assert counted(limited).get("topic_empty", 0) == left
