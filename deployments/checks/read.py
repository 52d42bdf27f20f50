"""Files as they are: YAML in which no key stands twice, and Compose's variables."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
#: ``${NAME}`` or ``${NAME:-default}``: the two forms that we use.
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*)(?::-(?P<default>[^}]*))?\}")


class Unique(yaml.SafeLoader):
    """PyYAML lets the last of two equal keys win without a word; Docker refuses the file."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        for name in names:
            if names.count(name) > 1 and not getattr(node, "is_merged", False):
                raise yaml.YAMLError(f"line {node.start_mark.line + 1}: {name} stands twice in one place")
        node.is_merged = True  # type: ignore[attr-defined]  # from here on PyYAML adds what was merged, which may repeat names
        return super().construct_mapping(node, deep)


def document(path: Path) -> Any:
    """The YAML file's content. Raise :class:`yaml.YAMLError`."""
    return yaml.load(path.read_text(encoding="utf-8"), Unique)  # noqa: S506 - a SafeLoader


def with_defaults(text: str) -> str:
    """The text as it is where no variable is set."""
    return VARIABLE.sub(lambda found: found["default"] or "", text)


def texts(value: Any) -> Iterator[str]:
    """Every text anywhere in the value, but for names of keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for held in value.values():
            yield from texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from texts(held)
