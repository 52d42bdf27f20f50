"""Many places asked side by side, of a source that fails in every way: nothing lost, nothing repeated, the right words, in time."""

import json
import logging
import random
import time
import traceback
from collections import Counter
from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests import faulty
from tests.faulty import NOON, FakeClock, answer
from twilytics.asking import ask_all
from twilytics.errors import ServiceError, SettingError
from twilytics.listening import SOURCES
from twilytics.outcomes import NotAsked
from twilytics.pacer import Pacer
from twilytics.patience import Clock, Patience
from twilytics.places import of
from twilytics.sources import LIVE, mastodon, x_v1, x_v2
from twilytics.sources.bounds import Bounds
from twilytics.sources.limit import Limit
from twilytics.sources.reasons import FAILURES
from twilytics.sources.reply import Unanswered
from twilytics.sources.wire import Wire

TOKEN = "AAAAAsecret%2FtokenOfX%3D"
PLACES = {
    "x-v2": ("berlin", "stuttgart", "hamburg"),
    "x-v1.1": ("berlin", "stuttgart", "hamburg"),
    "mastodon": ("a.social", "b.social", "c.social"),
    "bluesky": ("public.api.bsky.app",),
    "x-v2-search": ("#hsv", "#wahl", "#regen"),
    "x-v2-counts": ("#hsv", "#wahl", "#regen"),
}
ASKED = {**LIVE, **{source.NAME: source for source in SOURCES}}
SHORT = Bounds(connect_s=0.5, total_s=0.5, size=300_000)


@pytest.fixture(scope="module")
def one_server():
    with faulty.serving() as server:
        yield server


@pytest.fixture
def server(one_server):
    one_server.calls.clear()
    one_server.faults.clear()
    return one_server


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def asked(server, clock):
    """The outcomes by place, and the payloads that were kept by place id, of a run whose waits take no time."""

    def run(source, places, base_url=server.url, **options):
        kept = []
        defaults = {"keep": kept.append, "until": NOON + timedelta(minutes=55), "patience": Patience(2, chance=random.Random(7))}
        wire = Wire(SecretStr(TOKEN) if source.TOKEN else None, base_url, SHORT, clock.now)
        clocks = Clock(clock.now, clock.sleep, clock.stopped)
        outcomes = ask_all(source, places, wire=wire, clock=clocks, **(defaults | options))
        payloads = {answer.place_id: answer.payload for answer in kept}
        assert len(payloads) == len(kept), "an answer was kept twice"
        return {outcome.place: outcome for outcome in outcomes}, payloads

    return run


FAULTS = [
    # fault, reason, calls, is kept, words
    (faulty.slow_headers, "timeout", 2, False, "no whole answer within 0.5 s (asked 2 times)"),
    (faulty.slow_body, "timeout", 2, False, "no whole answer within 0.5 s, "),
    (faulty.slow_chunk_sizes, "timeout", 2, False, "no whole answer within 0.5 s"),
    (faulty.endless, "too_large", 1, False, "goes on after 300000 bytes"),
    (faulty.cut_in_half, "cut_off", 2, False, "the answer broke off after "),
    (faulty.cut_between_chunks, "cut_off", 2, False, "the answer broke off after "),
    (faulty.hang_up, "cut_off", 2, False, "the connection was closed without an answer"),
    (faulty.refused(503), "source_error", 2, False, "HTTP 503: a web page"),
    (faulty.refused(503, Retry_After="120"), "source_error", 2, False, "HTTP 503"),
    (faulty.limited_for(300), "rate_limited", 2, False, "HTTP 429: 429 · Too Many Requests"),
    (faulty.refused(429), "rate_limited", 2, False, "HTTP 429"),
    (faulty.refused(401, faulty.UNAUTHORIZED), "unauthorized", 1, False, "HTTP 401: 401 · Unauthorized"),
    (faulty.refused(402, {"title": "CreditsDepleted", "type": "about:blank"}), "unpaid", 1, False, "HTTP 402: CreditsDepleted"),
    (faulty.refused(403, faulty.X_453), "forbidden", 1, False, "HTTP 403: 453 · You currently have access to a subset"),
    (faulty.refused(404, {"error": "Record not found"}), "not_found", 1, False, "HTTP 404: Record not found"),
    (faulty.redirect, "redirected", 1, False, "HTTP 302 to 127.0.0.1:"),
    (faulty.twenty, None, 1, True, None),
]
LISTS = [
    # fault, reason, words
    (faulty.refused(400, ["odd", {"errors": None}]), "refused", 'HTTP 400: ["odd", {"errors": null}]'),
    (faulty.refused(418, {"errors": {"title": ["odd"]}}), "refused", 'HTTP 418: {"title": ["odd"]}'),
    (faulty.html, "unreadable: html", "We will be back soon"),
    (faulty.errors_inside, "unreadable: rate_limited", "88 · Rate limit exceeded"),
    (faulty.renamed, "unreadable: no_topics", "none of 50 entries counts: name_missing (50)"),
    (faulty.empty_list, "unreadable: no_topics", "the list is empty"),
]
TOPICS = [
    # Nothing that may be somebody's post is quoted.
    (faulty.refused(400, ["odd", {"errors": None}]), "refused", "HTTP 400: a list of 2"),
    (faulty.refused(418, {"errors": {"title": ["odd"]}}), "refused", "HTTP 418: an error answer: of no code that is known"),
    (faulty.html, "unreadable: html", "a web page: text of 46 characters"),
    (faulty.errors_inside, "unreadable: rate_limited", "an error answer: 88"),
]
CASES = [
    *((name, *fault) for name in ASKED for fault in FAULTS),
    *((name, fault, reason, 1, reason.startswith("unreadable"), words) for name in LIVE for fault, reason, words in LISTS),
    *((source.NAME, fault, reason, 1, reason.startswith("unreadable"), words) for source in SOURCES for fault, reason, words in TOPICS),
    ("x-v2-search", faulty.renamed, "unreadable: wrong_shape", 1, True, "none of 4 posts has a number of its own"),
    ("x-v2-search", faulty.empty_list, None, 1, True, None),  # nothing was found
    ("x-v2-counts", faulty.renamed, "unreadable: wrong_shape", 1, True, "tweet_count of a span is no count: null"),
    ("x-v2-counts", faulty.empty_list, "unreadable: wrong_shape", 1, True, "no list of spans under data: a list of 0"),
]


@pytest.mark.parametrize(("name", "fault", "reason", "n_calls", "is_kept", "words"), CASES)
def test_a_fault_of_one_place_is_told_in_time_and_costs_no_other(server, asked, name, fault, reason, n_calls, is_kept, words):
    source, places = ASKED[name], PLACES[name]
    ids = {place: source.place_id(place) for place in places}
    bad = places[len(places) // 2]
    server.play(ids[bad], fault)
    began = time.monotonic()
    outcomes, kept = asked(source, places)
    assert time.monotonic() - began < 10  # slow faults never end by themselves
    outcome = outcomes.pop(bad)
    assert (outcome.state, outcome.reason, outcome.n_calls) == ("failed" if reason else "captured", reason, n_calls)
    assert reason is None or (words in outcome.detail and reason in FAILURES)
    assert (ids[bad] in kept, outcome.asked_at is not None) == (is_kept, is_kept)
    assert {place: other.state for place, other in outcomes.items()} == dict.fromkeys(set(places) - {bad}, "captured")
    assert {ids[place]: kept[ids[place]] for place in outcomes} == {ids[place]: answer(name, ids[place]) for place in outcomes}
    assert server.n_calls() == {ids[place]: n_calls if place == bad else 1 for place in places}


@pytest.mark.parametrize("name", ASKED)
def test_what_cannot_be_read_is_kept_to_the_byte(server, asked, name):
    source, place = ASKED[name], PLACES[name][0]
    for fault, payload in [
        (faulty.html, faulty.HTML),
        (faulty.twenty, answer(name, source.place_id(place), 20)),
        (faulty.renamed, answer(name, source.place_id(place), name="post.fields")),
    ]:
        server.play(source.place_id(place), fault)
        assert asked(source, [place])[1] == {source.place_id(place): payload}


@pytest.mark.parametrize("name", ASKED)
def test_twice_503_and_then_an_answer_is_one_answer(server, asked, clock, name):
    source, place = ASKED[name], PLACES[name][0]
    server.play(source.place_id(place), faulty.refused(503), faulty.refused(503), faulty.fine)
    outcomes, kept = asked(source, [place], patience=Patience(3))
    assert (outcomes[place].state, outcomes[place].n_calls) == ("captured", 3)
    assert kept == {source.place_id(place): answer(name, source.place_id(place))}
    assert [0.5 <= wait <= 1 or 1 <= wait <= 2 for wait in clock.waits] == [True, True]


def test_a_503_that_says_when_to_come_again_is_not_tried_before(server, asked, clock):
    server.play("a.social", faulty.refused(503, Retry_After="120"), faulty.fine)
    outcomes, _ = asked(mastodon, ["a.social"])
    assert (outcomes["a.social"].state, clock.waits) == ("captured", [120])


def test_after_429_nobody_is_asked_before_the_reset(server, asked, clock):
    server.play("638242", faulty.limited_for(300), faulty.fine)
    outcomes, kept = asked(x_v2, ["berlin", "stuttgart", "hamburg"], width=1)
    assert {outcome.state for outcome in outcomes.values()} == {"captured"}
    assert len(kept) == 3
    assert clock.time - NOON == pytest.approx(timedelta(seconds=301), abs=timedelta(seconds=1.1))
    assert [call.place_id for call in server.calls] == ["638242", "698064", "656958", "638242"]


def test_after_429_without_a_reset_the_guesses_are_bounded(server, asked, clock):
    server.play("638242", faulty.refused(429))
    outcomes, _ = asked(x_v2, ["berlin"], patience=Patience(3))
    assert outcomes["berlin"].reason == "rate_limited"
    assert clock.waits == [pytest.approx(61), pytest.approx(121)]


def test_a_reset_after_the_end_is_not_waited_for(server, asked, clock):
    server.play("638242", faulty.limited_for(3600))
    outcomes, _ = asked(x_v2, ["berlin", "stuttgart"], width=1)
    assert clock.waits == []
    assert (outcomes["berlin"].reason, outcomes["stuttgart"].reason) == ("rate_limited", "deadline")
    assert "(asked 1 times; then no call is free before 13:00:0" in outcomes["berlin"].detail


def test_a_refused_token_is_not_tried_at_every_place(server, asked):
    places = list(of("x-v2"))[:40]
    for place in places:
        server.play(x_v2.place_id(place), faulty.refused(401, faulty.UNAUTHORIZED))
    outcomes, _ = asked(x_v2, places, width=2)
    assert {(outcome.state, outcome.reason) for outcome in outcomes.values()} == {("failed", "unauthorized")}
    assert 3 <= len(server.calls) <= 4
    assert "TWILYTICS_X_BEARER_TOKEN has to be the app-only Bearer Token" in outcomes[places[0]].detail
    assert outcomes[places[-1]].detail.startswith("not asked, since 3 other places were refused: HTTP 401")


def test_a_token_that_was_taken_once_is_tried_at_every_place(server, asked):
    places = list(of("x-v2"))[:10]
    for place in places[1:]:
        server.play(x_v2.place_id(place), faulty.refused(403, {"title": "Forbidden", "status": 403}))
    outcomes, _ = asked(x_v2, places, width=1)
    assert (len(server.calls), {outcome.n_calls for outcome in outcomes.values()}) == (10, {1})


def test_an_instance_that_refuses_says_nothing_of_others(server, asked):
    places = [f"i{nth}.social" for nth in range(9)]
    for place in places[:8]:
        server.play(place, faulty.refused(401, {"error": "This method requires an authenticated user"}))
    outcomes, _ = asked(mastodon, places, width=1)
    assert (len(server.calls), outcomes[places[8]].state) == (9, "captured")
    assert outcomes[places[0]].detail.endswith("shows its trends to its members only: follow another")


def test_code_453_says_which_version_to_ask(server, asked):
    server.play("638242", faulty.refused(403, faulty.X_453))
    old, _ = asked(x_v1, ["berlin"])
    new, _ = asked(x_v2, ["berlin"])
    assert old["berlin"].detail.endswith("TWILYTICS_SOURCE=x-v2 asks version 2")
    assert "X wants the token's app to belong to a project whose access, pay-per-use or higher, has trends" in new["berlin"].detail


def test_a_cap_that_is_reached_is_not_waited_for_although_it_comes_as_429(server, asked):
    server.play(
        "638242", faulty.refused(429, {"title": "UsageCapExceeded", "type": "about:blank", "detail": "Usage cap exceeded: Monthly"})
    )
    outcomes, _ = asked(x_v2, ["berlin"])
    assert (outcomes["berlin"].reason, outcomes["berlin"].n_calls) == ("unpaid", 1)


def test_calls_that_never_reach_a_server_are_made_again_and_count_against_no_limit(asked, clock):
    outcomes, _ = asked(x_v2, list(of("x-v2"))[:100], base_url="http://127.0.0.1:9")
    assert {(outcome.reason, outcome.n_calls) for outcome in outcomes.values()} == {("unreachable", 2)}
    assert next(iter(outcomes.values())).detail == "127.0.0.1:9: Connection refused (asked 2 times)"
    assert clock.time - NOON < timedelta(minutes=1)


@pytest.mark.parametrize("name", ["x-v2", "x-v1.1", "x-v2-search", "x-v2-counts"])
@pytest.mark.parametrize("status", [200, 302, 401, 403, 429, 503])
def test_the_token_is_nowhere_after_a_failing_run(server, asked, caplog, name, status):
    caplog.set_level(logging.DEBUG)
    source, place = ASKED[name], PLACES[name][0]
    server.play(source.place_id(place), faulty.repeats_the_token(status))
    outcomes, kept = asked(source, [place])
    assert outcomes[place].state == "failed"
    told = "\n".join(
        [caplog.text, *map(repr, caplog.records), *(repr(vars(record)) for record in caplog.records), repr(outcomes), repr(kept)]
    )
    assert "urllib3" in told
    assert "tweepy" in told
    for spelling in (TOKEN, "AAAAAsecret", "tokenOfX"):
        assert spelling not in told


@pytest.mark.parametrize("fault", [faulty.hang_up, faulty.cut_in_half, faulty.slow_headers, faulty.endless, faulty.repeats_the_token(200)])
def test_the_token_is_not_in_what_is_raised_nor_in_what_caused_that(server, fault):
    server.play("638242", fault)
    wire = Wire(SecretStr(TOKEN), server.url, SHORT)
    with pytest.raises(Exception, match=":") as raised:
        x_v2.ask("638242", wire)
    shown = "".join(traceback.TracebackException.from_exception(raised.value, capture_locals=True).format()) + repr(wire)
    cause = raised.value
    while cause is not None:
        shown += repr(cause) + repr(vars(cause))
        assert not hasattr(cause, "request"), "it carries the headers"
        cause = cause.__cause__ or cause.__context__
    assert "tokenOfX" not in shown


@pytest.mark.parametrize("token", ["Bearer AAAA", "AAAA\n", "“AAAA”", ""])
def test_a_token_that_no_header_can_hold_is_refused_without_being_shown(token):
    with pytest.raises(SettingError, match="give it alone, without Bearer or quotes") as raised:
        Wire(SecretStr(token))
    assert "AAAA" not in str(raised.value)


def test_without_a_token_or_with_a_foreign_place_nothing_is_asked(server):
    with pytest.raises(SettingError, match="TWILYTICS_X_BEARER_TOKEN is not set: x-v2 answers nobody"):
        ask_all(x_v2, ["berlin"], wire=Wire(base_url=server.url), keep=pytest.fail, until=NOON)
    with pytest.raises(SettingError, match=r"'mastodon\.social'. Nearest: "):
        ask_all(x_v2, ["berlin", "mastodon.social"], wire=Wire(SecretStr("t"), server.url), keep=pytest.fail, until=NOON)
    assert server.calls == []


@pytest.mark.parametrize("error", [ServiceError("the disk is full"), OSError("the disk is full")])
def test_an_answer_that_cannot_be_kept_ends_the_run_after_those_under_way(server, asked, error):
    kept = []

    def keep(answer):
        if answer.place_id == "b.social":
            raise error
        kept.append(answer.place_id)

    places = ["a.social", "b.social", *(f"i{nth}.social" for nth in range(50))]
    server.play("a.social", faulty.after(0.2))
    with pytest.raises(type(error), match="the disk is full"):
        asked(mastodon, places, keep=keep, width=2)
    assert "a.social" in kept
    assert len(server.calls) < 50
    assert Counter(kept) == Counter(server.n_calls().keys() - {"b.social"})


def test_what_must_not_be_spent_is_not_asked_and_each_try_counts(server, asked):
    spent = []

    def before_call(place):
        if len(spent) == 3:
            raise NotAsked("budget", "3 of 3 USD are spent")
        spent.append(place)

    server.play("638242", faulty.refused(503), faulty.fine)
    outcomes, kept = asked(x_v2, ["berlin", "stuttgart", "hamburg", "munich"], width=1, before_call=before_call)
    assert spent == ["berlin", "stuttgart", "hamburg"]
    assert [(outcome.state, outcome.reason) for outcome in outcomes.values()] == [
        ("failed", "source_error"),
        ("captured", None),
        ("captured", None),
        ("skipped", "budget"),
    ]
    assert outcomes["berlin"].detail.endswith("(asked 1 times; then 3 of 3 USD are spent)")
    assert outcomes["munich"].detail == "3 of 3 USD are spent"
    assert len(kept) == 2


def test_a_stop_lets_the_calls_under_way_land(server, asked, clock):
    places = [f"i{nth}.social" for nth in range(20)]

    def stop_at_the_third(done, total):
        assert total == 20
        clock.is_stopped = done >= 3

    outcomes, kept = asked(mastodon, places, width=2, progress=stop_at_the_third)
    states = Counter((outcome.state, outcome.reason) for outcome in outcomes.values())
    assert states == {("captured", None): len(kept), ("skipped", "stopped"): 20 - len(kept)}
    assert 3 <= len(kept) == len(server.calls) <= 5


def test_no_call_begins_at_the_end_or_later(server, asked, clock):
    server.play("b.social", faulty.refused(503))
    outcomes, _ = asked(mastodon, ["a.social", "b.social"], until=NOON + timedelta(seconds=1))
    assert (outcomes["a.social"].state, outcomes["b.social"].reason, outcomes["b.social"].n_calls) == ("captured", "source_error", 2)
    late, _ = asked(mastodon, ["a.social"], until=clock.time)
    assert (late["a.social"].state, late["a.social"].reason, late["a.social"].n_calls) == ("failed", "deadline", 0)


def test_who_waits_for_a_call_under_way_is_not_given_up_before_it_is_back(server, asked, monkeypatch):
    """It never reached the source, and so leaves its place under the limit to the other."""
    ask = mastodon.ask

    def late(place_id, wire):
        time.sleep(0.05)
        if place_id == "a.social":
            raise Unanswered("unreachable", "no such host", reached=False)
        return ask(place_id, wire)

    monkeypatch.setattr(mastodon, "ask", late)
    outcomes, _ = asked(mastodon, ["a.social", "b.social"], pacer=Pacer(Limit(1, timedelta(hours=2))), patience=Patience(1))
    assert [(outcome.state, outcome.reason) for outcome in outcomes.values()] == [("failed", "unreachable"), ("captured", None)]


def test_a_fault_of_ours_costs_one_place(server, asked, monkeypatch):
    ask = mastodon.ask
    monkeypatch.setattr(mastodon, "ask", lambda place_id, wire: {}[place_id] if place_id == "b.social" else ask(place_id, wire))
    outcomes, _ = asked(mastodon, ["a.social", "b.social", "c.social"])
    assert [(outcome.reason, outcome.detail) for outcome in outcomes.values()] == [(None, None), ("unexpected", "KeyError"), (None, None)]


def test_a_hundred_instances_that_take_100_ms_land_within_5_s(server):
    places = [f"i{nth}.social" for nth in range(100)]
    for place in places:
        server.play(place, faulty.after(0.1))
    kept = []
    began = time.monotonic()
    outcomes = ask_all(mastodon, places, wire=Wire(base_url=server.url), keep=kept.append, until=Clock().now() + timedelta(minutes=1))
    assert time.monotonic() - began < 5
    assert {outcome.state for outcome in outcomes} == {"captured"}
    assert Counter(answer.place_id for answer in kept) == Counter(places)


def test_a_source_that_fails_at_random_loses_and_repeats_nothing(server, asked):
    chance = random.Random(30)
    faults = [faulty.refused(503), faulty.cut_in_half, faulty.hang_up, faulty.refused(429)]
    places = [f"i{nth}.social" for nth in range(60)]
    for place in places:
        server.play(place, *(chance.choice(faults) if chance.random() < 0.3 else faulty.fine for _ in range(3)))
    outcomes, kept = asked(mastodon, places, patience=Patience(3))
    captured = {place for place, outcome in outcomes.items() if outcome.state == "captured"}
    assert kept == {place: answer("mastodon", place) for place in captured}
    assert len(captured) > 50
    assert {place for place in places if outcomes[place].n_calls == 3} >= set(places) - captured


def test_json_of_every_outcome_is_for_people(server, asked):
    server.play("b.social", faulty.refused(500, {"error": "\x1b[31m" + "x" * 5_000}))
    outcomes, _ = asked(mastodon, ["b.social"])
    assert outcomes["b.social"].detail.isprintable()
    assert len(json.dumps(outcomes["b.social"].detail)) < 500
