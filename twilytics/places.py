"""The places that can be followed, and their ids at each source."""

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from twilytics.errors import SettingError

Kind = Literal["worldwide", "country", "town", "other", "instance", "network", "list"]

WORLDWIDE = 1
KINDS: Mapping[str, Kind] = {"Supername": "worldwide", "Country": "country", "Town": "town"}  # X's words; any other is "other"
LARGEST_FIRST: tuple[Kind, ...] = ("worldwide", "country", "town", "other")
# Towns that share a name: Birmingham GB has five times the inhabitants of the one in Alabama, Barcelona ES three times those of the one
# in Anzoátegui; the two Valencias are of one size, and the name alone is taken for Spain's. Decided 2026-11.
KEEPS_ITS_NAME = frozenset({12723, 753692, 776688})
# Letters that Unicode does not take apart into a base letter and a mark.
WHOLE_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŋ": "n"})
UMLAUTS = re.compile("([aou])e")
KIND_OF_UNKNOWN: Mapping[str, Kind] = {"mastodon": "instance", "bluesky": "network", "list": "list", "simulated": "list"}


@dataclass(frozen=True)
class Place:
    """Somewhere that trends are asked for. ``parent`` is the key of the place around it, coordinates are degrees or unknown."""

    key: str
    name: str
    country_code: str | None = None
    kind: Kind = "other"
    parent: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    woeid: int | None = None


def slug(name: str) -> str:
    """A name as key: lower case, without accents, hyphens for what is neither letter, digit, underscore nor dot.

    A dot is kept only within a word, as in a host name. Letters of scripts without an ASCII form stay, so that two names do not meet.
    """
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold().translate(WHOLE_LETTERS))
    bare = "".join(character for character in bare if not unicodedata.combining(character))
    words = re.sub(r"[^\w.]+", "-", unicodedata.normalize("NFC", bare))
    return re.sub(r"-{2,}", "-", re.sub(r"\.(?=-|\.|$)|(?<=-)\.|^\.", "", words)).strip("-")


@cache
def catalogue() -> Mapping[str, Place]:
    """The 467 places that X has trends for, by key."""
    listed = json.loads(resources.files("twilytics").joinpath("data/woeid-places.json").read_text("utf-8"))
    keys: dict[int, str] = {}
    for item in sorted(listed, key=_largest_first):
        key = slug(item["name"])
        keys[item["woeid"]] = key if key not in keys.values() else f"{key}-{item['countryCode'].lower()}"
    places = (_place(item, keys) for item in listed)
    return MappingProxyType({place.key: place for place in sorted(places, key=lambda place: place.key)})


def by_source(source: str, place_id: str) -> Place | None:
    """The catalogue's place by a source's own id of it: X's WOEID, or a key for any other source. None where it has none."""
    if source in ("x-v2", "x-v1.1") and place_id.isascii() and place_id.isdigit():
        return _by_woeid().get(int(place_id))
    return catalogue().get(slug(place_id))


@lru_cache(maxsize=1 << 14)
def place_key(source: str, place_id: str) -> str:
    """The key of any place: an id that the catalogue lacks becomes a place of that name; no id at all, ``unknown``."""
    return place(source, place_id).key


def place(source: str, place_id: str) -> Place:
    """As :func:`place_key`, with what is known of the place."""
    known = by_source(source, place_id)
    return known or Place(slug(place_id) or "unknown", place_id or "unknown", kind=KIND_OF_UNKNOWN.get(source, "other"))


def find(word: str) -> list[Place]:
    """Places whose key or name holds the word, however it is accented, or that lie in a country of that name or code; best first."""
    wanted = _plain(word)
    found = []
    for candidate in catalogue().values():
        key, name = _plain(candidate.key), _plain(candidate.name)
        around = {_plain(candidate.country_code or ""), _plain(candidate.parent or "")}
        for grade, fits in enumerate((wanted in (key, name), key.startswith(wanted), wanted in key or wanted in name, wanted in around)):
            if fits:
                found.append((grade, candidate.key))
                break
    return [catalogue()[key] for _, key in sorted(found)]


def nearest(key: str, n: int = 3) -> list[str]:
    """The ``n`` keys that are spelled most like ``key``, best first."""
    return difflib.get_close_matches(slug(key), catalogue(), n, cutoff=0)


def followed(places: str | Iterable[str], source: str = "x-v2") -> tuple[str, ...]:
    """The keys that the setting PLACES names, in its order, each once. Hosts are taken as they are where the source has hosts.

    Raise :class:`SettingError` for a place that the catalogue lacks, with the nearest keys.
    """
    words = [word.strip() for word in (places.split(",") if isinstance(places, str) else places)]
    keys: list[str] = []
    for word in filter(None, words):
        if word.casefold() == "all":
            keys += catalogue()
        elif slug(word) in catalogue() or (source in ("mastodon", "bluesky") and "." in slug(word)):
            keys.append(slug(word))
        else:
            raise SettingError(
                f"TWILYTICS_PLACES: the catalogue has no {word!r}. Nearest: {', '.join(nearest(word))}. All: twilytics places"
            )
    if not keys:
        raise SettingError("TWILYTICS_PLACES is empty: name places, as in berlin,stuttgart, or all. All: twilytics places")
    return tuple(dict.fromkeys(keys))


@cache
def _by_woeid() -> Mapping[int, Place]:
    return {place.woeid: place for place in catalogue().values() if place.woeid is not None}


def _largest_first(item: Mapping[str, Any]) -> tuple[int, bool, int]:
    kind = KINDS.get(item["placeType"]["name"], "other")
    return LARGEST_FIRST.index(kind), item["woeid"] not in KEEPS_ITS_NAME, item["woeid"]


def _place(item: Mapping[str, Any], keys: Mapping[int, str]) -> Place:
    woeid = item["woeid"]
    return Place(
        key=keys[woeid],
        name=item["name"],
        country_code=item["countryCode"],
        kind=KINDS.get(item["placeType"]["name"], "other"),
        parent=keys.get(item["parentid"]),
        woeid=woeid,
    )


def _plain(word: str) -> str:
    """Without accents, and with Düsseldorf as Duesseldorf."""
    return UMLAUTS.sub(r"\1", slug(word))
