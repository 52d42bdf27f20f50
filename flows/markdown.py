"""Strangers' text in Markdown that Prefect's pages render, Mermaid and HTML included: all of it shows as text."""

import re

from twilytics.visible import visible

BACKTICKS = re.compile("`+")


def code(value: object) -> str:
    """Anything as a code span: the one place in Markdown where no markup, HTML, link or diagram begins. Not for table cells.

    The fence is a backtick longer than any run of them inside, and the spaces keep it off; Markdown takes them away again.
    """
    text = visible(str(value))
    fence = "`" * (max((len(run) for run in BACKTICKS.findall(text)), default=0) + 1)
    return f"{fence} {text} {fence}" if text.strip() else "` `"


def section(title: str, lines: list[str]) -> str:
    """A heading with a list below, nothing where the list is empty. Both are Markdown."""
    return "\n".join([f"## {title}", "", *(f"- {line}" for line in lines), ""]) if lines else ""
