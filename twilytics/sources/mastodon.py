"""Mastodon: GET /api/v1/trends/tags. A list of tags, each with its use by day, newest first, numbers as text."""

from collections.abc import Mapping, Sequence
from typing import Any

from twilytics.sources.entry import Entry, listed
from twilytics.sources.refusals import refuse

NAME = "mastodon"


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`~twilytics.sources.entry.Unreadable` for an error answer or another shape. The volume is the uses of the newest day."""
    if isinstance(payload, Mapping):
        refuse(payload)
    return listed(payload, "the answer", _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["name"], _uses(item.get("history")))


def _uses(history: object) -> object:
    newest = history[0] if isinstance(history, list) and history else None
    uses = newest.get("uses") if isinstance(newest, Mapping) else None
    return int(uses) if isinstance(uses, str) and uses.isascii() and uses.isdigit() and len(uses) < 20 else uses
