"""Terraform's files as python-hcl2 reads them, and what can be asked of them: blocks, variables, what is named and where."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2

#: Of an expression: what may stand at the beginning of a reference, with what follows it.
REFERENCE = re.compile(r"(?<![\w.\"-])(?P<root>var|local|data|module|google_\w+|prefect_\w+)\.(?P<path>[a-z_][\w-]*(?:\.[a-z_][\w-]*)?)")
QUOTED = re.compile(r'^"(.*)"$', re.DOTALL)
#: What python-hcl2 adds to a block beside what stands in the file.
ADDED = ("__is_block__", "__comments__", "__inline_comments__")


@dataclass(frozen=True)
class Block:
    """A block of a file: ``labels`` as in ``resource "google_storage_bucket" "lake"``; its ``body`` by argument or inner block."""

    file: str
    kind: str
    labels: tuple[str, ...]
    body: Mapping[str, Any]

    @property
    def address(self) -> str:
        return ".".join(self.labels if self.kind == "resource" else (self.kind, *self.labels))


def parsed(path: Path) -> Mapping[str, Any]:
    """The file's content. Raise ValueError, with the file's name, where it is no HCL."""
    try:
        content: Mapping[str, Any] = hcl2.loads(path.read_text(encoding="utf-8"))
    except Exception as error:  # of the parser below it, in several kinds
        raise ValueError(f"{path.name}: no HCL: {' '.join(str(error).split())[:200]}") from None
    return content


def blocks(files: Mapping[str, Mapping[str, Any]]) -> list[Block]:
    """Every block on top of the files. ``files``: by name, as :func:`parsed` has them."""
    return [
        block
        for file, content in files.items()
        for kind, found in content.items()
        if kind not in ADDED
        for one in found
        for block in _labelled(file, kind, (), one)
    ]


def _labelled(file: str, kind: str, labels: tuple[str, ...], found: Any) -> Iterator[Block]:
    if "__is_block__" in found:
        yield Block(file, kind, labels, {name: value for name, value in found.items() if name not in ADDED})
        return
    for label, inner in found.items():
        if label not in ADDED:
            yield from _labelled(file, kind, (*labels, unquoted(label)), inner)


def unquoted(value: Any) -> Any:
    """A plain text without its quotes; anything else as it is."""
    found = QUOTED.match(value) if isinstance(value, str) else None
    return found[1] if found else value


def inner(body: Mapping[str, Any], *names: str) -> Iterator[Mapping[str, Any]]:
    """The blocks at the path of ``names`` in a body: each of those that stand there several times, none where it is not."""
    if not names:
        yield body
        return
    found = body.get(names[0], ())
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, Mapping):
            yield from inner(one, *names[1:])


def arguments(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every argument anywhere in the value that is no block or map itself, with its path."""
    if isinstance(value, Mapping):
        for name, held in value.items():
            if name not in ADDED:
                yield from arguments(held, (*path, unquoted(name)))
    elif isinstance(value, list):
        for held in value:
            yield from arguments(held, path)
    else:
        yield path, value


def references(value: Any) -> Iterator[tuple[str, str]]:
    """What the value refers to, as root and path: ``var`` and ``region``, ``google_storage_bucket`` and ``lake.name``."""
    for _, text in arguments(value):
        if isinstance(text, str):
            for found in REFERENCE.finditer(_code(text)):
                yield found["root"], found["path"]


def _code(text: str) -> str:
    """Of a text only what is computed in it; all of an expression."""
    if not text.startswith('"'):
        return text
    return " ".join(re.findall(r"\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", text))
