"""The page as a whole: self-contained, the same twice, and usable by whoever opens it."""

import base64
import hashlib
import re
import subprocess
import sys
from contextlib import closing
from itertools import pairwise

import pytest

from tests.lakes import put
from tests.report.conftest import THREE, observing, told
from tests.report.parsed import Element, parsed
from twilytics import reconciled
from twilytics.gold import coverage
from twilytics.render import expectations
from twilytics.report import page
from twilytics.report.facts import Facts
from twilytics.tables import definitions

ADDRESSES = {"href", "src", "srcset", "action", "formaction", "data", "poster", "background", "cite", "xlink:href", "ping"}


@pytest.fixture(scope="session")
def root(three_told) -> Element:
    return parsed(three_told)


def test_the_same_lake_gives_the_same_bytes(three, three_told, tmp_path):
    assert told(three) == three_told
    first, second = (page.write(three, tmp_path / name) for name in ("first.html", "second.html"))
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.n_bytes == first.path.stat().st_size


def test_another_lake_of_the_same_answers_gives_the_same_bytes_whoever_comes_first(three_told, tmp_path):
    with observing(tmp_path / "again", dict(reversed(THREE.items()))) as again:
        assert told(again) == three_told


def test_another_process_gives_the_same_bytes(three, three_told, tmp_path):
    code = (
        "import sys, pathlib; from twilytics.observatory import Observatory; from twilytics.settings import Settings;"
        "from twilytics.report import page;"
        "page.write(Observatory(Settings(home=pathlib.Path(sys.argv[1]), _env_file=None)), pathlib.Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, str(three.settings.home), str(tmp_path / "page.html")], check=True)
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == three_told


def test_a_small_lake_makes_a_small_page(three_told):
    assert len(three_told.encode()) < 500_000


def test_nothing_in_it_acts_or_leaves_it(root, three_told):
    assert {element.tag for element in root.walk()}.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base", "a:"})
    for element in root.walk():
        assert not any(name.startswith("on") for name in element.attributes)
        assert all(value.startswith("#") for name, value in element.attributes.items() if name in ADDRESSES)
        assert "style" not in element.attributes
    (style,) = root.all("style")
    assert not re.search(r"url\(|@import|http|expression|javascript", style.text, re.IGNORECASE)
    assert not re.search(r"https?://|url\(", three_told.replace(style.text, "").replace('xmlns="http://www.w3.org/2000/svg"', ""))


def test_its_policy_lets_nothing_in_but_the_one_style_by_its_hash(root):
    (policy,) = [e.attributes["content"] for e in root.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy"]
    (style,) = root.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_every_link_leads_somewhere_and_no_address_is_there_twice(root):
    ids = [element.attributes["id"] for element in root.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {a.attributes["href"].removeprefix("#") for a in root.all("a")} <= set(ids)
    named = [element.attributes["aria-labelledby"] for element in root.walk() if "aria-labelledby" in element.attributes]
    assert set(named) <= set(ids)


def test_headings_go_down_a_step_at_a_time_and_landmarks_are_there_once(root):
    levels = [int(heading.tag[1]) for heading in root.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert [len(root.all(landmark)) for landmark in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    (skip,) = [a for a in root.all("a") if a.attributes.get("class") == "skip"]
    assert skip.attributes["href"] == "#main"
    assert root.all("html")[0].attributes["lang"] == "en"


def test_every_chart_says_in_words_and_numbers_what_it_shows(root):
    charts = root.all("svg")
    assert len(charts) > 8
    for chart in charts:
        assert chart.attributes["role"] == "img"
        assert re.search(r"\d", chart.attributes["aria-label"])
        assert all(element.tag in {"g", "path", "rect", "line", "circle", "text"} for element in chart.walk())
        assert not any("aria-label" in element.attributes or "id" in element.attributes for element in chart.walk())


def test_charts_have_the_pages_colours_so_that_light_and_dark_both_work(root):
    used = {value for svg in root.all("svg") for e in svg.walk() for name, value in e.attributes.items() if name in ("fill", "stroke")}
    variables = set(re.findall(r"(--[a-z0-9-]+):", root.all("style")[0].text))
    assert used - {"none", "transparent"}
    assert all(re.fullmatch(r"var\((--[a-z0-9-]+)\)", colour) for colour in used - {"none", "transparent"}), used
    assert {colour[4:-1] for colour in used - {"none", "transparent"}} <= variables


def test_tables_have_captions_and_every_heading_its_scope(root):
    assert len(root.all("table")) > 20
    for table in root.all("table"):
        assert len(table.all("caption")) == 1
        assert table.all("caption")[0].text.strip()
        assert all(heading.attributes.get("scope") in ("row", "col") for heading in table.all("th"))


def contrast(one: str, other: str) -> float:
    """Of WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(root, scheme):
    style = root.all("style")[0].text
    light, _, dark = style.partition("prefers-color-scheme: dark")
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", light if scheme == "light" else dark))
    written = [(ink, paper) for ink in ("ink", "muted", "accent", "second", "alert", "good") for paper in ("paper", "card")]
    written += [("ink", "notice"), *((f"on-step-{step}", f"step-{step}") for step in range(6))]
    assert [pair for pair in written if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []


def test_definitions_are_those_of_the_declarations(root):
    entries = {e.attributes["id"]: e.text for e in root.all("details") if e.attributes.get("class") == "entry"}
    assert len(entries) == len(definitions())
    rate = entries["table-gold-change-rate"]
    assert "change_rate(t) = 1 - |T(t) ∩ T(t-1)| / max(|T(t)|, |T(t-1)|)" in rate
    assert "captures.n_topics" in rate
    assert "n_new IS NULL OR n_new <= n_topics" in rate
    assert "change_rate.rangefailchange_rate must be from 0 to 1" in rate
    panel = next(e for e in root.all("section") if e.attributes.get("id") == "change")
    assert "Share of the topics that are new." in panel.text


def test_an_empty_home_has_a_page_that_says_what_to_type_next(tmp_path):
    with observing(tmp_path, {}) as empty:
        root = parsed(told(empty))
    assert "Nothing was captured yet" in root.text
    assert "twilytics replay ARCHIVE" in root.text
    assert len(root.all("svg")) == 1


def test_every_rule_of_every_table_is_told_with_its_severity(root):
    for name, definition in definitions().items():
        (table,) = [e for e in root.all("table") if e.all("caption")[0].text == f"Rules of {name}"]
        told = {row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in table.all("tr")[1:]}
        declared = [*expectations.rules(definition.table), *definition.table.audits]
        severities = {rule.name: rule.severity for rule in declared}
        if reconciled.holds_for(definition.table):
            severities[reconciled.NAME] = "warn"
        assert severities == {rule: cells[0] for rule, cells in told.items()}
        assert all(cells[2] == (rule.why or "–") for rule in declared for cells in [told[rule.name]])


def test_a_source_that_never_answered_is_told_on_the_empty_page(tmp_path):
    with observing(tmp_path, {}) as empty:
        put(empty.lake, coverage.TABLE, "place | slot | state | reason\nberlin | 2026-01-01 12:00 | failed | forbidden")
        assert "No list came, though 1 slot up to 2026-01-01 12:00 was to be captured: The source refused" in parsed(told(empty)).text


def test_one_place_has_no_pairs_and_a_page_that_says_so(tmp_path):
    with observing(tmp_path, {"berlin": [["a", "b"], ["a", "c"], ["c", "d"]]}) as one:
        root = parsed(told(one))
    assert "No two places that are compared were captured in one slot." in root.text
    assert "there is nothing to compare" in root.text


def test_a_single_answer_has_a_page(tmp_path):
    with observing(tmp_path, {"berlin": [["a"]]}) as one:
        assert "nothing can be compared" in parsed(told(one)).text


def test_answers_of_which_nothing_could_be_read_have_a_page(tmp_path):
    with observing(tmp_path, {"berlin": [[""], [""]]}) as unreadable:
        assert "Nothing was captured yet" in parsed(told(unreadable)).text


def test_what_waits_in_the_spool_is_told(three):
    with closing(Facts(three.lake, three.ledger, 7)) as facts:
        assert "There are 7 answers in the spool still to be landed." in parsed(page.page(facts)).text


def test_nothing_but_the_report_loads_what_draws_charts():
    code = "import sys, flows, twilytics.report, twilytics.cli.commands; print({'altair', 'vl_convert'} & {*sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"
