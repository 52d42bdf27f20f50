"""A post as a source gave it, and its values judged: no text, and the author by number only."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from twilytics.sources.entry import ERASED, Unreadable, kind, shown
from twilytics.sources.values import name_flaw, topic_of, volume_of

#: X gives 100 posts at most.
MOST_POSTS = 1_000
LONGEST_ID = 32
V1_TIME = "%a %b %d %H:%M:%S %z %Y"


class Post(NamedTuple):
    """Nothing is judged yet, so each part can be anything.

    ``point`` is longitude and latitude, ``geo`` all that tells where it was written, ``hashtags`` are without #.
    """

    id: object
    author_id: object = None
    created_at: object = None
    lang: object = None
    written_in: object = None
    country_code: object = None
    point: object = None
    geo: object = None
    hashtags: Iterable[object] = ()
    n_likes: object = None
    n_reposts: object = None
    n_replies: object = None
    n_quotes: object = None


COUNTS = ("n_likes", "n_reposts", "n_replies", "n_quotes")
#: What these look like; anything else there could be the post's text.
CODES = {"lang": re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}"), "country_code": re.compile(r"[A-Za-z]{2}")}


def listed(items: object, where: str, read: Callable[[object], Post]) -> list[Post]:
    """Each item of a list by ``read``, but for what was erased. Raise :class:`Unreadable` for no list of posts, or none that gives one."""
    if not isinstance(items, list):
        raise Unreadable.found("wrong_shape", f"{where} is no list", items)
    if len(items) > MOST_POSTS:
        raise Unreadable("too_many_entries", f"{len(items)} posts; X gives no more than {MOST_POSTS}")
    posts = [read(item) for item in items if item != ERASED]
    if posts and all(identity(post.id) is None for post in posts):
        raise Unreadable("wrong_shape", f"none of {len(posts)} posts has a number of its own")
    return posts


def judged(post: Post) -> tuple[dict[str, Any], str | None, str | None]:
    """The post's values by name, NULL where one is none; the reason for the worst of that, None where all are good; and what is wrong."""
    flaws: list[str] = []
    values: dict[str, Any] = {name: _text(name, getattr(post, name), flaws) for name in ("lang", "written_in", "country_code")}
    values["created_at"] = _instant(post.created_at, flaws)
    values["longitude"], values["latitude"] = _point(post.point, flaws)
    if identity(post.author_id) is None:
        flaws.append(f"author_id: {kind(post.author_id)}")
    topics = (topic_of(tag)[0] for tag in post.hashtags if isinstance(tag, str))
    values["hashtags"] = " ".join(dict.fromkeys(filter(None, topics))) or None
    for name in COUNTS:
        told = getattr(post, name)
        values[name], reason = (None, None) if told is None else volume_of(told)
        if reason:
            flaws.append(f"{name}: {kind(told)}, {reason}")
    reason = "post_value" if flaws else None
    if post.geo and values["written_in"] is None and values["longitude"] is None:
        reason = "post_place"
        flaws.insert(0, f"geo: {kind(post.geo)}")
    return values, reason, shown("; ".join(flaws)) if flaws else None


def identity(told: object) -> str | None:
    """The number of a post or an author as text; None for what is none."""
    text = str(told) if type(told) in (int, str) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None


def of(mapping: object, *path: str) -> Any:
    """What lies at the path of keys, None where something on the way is no object or lacks the key."""
    for key in path:
        if not isinstance(mapping, Mapping):
            return None
        mapping = mapping.get(key)
    return mapping


def tags(items: object, key: str) -> tuple[object, ...]:
    return tuple(of(item, key) for item in items) if isinstance(items, list) else ()


def _text(name: str, told: object, flaws: list[str]) -> str | None:
    if told in (None, ""):
        return None
    if isinstance(told, str) and name_flaw(told) is None and (name not in CODES or CODES[name].fullmatch(told)):
        return told
    flaws.append(f"{name}: {kind(told)}")
    return None


def _instant(told: object, flaws: list[str]) -> datetime | None:
    for read in (datetime.fromisoformat, lambda text: datetime.strptime(text, V1_TIME)):  # noqa: DTZ007  it holds %z
        try:
            instant = read(str(told))
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    flaws.append(f"created_at: {kind(told)}")
    return None


def _point(told: object, flaws: list[str]) -> tuple[float, float] | tuple[None, None]:
    if told is None:
        return None, None
    match told:
        case [int() | float() as east, int() | float() as north] if abs(east) <= 180 and abs(north) <= 90:
            return float(east), float(north)
    flaws.append(f"coordinates: {kind(told)}")
    return None, None
