import pytest

from twilytics.finding import find


@pytest.mark.parametrize("word", ["Düsseldorf", "dusseldorf", "DUESSELDORF", "düssel"])
def test_a_place_is_found_by_any_spelling(word):
    assert [place.key for place in find(word)] == ["dusseldorf"]


@pytest.mark.parametrize("word", ["troet.cafe", "Tröt.Café", "TROT CAFE", "troet"])
def test_an_instance_is_found_by_any_spelling_too(word):
    assert [place.key for place in find(word)] == ["troet.cafe"]


def test_the_network_is_found_by_its_name():
    assert [place.key for place in find("bluesky")] == ["public.api.bsky.app"]


def test_the_places_of_a_country_are_found_after_the_country():
    found = [place.key for place in find("Germany")]
    assert found[0] == "germany"
    assert {"berlin", "stuttgart"} < set(found)
    assert [place.key for place in find("no such place")] == []
    assert {"berlin", "norden.social"} < {place.key for place in find("DE")}
