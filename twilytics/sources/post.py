"""A post as a source gave it, and its values judged: no text, and the author by number only."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from twilytics.sources.entry import ERASED, shown
from twilytics.sources.values import name_flaw, topic_of, volume_of

#: X gives 100 posts at most.
MOST_POSTS = 1_000
LONGEST_ID = 32
V1_TIME = "%a %b %d %H:%M:%S %z %Y"


class Post(NamedTuple):
    """Nothing is judged yet, so each part can be anything. ``point`` is longitude and latitude, ``hashtags`` are without #."""

    id: object
    author_id: object = None
    created_at: object = None
    lang: object = None
    written_in: object = None
    country_code: object = None
    point: object = None
    hashtags: Iterable[object] = ()
    n_likes: object = None
    n_reposts: object = None
    n_replies: object = None
    n_quotes: object = None


COUNTS = ("n_likes", "n_reposts", "n_replies", "n_quotes")


def judged(post: Post) -> tuple[dict[str, Any], str | None]:
    """The post's values by name, NULL where one is none; and what is wrong with the first of those, None where all are good."""
    flaws: list[str] = []
    values: dict[str, Any] = {name: _text(name, getattr(post, name), flaws) for name in ("lang", "written_in", "country_code")}
    values["created_at"] = _instant(post.created_at, flaws)
    values["longitude"], values["latitude"] = _point(post.point, flaws)
    topics = (topic_of(tag)[0] for tag in post.hashtags if isinstance(tag, str))
    values["hashtags"] = " ".join(dict.fromkeys(filter(None, topics))) or None
    for name in COUNTS:
        told = getattr(post, name)
        values[name], reason = (None, None) if told is None else volume_of(told)
        if reason:
            flaws.append(f"{name}: {shown(told, 60)}")
    return values, flaws[0] if flaws else None


def identity(told: object) -> str | None:
    """The number of a post or an author as text; None for what is none."""
    text = str(told) if type(told) in (int, str) else ""
    return text if text.isascii() and text.isalnum() and len(text) <= LONGEST_ID else None


def is_erased(item: object) -> bool:
    return item == ERASED


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
    if told is None:
        return None
    if isinstance(told, str) and name_flaw(told) is None:
        return told
    flaws.append(f"{name}: {shown(told, 60)}")
    return None


def _instant(told: object, flaws: list[str]) -> datetime | None:
    for read in (datetime.fromisoformat, lambda text: datetime.strptime(text, V1_TIME)):  # noqa: DTZ007  it holds %z
        try:
            instant = read(str(told))
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    flaws.append(f"created_at: {shown(told, 60)}")
    return None


def _point(told: object, flaws: list[str]) -> tuple[float, float] | tuple[None, None]:
    if told is None:
        return None, None
    match told:
        case [int() | float() as east, int() | float() as north] if abs(east) <= 180 and abs(north) <= 90:
            return float(east), float(north)
    flaws.append(f"coordinates: {shown(told, 60)}")
    return None, None
