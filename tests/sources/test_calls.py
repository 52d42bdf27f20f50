"""How each source is asked: what goes out, what comes back untouched, and which places there are."""

import logging
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests import faulty
from tests.faulty import NOON, answer
from twilytics.errors import SettingError
from twilytics.places import of
from twilytics.sources import LIVE, bluesky, mastodon, x_access, x_v1, x_v2
from twilytics.sources.bounds import Bounds
from twilytics.sources.reply import Unanswered
from twilytics.sources.wire import USER_AGENT, Wire

TOKEN = "AAAAAsecret"


@pytest.mark.parametrize(
    ("source", "place", "host", "path", "query"),
    [
        (x_v2, "berlin", "api.x.com", "/2/trends/by/woeid/638242", {"max_trends": "50"}),
        (x_v1, "berlin", "api.x.com", "/1.1/trends/place.json", {"id": "638242"}),
        (mastodon, "mastodon.social", "mastodon.social", "/api/v1/trends/tags", {"limit": "20"}),
        (bluesky, "public.api.bsky.app", "public.api.bsky.app", "/xrpc/app.bsky.unspecced.getTrends", {"limit": "25"}),
    ],
)
def test_a_source_is_asked_once_and_its_bytes_are_kept_as_they_came(server, source, place, host, path, query):
    place_id = source.place_id(place)
    reply = source.ask(place_id, Wire(SecretStr(TOKEN) if source.TOKEN else None, server.url, now=lambda: NOON))
    assert (reply.payload, reply.asked_at, reply.status) == (answer(source.NAME, place_id), NOON, 200)
    (call,) = server.calls
    assert (call.host, call.path, call.query) == (host, path, query)
    assert call.headers.get("Authorization") == (f"Bearer {TOKEN}" if source.TOKEN else None)
    assert call.headers["Accept-Encoding"] == "identity"
    assert ("Tweepy" if source.TOKEN else USER_AGENT) in call.headers["User-Agent"]


@pytest.mark.parametrize("source", LIVE.values(), ids=LIVE)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 418, 429, 500, 503])
def test_a_reply_of_any_status_comes_back_with_its_limits(server, source, status):
    """With bodies and headers that tweepy's own errors stumble over."""
    place_id = {"x-v2": "1", "x-v1.1": "1"}.get(source.NAME, "public.api.bsky.app")
    server.play(place_id, faulty.refused(status, ["no", {"object": None}], x_rate_limit_remaining="7", x_rate_limit_reset="soon"))
    reply = source.ask(place_id, Wire(SecretStr(TOKEN), server.url, now=lambda: NOON))
    assert (reply.status, reply.payload) == (status, b'["no", {"object": null}]')
    assert (reply.rate.remaining, reply.rate.reset) == (7, None)


def test_a_base_address_without_a_host_in_it_stands_for_every_host(server):
    server.play("1", faulty.fine)
    reply = x_v2.ask("1", Wire(SecretStr(TOKEN), server.url.replace("{host}", "here/")))
    assert (reply.status, server.calls[0].host, server.calls[0].path) == (200, "here", "/2/trends/by/woeid/1")


@pytest.mark.parametrize(
    "address", ["api.x.com", "ftp://x", "https://", "https://user:secret@x.com", "http://[::1", "https://x.com/?a=secret"]
)
def test_a_base_address_that_is_none_is_refused_without_being_shown(address):
    with pytest.raises(SettingError, match=r"has to be like https://host or http://127\.0\.0\.1:8000") as raised:
        Wire(base_url=address)
    assert "secret" not in str(raised.value)


def test_a_password_in_netrc_does_not_take_the_tokens_place(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    x_v2.ask("1", Wire(SecretStr(TOKEN), server.url))
    mastodon.ask("a.social", Wire(base_url=server.url))
    assert [call.headers.get("Authorization") for call in server.calls] == [f"Bearer {TOKEN}", None]


def test_an_answer_that_repeats_the_token_is_not_kept(server):
    server.play("1", faulty.repeats_the_token(200))
    with pytest.raises(Unanswered, match="repeats_the_token"):
        x_v2.ask("1", Wire(SecretStr(TOKEN), server.url))


@pytest.mark.parametrize(
    "spelling",
    [
        "AAAA%2Fsecret%3D",
        "AAAA%2fsecret%3d",
        "AAAA/secret=",
        "AAAA%252Fsecret%253D",
        "AAAA\\/secret\\u003d",
        "AAAA\\u002Fsecret\\u003D",
        "AAAA\\u00252Fsecret\\u00253D",
        "AAAA\\\\/secret\\\\u003d",
    ],
)
def test_a_refusal_that_repeats_the_token_in_any_spelling_is_scrubbed(server, spelling):
    server.play("1", faulty.refused(403, {"detail": f"no access with {spelling}"}))
    reply = x_v2.ask("1", Wire(SecretStr("AAAA%2Fsecret%3D"), server.url))
    assert reply.payload == b'{"detail": "no access with ***"}'


def test_tweepy_never_has_the_token(server, caplog):
    caplog.set_level(logging.DEBUG)
    x_v2.ask("1", Wire(SecretStr(TOKEN), server.url))
    assert f"Bearer {x_access.NO_TOKEN}" in caplog.text
    assert TOKEN not in caplog.text


def test_tweepy_does_not_ask_twice_whatever_comes(server):
    for status in (429, 503):
        server.play("1", faulty.refused(status))
        for source in (x_v1, x_v2):
            source.ask("1", Wire(SecretStr(TOKEN), server.url))
    assert len(server.calls) == 4


def test_a_server_that_drips_and_then_says_nothing_does_not_get_the_time_twice(server):
    server.play("a.social", faulty.slow_then_silent)
    wire = Wire(base_url=server.url, bounds=Bounds(total_s=1.5))
    mastodon.ask("b.social", wire)  # the libraries that ask are loaded by now
    began = time.monotonic()
    with pytest.raises(Unanswered, match=r"timeout: no whole answer within 1\.5 s, \d+ bytes came"):
        mastodon.ask("a.social", wire)
    assert time.monotonic() - began < 2.5  # 1.2 s of drips and then 1.5 s of silence would be more


def test_x_has_every_place_of_the_catalogue():
    ids = {x_v2.place_id(place) for place in of("x-v2")}
    assert len(ids) == 467
    assert x_v1.place_id("worldwide") == "1"


@pytest.mark.parametrize("key", ["mastodon.social", "638242", "nowhere"])
def test_x_has_no_other_place(key):
    with pytest.raises(SettingError, match=rf"^X has no trends for '{key}'\. Nearest: .*\. All: twilytics places$"):
        x_v2.place_id(key)


@pytest.mark.parametrize(
    "key", ["berlin", "127.0.0.1", "a.social:80", "a.social/x", "-a.social", "a..social", ".social", "a.s", "x" * 64 + ".social"]
)
def test_mastodon_is_asked_by_host_names_only(key):
    with pytest.raises(SettingError, match=r"by an instance's host name, as in mastodon\.social; .* is none"):
        mastodon.place_id(key)


@pytest.mark.parametrize("key", ["mastodon.social", "social.bund.de", "mstdn.jp", "xn--bcher-kva.social", "m2.x-y.museum"])
def test_mastodon_has_any_instance(key):
    assert mastodon.place_id(key) == key


def test_bluesky_is_one_place():
    assert bluesky.place_id("public.api.bsky.app") == "public.api.bsky.app"
    with pytest.raises(
        SettingError, match=r"one list for the whole network, whose place is public\.api\.bsky\.app; it has none for 'berlin'"
    ):
        bluesky.place_id("berlin")


def test_who_does_not_ask_does_not_wait_for_libraries_that_ask():
    code = "import twilytics.asking, twilytics.sources, sys; print(sorted({'tweepy', 'requests', 'urllib3', 'httpx'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_the_instant_is_the_one_before_the_call(server):
    instants = iter([NOON, NOON + timedelta(seconds=9)])
    assert mastodon.ask("a.social", Wire(base_url=server.url, now=lambda: next(instants))).asked_at == NOON
