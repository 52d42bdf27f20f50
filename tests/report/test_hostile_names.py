"""Names are chosen by strangers: on the page each is text, and breaks nothing."""

import re
from collections import Counter
from itertools import cycle, islice

import pytest

from tests.report.conftest import Lists, observing, told
from tests.report.parsed import Element, parsed
from tests.report.payloads import PAYLOADS
from twilytics.report import charts, names

PLACES = 24
A_PLACE = 8


def lists(payloads: list[str], places: list[str]) -> Lists:
    """Each place lists names of its own, and some that others have as well, which come and go."""
    shares = [list(islice(cycle(payloads), nth * A_PLACE, (nth + 1) * A_PLACE)) for nth in range(PLACES)]
    return {
        place: [[*(share if hour % 5 or hour < 5 else share[:4]), *payloads[(hour + nth % 3) % 40 :][:3]] for hour in range(12)]
        for nth, (place, share) in enumerate(zip(places, shares, strict=True))
    }


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> str:
    places = [f"{payload} {nth}" for nth, payload in enumerate(PAYLOADS[:PLACES])]
    with observing(tmp_path_factory.mktemp("hostile"), lists(PAYLOADS, places)) as observatory:
        return told(observatory)


@pytest.fixture(scope="module")
def root(hostile) -> Element:
    return parsed(hostile)


def test_there_are_more_than_a_hundred_of_them_on_the_page(root):
    assert len(set(PAYLOADS)) > 100
    cells = {bdi.text for bdi in root.all("bdi")}
    assert len({payload for payload in PAYLOADS if names.cut(" ".join(payload.split())) in cells or names.cut(payload) in cells}) > 100


def test_no_element_attribute_or_style_comes_of_them(root, three_told):
    def shapes(page: Element) -> set[tuple[str, tuple[str, ...]]]:
        return {(element.tag, tuple(sorted(element.attributes))) for element in page.walk()}

    # What a long name opens with is the page's own, and the page of tame names has none.
    own = {("details", ("class",)), ("summary", ()), ("small", ()), ("bdi", ())}
    assert shapes(root) - shapes(parsed(three_told)) - own == set()
    assert {e.attributes.get("class") for e in root.all("details")} <= {None, "long", "numbers", "definition", "entry"}


def test_no_class_and_no_address_comes_of_them(root, three_told):
    def told_by(page: Element, name: str) -> set[str]:
        return {element.attributes[name] for element in page.walk() if name in element.attributes}

    tame = parsed(three_told)
    assert told_by(root, "class") - {"long", "group halves"} <= told_by(tame, "class")
    assert told_by(root, "href") == told_by(tame, "href")


def test_nothing_that_a_screen_or_a_parser_obeys_is_left_in_the_page(hostile):
    found = Counter(re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]", hostile))
    assert found == Counter()


def test_every_element_is_closed_where_it_was_opened_and_the_page_is_not_cut(root):
    assert root.all("footer")
    assert [child.tag for child in root.members if isinstance(child, Element)] == ["html"]


def test_the_page_of_hostile_names_is_the_same_twice(tmp_path, hostile):
    places = [f"{payload} {nth}" for nth, payload in enumerate(PAYLOADS[:PLACES])]
    with observing(tmp_path, lists(PAYLOADS, places)) as observatory:
        assert told(observatory) == hostile


@pytest.mark.parametrize("text", [*PAYLOADS, "a\x00b", "\ud83dhalf", "x" * 10_000], ids=range(len(PAYLOADS) + 3))
def test_a_name_is_text_in_a_cell(text):
    root = parsed(str(names.name(text)))
    first = root.all("bdi")[0]
    assert first.text == names.cut(text)
    assert len(first.text) <= names.MOST
    assert {element.tag for element in root.walk()} <= {"bdi", "details", "summary", "small"}
    assert len(root.text) < 3_000


def test_a_chart_survives_every_name_and_has_no_element_of_them():
    rows = [{"row": text, "column": text, "step": 1, "text": text} for text in (*PAYLOADS, "a\x00b", "\ud83dhalf")]
    order = [row["row"] for row in rows]
    drawn = str(charts.svg(charts.heat_map(rows, (order, order), 20, ("", "")), "]]> \x00 <b> \" ' \ufffe"))
    root = parsed(drawn)
    assert {element.tag for element in root.walk()} == {"svg", "g", "path", "text"}
    assert all(set(element.attributes) <= charts.ATTRIBUTES for element in root.all("svg")[0].walk())
    assert "<script>alert(1)</script>" in {text.text for text in root.all("text")}


def test_names_that_look_the_same_are_told_apart_in_charts():
    assert names.labels([("a", "x" * 30), ("b", "x" * 31), ("c", "x" * 15)]) == {
        "a": "x" * 15 + "…",
        "b": "x" * 15 + "… (2)",
        "c": "x" * 15,
    }
