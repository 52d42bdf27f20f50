import pytest

from twilytics import places
from twilytics.errors import SettingError


def test_the_catalogue_holds_each_x_place_once():
    catalogue = places.catalogue()
    assert len(catalogue) == 467
    assert len({place.woeid for place in catalogue.values()}) == 467
    assert all(key == place.key and key.isascii() and key == key.lower() for key, place in catalogue.items())


@pytest.mark.parametrize(
    ("woeid", "key"),
    [
        (1, "worldwide"),
        (638242, "berlin"),
        (2487956, "san-francisco"),
        (2391279, "denver"),
        (23424948, "singapore"),
        (1062617, "singapore-sg"),
        (12723, "birmingham"),
        (2364559, "birmingham-us"),
        (753692, "barcelona"),
        (395273, "barcelona-ve"),
        (776688, "valencia"),
        (395272, "valencia-ve"),
    ],
)
def test_x_places_are_known_by_woeid(woeid, key):
    assert places.place_key("x-v2", str(woeid)) == places.place_key("x-v1.1", str(woeid)) == key
    assert places.by_source("x-v2", str(woeid)).woeid == woeid


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Dallas-Ft. Worth", "dallas-ft-worth"),
        ("St. Louis", "st-louis"),
        ("Diyarbakır", "diyarbakir"),
        ("İstanbul", "istanbul"),
        ("Łódź", "lodz"),
        ("Tromsø", "tromso"),
        ("Naucalpan de Juárez", "naucalpan-de-juarez"),
        ("Mastodon.Social", "mastodon.social"),
        ("  a / b  ", "a-b"),
        ("微博", "微博"),
        ("...", ""),
        ("-.-", ""),
    ],
)
def test_keys_are_plain(name, key):
    assert places.slug(name) == key


def test_a_place_knows_what_is_around_it():
    berlin = places.catalogue()["berlin"]
    assert (berlin.name, berlin.country_code, berlin.kind, berlin.parent) == ("Berlin", "DE", "town", "germany")
    assert places.catalogue()["germany"].parent == "worldwide"
    assert places.catalogue()["worldwide"].parent is None
    assert {place.kind for place in places.catalogue().values()} == {"worldwide", "country", "town", "other"}
    assert all(place.parent in places.catalogue() for place in places.catalogue().values() if place.key != "worldwide")


@pytest.mark.parametrize(
    ("source", "place_id", "key", "kind"),
    [
        ("list", "weibo", "weibo", "list"),
        ("list", "23424848", "23424848", "list"),
        ("x-v1.1", "99999999999", "99999999999", "other"),
        ("mastodon", "mastodon.social", "mastodon.social", "instance"),
        ("bluesky", "public.api.bsky.app", "public.api.bsky.app", "network"),
        ("archive", "", "unknown", "other"),
    ],
)
def test_an_id_that_the_catalogue_lacks_becomes_a_place_of_that_name(source, place_id, key, kind):
    assert places.by_source(source, place_id) is None
    assert places.place_key(source, place_id) == key
    assert places.place(source, place_id).kind == kind


def test_a_list_may_be_of_a_place_of_the_catalogue():
    assert places.place_key("list", "berlin") == places.place_key("simulated", "Berlin") == "berlin"


@pytest.mark.parametrize("word", ["Düsseldorf", "dusseldorf", "DUESSELDORF", "düssel"])
def test_a_place_is_found_by_any_spelling(word):
    assert [place.key for place in places.find(word)] == ["dusseldorf"]


def test_the_places_of_a_country_are_found_after_the_country():
    found = [place.key for place in places.find("Germany")]
    assert found[0] == "germany"
    assert {"berlin", "stuttgart"} < set(found)
    assert [place.key for place in places.find("no such place")] == []


def test_the_places_to_follow_are_named_by_key():
    assert places.followed(("berlin", " San Francisco", "berlin")) == ("berlin", "san-francisco")
    assert places.followed("berlin,stuttgart") == ("berlin", "stuttgart")
    assert len(places.followed(("all",))) == 467
    assert places.followed("mastodon.social", source="mastodon") == ("mastodon.social",)


def test_a_misspelled_place_is_answered_with_the_nearest():
    with pytest.raises(SettingError, match=r"TWILYTICS_PLACES: the catalogue has no 'Stutgart'\. Nearest: stuttgart, \S+, \S+\. All"):
        places.followed(("berlin", "Stutgart"))


@pytest.mark.parametrize("setting", ["", " , ", ()])
def test_no_place_to_follow_is_an_error(setting):
    with pytest.raises(SettingError, match="PLACES is empty"):
        places.followed(setting)
