"""Topic names in the artifact of a cycle: strangers choose them, Prefect's pages render them."""

import html

import pytest
from markdown_it import MarkdownIt

from flows.markdown import code, section
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
