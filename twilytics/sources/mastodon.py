"""Mastodon: GET /api/v1/trends/tags. A list of tags, each with its use by day, newest first, numbers as text."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from twilytics.errors import SettingError
from twilytics.sources.entry import Entry, listed
from twilytics.sources.limit import Limit
from twilytics.sources.refusals import refuse
from twilytics.sources.reply import Reply
from twilytics.sources.wire import Wire

NAME = "mastodon"
TOKEN = None
ACCESS: Mapping[str, str] = {
    "unauthorized": "This instance shows its trends to its members only: follow another",
    "forbidden": "This instance does not let strangers' programs in: follow another",
    "not_found": "This host has no trends of Mastodon: is it another kind of server, or does its instance live under another name?",
}
LIMIT = Limit(300, timedelta(minutes=5), per_place=True)
LISTED = 20  # Mastodon gives at most 20
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")


def place_id(key: str) -> str:
    """The host name itself. Raise :class:`SettingError` for what is none."""
    if not HOST.fullmatch(key):
        raise SettingError(f"Mastodon is asked by an instance's host name, as in mastodon.social; {key!r} is none")
    return key


def ask(place_id: str, wire: Wire) -> Reply:
    """The reply of an instance. Raise :class:`~twilytics.sources.reply.Unanswered` where none comes."""
    return wire.get(f"https://{place_id}", "/api/v1/trends/tags", {"limit": LISTED})


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`~twilytics.sources.entry.Unreadable` for an error answer or another shape. The volume is the uses of the newest day."""
    if isinstance(payload, Mapping):
        refuse(payload)
    return listed(payload, "the answer", _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["name"], _uses(item.get("history")))


def _uses(history: object) -> object:
    newest = history[0] if isinstance(history, list) and history else None
    uses = newest.get("uses", newest or None) if isinstance(newest, Mapping) else None
    return int(uses) if isinstance(uses, str) and uses.isascii() and uses.isdigit() and len(uses) < 20 else uses
