"""What a parser makes of an answer: entries in the order of the list, or the reason why there are none."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

DETAIL_LENGTH = 200
#: What stands in an answer in place of what was removed from it on request.
ERASED = {"erased": True}


class Entry(NamedTuple):
    """One entry as the source gave it: nothing is judged yet, so ``name`` and ``volume`` can be anything.

    ``flaw`` is set where the entry has no name to judge.
    """

    name: object
    volume: object = None
    is_promoted: bool = False
    flaw: str | None = None


class Unreadable(Exception):  # noqa: N818  no error of the program, but a finding about an answer
    """The answer has to be set aside as a whole: ``reason`` is a code of :mod:`twilytics.sources.reasons`.

    ``detail`` is in words of ours, ``quoted`` may repeat some of what came: for lists of what trends only, since answers about topics
    hold people's posts.
    """

    def __init__(self, reason: str, detail: str, quoted: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = shown(detail)
        self.quoted = self.detail if quoted is None else shown(quoted)

    @classmethod
    def found(cls, reason: str, says: str, value: object) -> Self:
        """What ``says`` that is wrong with a JSON value: by its type, and quoted."""
        return cls(reason, f"{says}: {kind(value)}", f"{says}: {shown(value)}")


def kind(value: object) -> str:
    """The type and size of a JSON value, and nothing of what it holds."""
    match value:
        case None | bool():
            return json.dumps(value)
        case int() | float():
            return "a number"
        case str():
            return f"text of {len(value)} characters"
        case list():
            return f"a list of {len(value)}"
    return f"an object of {len(value)} field{'s' * (len(value) != 1)}" if isinstance(value, Mapping) else f"a {type(value).__name__}"


def shown(value: object, length: int = DETAIL_LENGTH) -> str:
    """A JSON value as text that every store and terminal can hold: unprintable characters escaped, cut to ``length`` characters."""
    text = (value if isinstance(value, str) else _told(value))[: length + 1]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)
    return text if len(text) <= length else text[: length - 1] + "…"


def _told(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return f"a {type(value).__name__} nested too deeply to be shown"


def listed(items: object, where: str, read: Callable[[Mapping[str, Any]], Entry]) -> list[Entry]:
    """Each item of a list by ``read``, which may raise KeyError where the name is missing. Raise :class:`Unreadable` for no list."""
    if not isinstance(items, list):
        raise Unreadable.found("wrong_shape", f"{where} is no list", items)
    entries = []
    for item in items:
        try:
            if item == ERASED:
                entries.append(Entry(item, flaw="erased"))
            else:
                entries.append(read(item) if type(item) is dict else Entry(item, flaw="not_an_object"))
        except KeyError:
            entries.append(Entry(item, flaw="name_missing"))
    return entries


def volume_in(item: Mapping[str, Any], key: str) -> object:
    """What stands under ``key``, None where nothing does: but the whole item where a number stands under another name instead."""
    if key not in item and any(type(value) is int for value in item.values()):
        return item
    return item.get(key)
