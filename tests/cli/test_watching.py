"""`twilytics watch` as its users have it."""

from collections.abc import Callable

import pytest

from tests.report.payloads import PAYLOADS
from twilytics.sources.values import topic_of
from twilytics.visible import HAZARDS


def test_what_is_added_is_listed_by_its_key_and_once(twilytics: Callable):
    assert twilytics("watch", "add", "#Bundesliga", " Deutsche  Bahn ").out == "watched    #Bundesliga, Deutsche Bahn\n"
    again = twilytics("watch", "add", "bundesliga", "--json")
    assert again.json == []
    assert twilytics("watch", "add", "ＢＵＮＤＥＳＬＩＧＡ").out == "watched    nothing new, all of it is watched already\n"
    listed = {one["topic"]: one["title"] for one in twilytics("watch", "list", "--json").json}
    assert listed == {"bundesliga": "#Bundesliga", "deutsche bahn": "Deutsche Bahn"}
    assert "#Bundesliga" in twilytics("watch").out


def test_readers_see_what_is_watched_and_not_where_it_is_kept(twilytics: Callable):
    twilytics("watch", "add", "#HSV")
    assert [row["topic"] for row in twilytics("query", "SELECT topic FROM gold.watched", "--format", "json").json] == ["hsv"]
    assert twilytics("query", "SELECT * FROM ops.watch").code == 1


def test_what_is_removed_is_gone_whatever_its_spelling(twilytics: Callable):
    twilytics("watch", "add", "#HSV", "BVB")
    assert twilytics("watch", "remove", "hsv").out == "removed    hsv\n"
    assert [one["topic"] for one in twilytics("watch", "list", "--json").json] == ["bvb"]


def test_what_is_not_watched_is_told_with_the_three_nearest_and_removes_nothing(twilytics: Callable):
    ended = twilytics("watch", "remove", "hsv")
    assert ended.err == "error: 'hsv' is not watched, as nothing is. `twilytics watch add NAME` begins it\n"
    twilytics("watch", "add", "#HSV", "HSVH", "VfB", "Tatort")
    ended = twilytics("watch", "remove", "VfB", "hsw")
    assert ended.code == 1
    assert ended.err == "error: 'hsw' is not watched. Nearest: #HSV, HSVH, VfB. All: twilytics watch list\n"
    assert len(twilytics("watch", "list", "--json").json) == 4


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "nothing is left of it"),
        (" # ", "nothing is left of it"),
        ("x" * 501, "no trend has so long a name"),
        ("a\0b", "it holds NUL"),
        ("\udcff", "it is no text in Unicode"),
    ],
)
def test_what_names_no_topic_is_an_error_before_a_database_is_started(in_an_empty_folder: Callable, name: str, why: str):
    for command in ("add", "remove"):
        ended = in_an_empty_folder("watch", command, "--", "fine", name)
        assert ended.code == 1
        assert why in ended.err
        assert ended.err.startswith("error: ")
        assert "Give the name as the trends show it" in ended.err


def test_hostile_names_are_kept_as_they_are_and_act_on_nothing(twilytics: Callable):
    names = [name for name in PAYLOADS if topic_of(name)[0] is not None]
    assert len(names) > 50
    assert twilytics("watch", "add", "--", *names).code == 0
    shown = twilytics("watch", "list")
    assert not HAZARDS.search((shown.out + shown.err).replace("\n", ""))
    assert {one["topic"] for one in twilytics("watch", "list", "--json").json} == {topic_of(name)[0] for name in names}
    assert twilytics("watch", "remove", "--", *names).code == 0
    assert twilytics("watch", "list", "--json").json == []
    assert twilytics("watch").out == "Nothing is watched. Try: twilytics watch add NAME\n"


def test_help_has_an_example_for_each(in_an_empty_folder: Callable):
    for words in ([], ["add"], ["list"], ["remove"]):
        assert "Example: twilytics watch" in in_an_empty_folder("watch", *words, "--help").out
