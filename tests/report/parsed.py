"""A page as a browser takes it: its elements with their attributes, and the text in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = field(default=None, repr=False)
    members: "list[Element | str]" = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        return "".join(member if isinstance(member, str) else member.text for member in self.members)

    def walk(self) -> "Iterator[Element]":
        for member in self.members:
            if isinstance(member, Element):
                yield member
                yield from member.walk()

    def all(self, *tags: str) -> "list[Element]":
        return [element for element in self.walk() if element.tag in tags]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.members.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.members.append(Element(tag, {name: value or "" for name, value in attrs}, self.here))

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag, f"</{tag}> ends <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.members.append(data)


def parsed(page: str) -> Element:
    """The page's root; every element has to be closed, in order."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.here is reader.root, f"<{reader.here.tag}> is not closed"
    return reader.root
