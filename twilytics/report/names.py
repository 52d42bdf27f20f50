"""Strangers' names on the page: shown as text in a direction of their own, cut where they are long."""

from collections.abc import Iterable

from markupsafe import Markup

from twilytics.visible import escape, visible

#: What a line of a table holds; longer names are opened by a click.
MOST = 60
#: Nobody reads on after this.
MOST_OPENED = 2_000
MOST_IN_A_CHART = 16
# Allowed in Unicode and in no XML document: the renderer of the charts ends the process over them.
NONCHARACTERS = {code: escape(chr(code)) for code in (0xFFFE, 0xFFFF)}


def shown(text: str) -> str:
    """One line of text in which nothing acts, neither on a screen nor in an XML document."""
    return visible(text).translate(NONCHARACTERS)


def cut(text: str, most: int = MOST) -> str:
    """At most so many characters of the text, as :func:`shown`."""
    told = shown(text[: most + 1])
    return told if len(told) <= most else f"{told[: most - 1]}…"


def name(text: str) -> Markup:
    """A name in a sentence or a cell; what is too long for a line is one click away."""
    short = Markup("<bdi>{}</bdi>").format(cut(text))
    if len(shown(text)) <= MOST:
        return short
    more = Markup("<small>{:,} characters</small>").format(len(text))
    return Markup('<details class="long"><summary>{} {}</summary><bdi>{}</bdi></details>').format(short, more, cut(text, MOST_OPENED))


def inline(text: str) -> Markup:
    """A name in the middle of a sentence, without a click to more of it."""
    return Markup("<bdi>{}</bdi>").format(cut(text))


def labels(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By key what a chart calls each: its name, cut; where several would look the same, they are numbered."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for key, told in names:
        short = cut(told, MOST_IN_A_CHART)
        nth, label = 1, short
        while label in taken:
            nth += 1
            label = f"{short} ({nth})"
        taken.add(label)
        found[key] = label
    return found
