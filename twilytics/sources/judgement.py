"""The entries of an answer judged: which topic each is, or why it was set aside, wholly or in its volume only."""

from collections import Counter
from collections.abc import Sequence

from twilytics.sources import PARSERS
from twilytics.sources.bodies import parsed
from twilytics.sources.entry import Entry, Unreadable, shown
from twilytics.sources.values import LARGEST_VOLUME, topic_of, volume_of

# X gives at most 50 entries, Mastodon 20, Bluesky 25, weibo about 50: a list of this length is no list of trends.
MOST_ENTRIES = 1_000


# One entry as it goes into `silver.entries`; position 0 stands for the whole answer. A plain tuple, since the garbage collector walks
# through named ones for as long as they live: a third faster for millions of entries.
FIELDS = ("position", "topic", "title", "volume", "is_promoted", "scope", "reason", "detail")
Row = tuple[int, str | None, str | None, int | None, bool, str | None, str | None, str | None]


def judged(source: str, payload: bytes) -> Sequence[Row]:
    """A row an entry, in the order of the list; one row of position 0 where the answer has no readable topic that nobody paid for."""
    try:
        if source not in PARSERS:
            raise Unreadable("source_unknown", f"{source} is none of {', '.join(PARSERS)}")
        entries = PARSERS[source](parsed(payload))
        if len(entries) > MOST_ENTRIES:
            raise Unreadable("too_many_entries", f"{len(entries)} entries; no source gives more than {MOST_ENTRIES}")
        rows = [_row(position, entry) for position, entry in enumerate(entries, start=1)]
        if not any(topic is not None and not is_promoted for _, topic, _, _, is_promoted, _, _, _ in rows):
            raise Unreadable("no_topics", _why_none(rows))
    except Unreadable as flaw:
        return [set_aside(flaw.reason, flaw.quoted)]
    return rows


def set_aside(reason: str, detail: str | None) -> Row:
    """The row of an answer that cannot be read as a whole."""
    return 0, None, None, None, False, "answer", reason, shown(detail or reason)


def not_answered(reason: str, detail: str | None) -> Row:
    """The row of a call that no answer came of."""
    return 0, None, None, None, False, "call", reason, detail


def _row(position: int, entry: Entry) -> Row:
    name, volume, is_promoted, flaw = entry
    if flaw is not None or not isinstance(name, str):
        return position, None, None, None, is_promoted, "entry", flaw or _no_name(name), shown(name)
    topic, reason = topic_of(name)
    if reason is not None:
        return position, None, None, None, is_promoted, "entry", reason, shown(name)
    if volume is None or (type(volume) is int and 0 <= volume <= LARGEST_VOLUME):
        return position, topic, name, volume, is_promoted, None, None, None
    number, reason = volume_of(volume)
    return position, topic, name, number, is_promoted, "value" if reason else None, reason, shown(volume) if reason else None


def _no_name(name: object) -> str:
    return "name_missing" if name is None else "name_not_text"


def _why_none(rows: Sequence[Row]) -> str:
    if not rows:
        return "the list is empty"
    whys = Counter(reason if scope == "entry" else "promoted" for _, _, _, _, _, scope, reason, _ in rows)
    return f"none of {len(rows)} entries counts: " + ", ".join(f"{why} ({n})" for why, n in sorted(whys.items()))
