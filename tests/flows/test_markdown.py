"""Topic names in the artifact of a cycle: strangers choose them, Prefect's pages render them."""

import html
from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from flows import report as artifact
from flows.markdown import code, section
from tests.report.payloads import PAYLOADS
from twilytics.capturing import Asked
from twilytics.cycle import CycleReport
from twilytics.errors import GateError
from twilytics.gate import Checked
from twilytics.outcomes import Outcome
from twilytics.refinement import Refined
from twilytics.snapshot import Snapshot
from twilytics.visible import visible

NAMES = [
    "#BlackLivesMatter",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "http://evil.example",
    "www.evil.example",
    "a@evil.example",
    "**bold** _it_ ~~gone~~",
    "`; rm -rf",
    "``` mermaid",
    "```mermaid\ngraph TD; A-->B\n```",
    "`` ` ``",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "a\n\n# heading",
    "a|b|c",
    "&lt;b&gt; &amp; &#x202e;",
    "\\`<b>",
    "<!-- comment",
    "$$x$$",
    " leading and trailing ",
    "\u202eright to left",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_shows_as_the_text_it_is(name):
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(section("Checks", [f"rank is 1 or more: {code(name)}, 3 rows"]))
    inside = shown.split("<code>")[1].split("</code>")[0]
    assert html.unescape(inside).strip() == visible(name).strip()
    assert shown == f"<h2>Checks</h2>\n<ul>\n<li>rank is 1 or more: <code>{inside}</code>, 3 rows</li>\n</ul>\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_at_the_begin_of_a_line_opens_no_block(name):
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(f"{code(name)}\n\nafter")
    assert shown.startswith("<p><code>")
    assert shown.endswith("</code></p>\n<p>after</p>\n")


def test_an_empty_name_does_not_swallow_what_follows():
    assert MarkdownIt("gfm-like", {"linkify": False}).render(f"{code('')} and {code('x')}") == "<p><code> </code> and <code>x</code></p>\n"


def shapes(markdown: str) -> tuple[set[str], list[str]]:
    """The kinds of blocks and of what stands in lines of a page, and its code spans."""
    blocks = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(markdown)
    within = [child for block in blocks for child in block.children or ()]
    return {one.type.removesuffix("_open").removesuffix("_close") for one in (*blocks, *within)}, [
        one.content for one in within if one.type == "code_inline"
    ]


def test_the_artifact_of_a_cycle_has_no_block_of_any_name_and_shows_each_as_text():
    outcomes = tuple(Outcome(name, "failed", "forbidden", name, 1) for name in PAYLOADS)
    asked = Asked(datetime(2020, 7, 18, 12, tzinfo=UTC), 0, outcomes, ())
    kinds, spans = shapes(artifact.markdown(CycleReport(asked, 0, Snapshot(), Refined(), Checked(), None)))
    assert kinds == {"heading", "bullet_list", "list_item", "paragraph", "inline", "text", "code_inline"}
    assert len(PAYLOADS) > 100
    told = {visible(f"{name}: failed, forbidden: {name}").strip() for name in PAYLOADS}
    assert {one.strip() for one in spans} == told


def test_the_artifact_of_a_refusal_has_no_block_of_any_name():
    kinds, spans = shapes(artifact.refusal(GateError("; ".join(name.replace(";", ",") for name in PAYLOADS))))
    assert kinds == {"heading", "bullet_list", "list_item", "paragraph", "inline", "text", "code_inline"}
    assert len(spans) == len(PAYLOADS) + 1
