"""Where the places lie: compared with their countries, and with the time zone database, which has coordinates of its own."""

import re
from importlib import resources
from math import acos, cos, radians, sin

import pytest

from twilytics.places import Place, catalogue, of, slug

EARTH_KM = 6371
#: How far a town may be from the middle of its country: some 1.3 times the way to the farthest one there, Honolulu for the US.
FAR_KM = {
    "RU": 5700, "US": 7500, "CA": 3300, "BR": 2500, "AU": 2400, "ID": 2200, "ES": 2200, "MX": 2200, "IN": 2000, "JP": 1900, "DZ": 1250,
    "VN": 1050, "PH": 1050, "AR": 1000, "ZA": 1000, "VE": 950, "CO": 900, "TR": 900, "SA": 850, "PK": 850, "NG": 850, "NZ": 700,
    "UA": 700, "IT": 700, "SE": 650, "EG": 650, "FR": 650, "KE": 650, "GB": 550,
}  # fmt: skip
FAR_ELSEWHERE_KM = 500
TOWNS = [place for place in of("x-v2").values() if place.kind in ("town", "other")]


def km(a: tuple[float, float], b: tuple[float, float]) -> float:
    (south, west), (north, east) = ((radians(latitude), radians(longitude)) for latitude, longitude in (a, b))
    return EARTH_KM * acos(min(1.0, sin(south) * sin(north) + cos(south) * cos(north) * cos(west - east)))


def where(place: Place) -> tuple[float, float]:
    assert place.latitude is not None
    assert place.longitude is not None
    return place.latitude, place.longitude


def test_every_place_of_x_but_the_whole_world_lies_somewhere_and_no_host_does():
    lying = {key for key, place in catalogue().items() if place.latitude is not None and place.longitude is not None}
    assert lying == {*of("x-v2")} - {"worldwide"}
    assert all(-56 < latitude < 67 and -160 < longitude < 180 for latitude, longitude in map(where, map(catalogue().get, lying)))
    assert len({where(catalogue()[key]) for key in lying}) == len(lying)


@pytest.mark.parametrize("town", TOWNS, ids=lambda town: town.key)
def test_a_town_lies_in_its_country(town: Place):
    country = catalogue()[str(town.parent)]
    assert country.country_code == town.country_code
    assert km(where(town), where(country)) < FAR_KM.get(str(town.country_code), FAR_ELSEWHERE_KM)


@pytest.mark.parametrize(
    ("key", "latitude", "longitude"),  # as Wikipedia has them, to a degree's hundredth or so
    [
        ("berlin", 52.52, 13.405),
        ("stuttgart", 48.7775, 9.18),
        ("london", 51.507, -0.128),
        ("washington", 38.905, -77.016),
        ("birmingham-us", 33.517, -86.809),
        ("portland", 45.52, -122.68),
        ("honolulu", 21.307, -157.858),
        ("sao-paulo", -23.55, -46.633),
        ("cordoba", -31.417, -64.183),
        ("barcelona-ve", 10.133, -64.717),
        ("valencia", 39.47, -0.376),
        ("lagos", 6.455, 3.384),
        ("nairobi", -1.286, 36.817),
        ("cape-town", -33.925, 18.424),
        ("hyderabad", 17.362, 78.475),
        ("vladivostok", 43.117, 131.883),
        ("sydney", -33.868, 151.209),
        ("auckland", -36.85, 174.76),
    ],
)
def test_well_known_towns_lie_where_everybody_knows(key: str, latitude: float, longitude: float):
    assert km(where(catalogue()[key]), (latitude, longitude)) < 5


def test_towns_that_a_time_zone_is_named_after_lie_where_its_database_has_them():
    zones = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
    compared = 0
    for code, position, name in (line.split("\t")[:3] for line in zones.splitlines() if not line.startswith("#")):
        key = slug(name.rpartition("/")[2].replace("_", " "))
        for town in TOWNS:
            if town.key in (key, f"{key}-{code.lower()}") and town.country_code == code:
                latitude, longitude = re.findall(r"[+-]\d+", position)
                assert km(where(town), (degrees(latitude, 2), degrees(longitude, 3))) < 20, town
                compared += 1
    assert compared > 80


def degrees(told: str, n_digits: int) -> float:
    """±DDMM or ±DDDMMSS, with so many digits for the degrees."""
    digits = told[1:]
    minutes, seconds = digits[n_digits : n_digits + 2], digits[n_digits + 2 :]
    return float(f"{told[0]}1") * (int(digits[:n_digits]) + int(minutes) / 60 + int(seconds or 0) / 3600)
