"""A world in which topics are born, rise, spread from place to place and die.

Nothing is remembered from hour to hour: whatever is random about a topic, a place or an hour is a hash of what it is,
so that any hour can be told without those before it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twilytics.places import catalogue

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]

# Births an hour in the world, in a country and in a place; what most of them never get is into a list.
BIRTHS = (1, 4, 2)
REMEMBERED_HOURS = 48
N_EVERGREENS = (0, 45, 25)
LONGEST_LAG_HOURS = 4.0
FULL_LIST = 50
SHARE_MISSING, SHARE_SHORT, SHARE_WITHOUT_VOLUME, SHARE_VARIANT = 0.01, 0.1, 0.39, 0.08  # as counted in real data, or near it

ADJECTIVES, NOUNS = (
    words.split()
    for words in (
        "Amber Brave Calm Distant Early Frozen Golden Hidden Ivory Jolly Kind Lucky Misty Northern Open Proud Quiet Rapid Silver Tidy",
        "Opera Derby Election Storm Festival Harbour Marathon Premiere Summit Strike Comet Museum Bridge Concert Parade Garden Rocket",
    )
)
N_NAMES = len(ADJECTIVES) * len(NOUNS) * 1000

GOLDEN, MIX_1, MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mixed(hashes: Hashes, salt: Hashes | int) -> Hashes:
    """SplitMix64's finalizer over hash and salt: https://prng.di.unimi.it/splitmix64.c"""
    z = (hashes + np.asarray(salt, np.uint64) * GOLDEN) + GOLDEN
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))


def chance(hashes: Hashes, salt: Hashes | int) -> Floats:
    """Uniform in [0, 1)."""
    return (mixed(hashes, salt) >> np.uint64(11)).astype(np.float64) * 2.0**-53


class World:
    """The places and their countries. ``answers`` tells an hour of it, counted in hours since 1970."""

    def __init__(self, places: Sequence[str], seed: int) -> None:
        self._places = tuple(dict.fromkeys(places))
        countries = [getattr(catalogue().get(key), "country_code", None) or key for key in self._places]
        scopes = [("world", f"country {country}", f"place {key}") for key, country in zip(self._places, countries, strict=True)]
        named = [[int.from_bytes(hashlib.sha256(f"{seed} {scope}".encode()).digest()[:8], "big") for scope in row] for row in scopes]
        self._scopes = np.array(named, np.uint64).reshape(-1, len(BIRTHS))
        self._of_place = self._scopes[:, 2:]
        self._lag = chance(self._of_place, 1) * LONGEST_LAG_HOURS
        # Columns: each topic that may still be talked of, by scope, hours since its birth and number.
        columns = [(scope, age, n) for scope, births in enumerate(BIRTHS) for age in range(REMEMBERED_HOURS) for n in range(births)]
        evergreens = [(scope, 0, 1000 + n) for scope, many in enumerate(N_EVERGREENS) for n in range(many)]
        self._scope, self._age, self._number = np.array(columns + evergreens).T
        self._n_mortal = len(columns)

    def answers(self, hour: int) -> Iterator[tuple[str, int, list[bytes]]]:
        """Key, seconds after the hour and the list's entries as JSON, for each place that was captured in this hour."""
        topics, score, volume = self._talk(hour)
        luck = mixed(self._of_place[:, 0], hour)
        missing, short, length, delay = (chance(luck, salt) for salt in (2, 3, 4, 5))
        order = np.argsort(-score, axis=1, kind="stable")[:, :FULL_LIST]
        ranked = [np.take_along_axis(values, order, axis=1) for values in (topics, volume, mixed(topics, self._of_place))]
        ranked[0] %= N_NAMES
        names, volumes, tastes = (values.tolist() for values in ranked)
        for p, key in enumerate(self._places):
            if missing[p] < SHARE_MISSING:
                continue
            n = 1 + int(length[p] * (FULL_LIST - 1)) if short[p] < SHARE_SHORT else FULL_LIST
            entries = zip(names[p][:n], volumes[p][:n], tastes[p][:n], strict=True)
            yield key, 1 + int(delay[p] * 40), [_entry(name, volume, taste) for name, volume, taste in entries]

    def _talk(self, hour: int) -> tuple[Hashes, Floats, NDArray[np.int64]]:
        """Topics by place and column, how much they are talked of there, and how much in all (-1: not told)."""
        mortal = slice(None, self._n_mortal)
        born = np.where(np.arange(len(self._age)) < self._n_mortal, hour - self._age, 0)
        topics = mixed(mixed(self._scopes[:, self._scope], born.astype(np.uint64)), self._number.astype(np.uint64))
        strength = 1 / (0.02 + chance(topics, 10))  # few are loud
        strength[:, mortal] *= 0.55 + 0.45 * np.sin((born[mortal] % 24 - 8) * (np.pi / 12))  # and fewer are born at night
        strength[:, self._n_mortal :] = 0.6 + 0.6 * chance(topics[:, self._n_mortal :], 10)
        rise, life = 1 + 3 * chance(topics, 11), 1.5 + 9 * chance(topics, 12) ** 2
        here = mixed(topics, self._of_place)
        affinity, detour = 0.25 + 0.75 * chance(here, 13), chance(here, 14) * 1.5
        lag = np.where(self._scope < 2, self._lag + detour, 0)
        shape_here, shape = _shape(self._age - lag, rise, life), _shape(self._age, rise, life)
        shape_here[:, self._n_mortal :] = shape[:, self._n_mortal :] = 1
        noise = 0.85 + 0.3 * chance(here, hour)
        volume = (10_000 + 25_000 * strength * shape).astype(np.int64)
        volume[chance(topics, 15) < SHARE_WITHOUT_VOLUME] = -1
        return topics, strength * affinity * shape_here * noise, volume


def _shape(age: Floats, rise: Floats, life: Floats) -> Floats:
    """From 0 to 1 in ``rise`` hours, then down to 1/e in each ``life``; 0 where it is not known yet."""
    rising = np.clip((age + 0.5) / rise, 0, 1)
    return np.asarray(rising * np.exp(-np.maximum(age - rise, 0) / life))


def _entry(name: int, volume: int, taste: int) -> bytes:
    variant = 1 + taste % 3 if (taste >> 20) % 1000 < SHARE_VARIANT * 1000 else 0
    return _named(name, variant) + (b"}" if volume < 0 and taste % 2 else b',"volume":%b}' % (b"null" if volume < 0 else b"%d" % volume))


@lru_cache(maxsize=1 << 16)
def _named(name: int, variant: int) -> bytes:
    """Six in ten names are hashtags. Variants of a name are one topic: other case, without or with #."""
    number, word = divmod(name, len(ADJECTIVES) * len(NOUNS))
    adjective, noun = ADJECTIVES[word % len(ADJECTIVES)], NOUNS[word // len(ADJECTIVES)]
    if name % 10 < 6:
        plain = f"Simulated{adjective}{noun}{number}"
        title = (f"#{plain}", plain, f"#{plain.lower()}", plain.upper())[variant]
    else:
        plain = f"Simulated {adjective} {noun} {number}"
        title = (plain, plain.lower(), plain.upper(), f"# {plain}")[variant]
    return b'{"name":"%b"' % title.encode()
