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
# The host name of a word that is not ASCII, as in xn--mnchen-3ya.example: its hyphens mean something.
ENCODED_HOST = re.compile(r"(?=.{4,253}$)(?=(.*\.)?xn--)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?")
KIND_OF_HOST: Mapping[str, Kind] = {"mastodon": "instance", "bluesky": "network"}
KIND_OF_UNKNOWN: Mapping[str, Kind] = {**KIND_OF_HOST, "list": "list", "simulated": "list"}


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
    if ENCODED_HOST.fullmatch(bare.strip()):
        return bare.strip()
    words = re.sub(r"[^\w.]+", "-", unicodedata.normalize("NFC", bare))
    return re.sub(r"-{2,}", "-", re.sub(r"\.(?=-|\.|$)|(?<=-)\.|^\.", "", words)).strip("-")


@cache
def catalogue() -> Mapping[str, Place]:
    """The 467 places that X has trends for, instances of Mastodon, and the network of Bluesky, by key.

    A town lies where its centre is, a country at a point inside, near its middle.
    """
    listed, coordinates, hosts = (_data(name) for name in ("woeid-places", "coordinates", "instances"))
    keys: dict[int, str] = {}
    for item in sorted(listed, key=_largest_first):
        key = slug(item["name"])
        keys[item["woeid"]] = key if key not in keys.values() else f"{key}-{item['countryCode'].lower()}"
    places = [*(_place(item, keys, coordinates) for item in listed), *(Place(**host) for host in hosts)]
    return MappingProxyType({place.key: place for place in sorted(places, key=lambda place: place.key)})


@cache
def of(source: str) -> Mapping[str, Place]:
    """The places of the catalogue that a source can be asked for: instances, or the network; X's for any other."""
    kind = KIND_OF_HOST.get(source)
    known = catalogue().items()
    return MappingProxyType({key: place for key, place in known if (place.woeid is not None if kind is None else place.kind == kind)})


def by_source(source: str, place_id: str) -> Place | None:
    """The catalogue's place by a source's own id of it: X's WOEID, or a key for any other source. None where it has none."""
    if source.startswith("x-v") and place_id.isascii() and place_id.isdigit():
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


def nearest(key: str, source: str | None = None, n: int = 3) -> list[str]:
    """The ``n`` keys that are spelled most like ``key``, best first, of all or of those that the source can be asked for."""
    return difflib.get_close_matches(slug(key), catalogue() if source is None else of(source), n, cutoff=0)


def followed(places: str | Iterable[str], source: str = "x-v2") -> tuple[str, ...]:
    """The keys that the setting PLACES names, in its order, each once. Mastodon can be asked for any host.

    Raise :class:`SettingError` for a place that the catalogue lacks, or has for other sources, with the nearest keys.
    """
    words = [word.strip() for word in (places.split(",") if isinstance(places, str) else places)]
    known = of(source)
    keys: list[str] = []
    for word in filter(None, words):
        key = slug(word)
        if word.casefold() == "all":
            keys += known
        elif key in known or (source == "mastodon" and "." in key and key not in catalogue()):
            keys.append(key)
        else:
            lack = f"{source} has no trends of" if key in catalogue() else "the catalogue has no"
            close = ", ".join(nearest(word, source))
            raise SettingError(f"TWILYTICS_PLACES: {lack} {word!r}. Nearest: {close}. All: twilytics places")
    if not keys:
        raise SettingError("TWILYTICS_PLACES is empty: name places, as in berlin,stuttgart, or all. All: twilytics places")
    return tuple(dict.fromkeys(keys))


@cache
def _by_woeid() -> Mapping[int, Place]:
    return {place.woeid: place for place in catalogue().values() if place.woeid is not None}


def _largest_first(item: Mapping[str, Any]) -> tuple[int, bool, int]:
    kind = KINDS.get(item["placeType"]["name"], "other")
    return LARGEST_FIRST.index(kind), item["woeid"] not in KEEPS_ITS_NAME, item["woeid"]


def _place(item: Mapping[str, Any], keys: Mapping[int, str], coordinates: Mapping[str, tuple[float, float]]) -> Place:
    key = keys[item["woeid"]]
    latitude, longitude = coordinates.get(key, (None, None))
    return Place(
        key=key,
        name=item["name"],
        country_code=item["countryCode"],
        kind=KINDS.get(item["placeType"]["name"], "other"),
        parent=keys.get(item["parentid"]),
        latitude=latitude,
        longitude=longitude,
        woeid=item["woeid"],
    )


def _data(name: str) -> Any:
    return json.loads(resources.files("twilytics").joinpath(f"data/{name}.json").read_text("utf-8"))
