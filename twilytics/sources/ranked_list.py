"""Any other ranked list: ``{"trends": [{"name": …, "volume": … or absent}]}``."""

from collections.abc import Mapping, Sequence
from typing import Any

from twilytics.sources.entry import Entry, Unreadable, listed
from twilytics.sources.refusals import told

NAME = "list"


def entries(payload: object) -> Sequence[Entry]:
    """Raise :class:`Unreadable` for an error answer or another shape."""
    if not isinstance(payload, Mapping):
        raise Unreadable.found("wrong_shape", "no object with trends", payload)
    return listed(told(payload, "trends"), "trends", _entry)


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["name"], item.get("volume"))
