"""Which pairs of places are compared: the setting PAIRS, read."""

from collections.abc import Collection
from itertools import combinations

from twilytics import places
from twilytics.errors import SettingError

ALL, SAME_COUNTRY = "all", "same-country"
NAME = "TWILYTICS_PAIRS"
Pair = tuple[str, str]


def listed(setting: str) -> tuple[Pair, ...]:
    """The pairs that the setting lists, each in the order of its keys; none where it names a rule.

    Raise ValueError where it is neither a rule nor a list of pairs, or pairs a place with itself.
    """
    if _rule(setting) in (ALL, SAME_COUNTRY):
        return ()
    found = []
    for part in filter(None, (part.strip() for part in setting.split(","))):
        ends = [places.slug(end) for end in part.split(":")]
        if len(ends) != 2 or not all(ends):
            raise ValueError(f"{part!r} is no pair: write {ALL}, {SAME_COUNTRY}, or pairs as in berlin:stuttgart,berlin:hamburg")
        if ends[0] == ends[1]:
            raise ValueError(f"{part!r} compares a place with itself")
        found.append((min(ends), max(ends)))
    if not found:
        raise ValueError(f"names no pair: write {ALL}, {SAME_COUNTRY}, or pairs as in berlin:stuttgart,berlin:hamburg")
    return tuple(dict.fromkeys(found))


def chosen(setting: str, captured: Collection[str]) -> set[Pair]:
    """The pairs of these places that the setting keeps, each in the order of its keys.

    Raise :class:`SettingError` where it names a place that neither the catalogue nor ``captured`` has, with the nearest keys.
    """
    told = listed(setting)
    for place in {end for pair in told for end in pair}:
        if place not in captured and place not in places.catalogue() and "." not in place:  # a host may be captured yet
            nearest = ", ".join(places.nearest(place))
            raise SettingError(f"{NAME}: neither the catalogue nor the lake has {place!r}. Nearest: {nearest}. All: twilytics places")
    if told:
        return {pair for pair in told if set(pair) <= set(captured)}
    every = combinations(sorted(captured), 2)
    return set(every) if _rule(setting) == ALL else {pair for pair in every if _same_country(*pair)}


def _rule(setting: str) -> str:
    return setting.strip().casefold()


def _same_country(a: str, b: str) -> bool:
    known = places.catalogue()
    countries = {known[place].country_code if place in known else None for place in (a, b)}
    return len(countries) == 1 and None not in countries
