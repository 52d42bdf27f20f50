"""The parts of README.md that can rot, written anew between their markers; the rest of the page is left as it is.

A part stands between ``<!-- generated: name -->`` and ``<!-- /generated -->``.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args, get_origin

from cyclopts import App
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from twilytics.errors import TwilyticsError
from twilytics.render.words import cell, first_sentence
from twilytics.schema import Table

BEGIN, END = "<!-- generated: {} -->", "<!-- /generated -->"
MARKERS = re.compile(r"^<!-- (?:generated: (?P<name>\S+)|/generated) -->$", re.MULTILINE)


def text(page: str, parts: Mapping[str, str]) -> str:
    """The page with each part, by its marker's name, in place of what stood there.

    Raise :class:`TwilyticsError` where the page's markers are not exactly those of the parts, in pairs.
    """
    names: list[str] = []
    written, end, begun = [], 0, False
    for marker in MARKERS.finditer(page):
        name = marker["name"]
        if begun == (name is not None):
            raise TwilyticsError(f"README.md: {marker[0]} has no {END if begun else 'beginning'} before it")
        if name is not None:
            names.append(name)
            written += [page[end : marker.end()], "\n", parts.get(name, "").strip("\n"), "\n"]
        begun, end = name is not None, marker.end() if name is not None else marker.start()
    if begun:
        raise TwilyticsError(f"README.md: {BEGIN.format(names[-1])} has no {END} after it")
    for name in parts:
        if names.count(name) != 1:
            found = "has no" if name not in names else "has more than one"
            raise TwilyticsError(f"README.md {found} {BEGIN.format(name)}: put it, and {END}, once where that part belongs")
    for name in names:
        if name not in parts:
            raise TwilyticsError(f"README.md: nothing is called {name}; what can be generated: {', '.join(parts)}")
    return "".join([*written, page[end:]])


def settings(fields: Mapping[str, FieldInfo], prefix: str) -> str:
    """A row a setting: its name in the environment, its default, what it is and the values to choose from."""
    return _table(
        ("setting", "default", "what it is"),
        ([f"`{prefix}{name.upper()}`", _default(field.default), _meaning(field)] for name, field in fields.items()),
    )


def commands(app: App) -> str:
    """A row a command, in the order of ``--help``: the first line of its help."""
    flags = {*app.help_flags, *app.version_flags}
    listed = sorted((name for name in app if name not in flags), key=lambda name: app[name].sort_key)
    return _table(("command", "does"), ([f"`{name}`", app[name].help.strip().partition("\n")[0]] for name in listed))


def tables(of: Iterable[Table]) -> str:
    """A row a table: its name, its columns with the grain's first and in bold type, and the first sentence of its definition."""
    rows = []
    for table in of:
        others = [column.name for column in table.columns if column.name not in table.grain]
        told = first_sentence(table.description) + ("" if table.is_published else " (Lake only.)")
        rows.append([f"`{table.short_name}`", ", ".join([f"**{', '.join(table.grain)}**", *others]), told])
    return _table(("table", "columns", "what it says"), rows)


def tree(docstrings: Mapping[str, str]) -> str:
    """A nested list of paths (folders end in a slash), folders before files, each with the first sentence of what it says of itself."""
    lines = []
    for path in sorted(docstrings, key=_folders_first):
        pure = PurePosixPath(path)
        name = pure.name + "/" * path.endswith("/")
        told = " ".join(first_sentence(docstrings[path]).replace("``", "`").split()) if docstrings[path].strip() else ""
        lines.append(f"{'  ' * (len(pure.parts) - 1)}- `{name}` {told}".rstrip())
    return "\n".join(lines)


def _folders_first(path: str) -> list[tuple[bool, str]]:
    """Sorts each path after the folder that it lies in, and before that folder's later siblings."""
    parts = PurePosixPath(path).parts
    return [(nth == len(parts) and not path.endswith("/"), part) for nth, part in enumerate(parts, start=1)]


def _default(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return "none"
    return f"`{','.join(value) if isinstance(value, tuple) else value.as_posix() if isinstance(value, Path) else value}`"


def _meaning(field: FieldInfo) -> str:
    told = field.description or ""
    choices = [f"`{choice}`" for choice in get_args(field.annotation)] if get_origin(field.annotation) is Literal else []
    return told + (f" ({' or '.join([', '.join(choices[:-1]), choices[-1]])})" if choices else "")


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ("---",) * len(head), *(map(cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
