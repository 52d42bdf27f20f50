"""One entry of an answer as it came: byte for byte, where the answer is JSON as the standard has it."""

import codecs
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from twilytics.sources.bodies import parsed
from twilytics.sources.entry import Unreadable

#: Under what the sources list their entries, or posts; else the answer is the list itself.
LISTS = ("data", "trends", "topics", "statuses", "results")
Path = tuple[str | int, ...]


def entry(payload: bytes, position: int) -> bytes | None:
    """The entry at this position, from 1; None where the answer has none there."""
    try:
        value: Any = parsed(payload)
    except Unreadable:
        return None
    items, path = _listed(value)
    if not 0 < position <= len(items):
        return None
    try:
        found = msgspec.Raw(payload.removeprefix(codecs.BOM_UTF8))
        for step in (*path, position - 1):
            found = _members(found, step)
    except (msgspec.DecodeError, RecursionError):  # as of half a surrogate pair, or NaN: what is read of it, written again
        return json.dumps(items[position - 1]).encode()
    return bytes(found)


def _listed(value: object) -> tuple[list[object], Path]:
    """What the answer lists, and the way there."""
    if isinstance(value, Mapping):
        return next(((value[name], (name,)) for name in LISTS if isinstance(value.get(name), list)), ([], ()))
    if not isinstance(value, list):
        return [], ()
    # X's version 1.1 wraps its answer in a list of one.
    items, path = _listed(value[0]) if len(value) == 1 and isinstance(value[0], Mapping) else ([], ())
    return (items, (0, *path)) if path else (value, ())


def _members(value: msgspec.Raw, step: str | int) -> msgspec.Raw:
    if isinstance(step, int):
        return msgspec.json.decode(value, type=list[msgspec.Raw])[step]
    return msgspec.json.decode(value, type=dict[str, msgspec.Raw])[step]
