import pytest

from twilytics import places
from twilytics.errors import SettingError
from twilytics.sources import LIVE, bluesky, mastodon


def test_the_catalogue_holds_each_x_place_once():
    catalogue = places.catalogue()
    assert len(places.of("x-v2")) == len(places.of("x-v1.1")) == 467
    assert len({place.woeid for place in places.of("x-v2").values()}) == 467
    assert all(key == place.key and key.isascii() and key == key.lower() for key, place in catalogue.items())


def test_the_catalogue_holds_twenty_instances_and_one_network_that_their_sources_can_be_asked_for():
    assert {(place.kind, place.parent, place.woeid) for place in places.of("mastodon").values()} == {("instance", None, None)}
    assert len({mastodon.place_id(key) for key in places.of("mastodon")}) == 20
    assert [(place.key, place.name, place.kind) for place in places.of("bluesky").values()] == [(bluesky.NETWORK, "Bluesky", "network")]
    assert len(places.catalogue()) == 467 + 20 + 1
    assert places.catalogue()["mastodon.social"].country_code is None
    assert places.catalogue()["norden.social"].country_code == "DE"


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
        (" xn--mnchen-3ya.Example", "xn--mnchen-3ya.example"),
        ("trends.xn--mnchen-3ya.xn--p1ai", "trends.xn--mnchen-3ya.xn--p1ai"),
        ("xn--mnchen-3ya", "xn-mnchen-3ya"),
        ("xn--a b.example", "xn-a-b.example"),
        ("a--b.example", "a-b.example"),
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
    assert {place.kind for place in places.of("x-v2").values()} == {"worldwide", "country", "town", "other"}
    assert all(place.parent in places.of("x-v2") for key, place in places.of("x-v2").items() if key != "worldwide")


@pytest.mark.parametrize(
    ("source", "place_id", "key", "kind"),
    [
        ("list", "weibo", "weibo", "list"),
        ("list", "23424848", "23424848", "list"),
        ("x-v1.1", "99999999999", "99999999999", "other"),
        ("mastodon", "a.social", "a.social", "instance"),
        ("mastodon", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example", "instance"),
        ("bluesky", "api.bsky.example", "api.bsky.example", "network"),
        ("archive", "", "unknown", "other"),
    ],
)
def test_an_id_that_the_catalogue_lacks_becomes_a_place_of_that_name(source, place_id, key, kind):
    assert places.by_source(source, place_id) is None
    assert places.place_key(source, place_id) == key
    assert places.place(source, place_id).kind == kind


def test_a_list_may_be_of_a_place_of_the_catalogue():
    assert places.place_key("list", "berlin") == places.place_key("simulated", "Berlin") == "berlin"


def test_the_places_to_follow_are_named_by_key():
    assert places.followed(("berlin", " San Francisco", "berlin")) == ("berlin", "san-francisco")
    assert places.followed("berlin,stuttgart") == ("berlin", "stuttgart")
    assert len(places.followed(("all",))) == 467
    assert places.followed("mastodon.social,A.example", source="mastodon") == ("mastodon.social", "a.example")


@pytest.mark.parametrize("source", LIVE)
def test_all_places_are_all_that_the_source_can_be_asked_for(source):
    keys = places.followed("all", source)
    assert len(keys) == {"mastodon": 20, "bluesky": 1}.get(source, 467)
    assert len({LIVE[source].place_id(key) for key in keys}) == len(keys)


@pytest.mark.parametrize(
    ("place", "source", "says"),
    [
        ("mastodon.social", "x-v2", r"x-v2 has no trends of 'mastodon\.social'\. Nearest: [a-z-]+, [a-z-]+, [a-z-]+\. All"),
        ("Berlin", "mastodon", r"mastodon has no trends of 'Berlin'\. Nearest: \S+\.\S+, \S+\.\S+, \S+\.\S+\. All"),
        ("public.api.bsky.app", "mastodon", "mastodon has no trends of 'public.api.bsky.app'"),
        ("mastodon.social", "bluesky", r"bluesky has no trends of 'mastodon\.social'\. Nearest: public\.api\.bsky\.app\. All"),
        ("a.example", "bluesky", r"the catalogue has no 'a\.example'\. Nearest: public\.api\.bsky\.app\. All"),
        ("mastodon", "mastodon", r"the catalogue has no 'mastodon'\. Nearest: mastodon\.\S+, "),
    ],
)
def test_a_place_of_another_source_is_answered_with_the_nearest_of_this_one(place, source, says):
    with pytest.raises(SettingError, match=f"^TWILYTICS_PLACES: {says}"):
        places.followed(place, source)


def test_a_misspelled_place_is_answered_with_the_nearest():
    with pytest.raises(SettingError, match=r"TWILYTICS_PLACES: the catalogue has no 'Stutgart'\. Nearest: stuttgart, \S+, \S+\. All"):
        places.followed(("berlin", "Stutgart"))


@pytest.mark.parametrize("setting", ["", " , ", ()])
def test_no_place_to_follow_is_an_error(setting):
    with pytest.raises(SettingError, match="PLACES is empty"):
        places.followed(setting)
