"""The topics that trend, asked about: each once a slot, the first ones first, and never beyond the budget."""

import json
import random
from datetime import timedelta

import pytest

from flows.report import markdown
from tests import faulty
from tests.faulty import NOON, FakeClock, Faulty
from tests.test_capturing import WOEIDS, refined
from twilytics import capturing
from twilytics.answers import Answer
from twilytics.bronze import tweets as bronze
from twilytics.cli import outcome
from twilytics.cycle import CycleReport
from twilytics.errors import SettingError
from twilytics.gate import Checked
from twilytics.gold import topic_volume, trends
from twilytics.listening import top_titles
from twilytics.observatory import Observatory
from twilytics.patience import Patience
from twilytics.refinement import Refined
from twilytics.settings import Settings
from twilytics.silver import quarantine, tweets
from twilytics.snapshot import Snapshot
from twilytics.sources import x_counts, x_search
from twilytics.sources.envelope import opened
from twilytics.tables import of_layer

TEXT, AUTHOR = "MARKEDTEXT", "63046977"
MINUTE = timedelta(minutes=1)
COUNT, SEARCH = 0.005, 10 * 0.005


@pytest.fixture
def settings(x_settings: Settings) -> Settings:
    return x_settings.model_copy(update={"places": ("berlin", "hamburg"), "tweets": 2})


def asked(settings: Settings, minute: float = 0) -> capturing.Asked:
    with Observatory(settings) as observatory:
        patience = Patience(tries=2, chance=random.Random(0))
        return capturing.capture(observatory, clock=FakeClock(NOON + minute * MINUTE), patience=patience)


def list_of(place_id: str, *names: str, minute: int = 0) -> Answer:
    payload = json.dumps({"data": [{"trend_name": name} for name in names]}).encode()
    return Answer("x-v2", place_id, NOON + minute * MINUTE, NOON, payload)


def test_the_first_topics_of_all_places_come_before_the_second_ones_and_each_comes_once():
    lists = [list_of("1", "HSV", "Wahl", "Regen"), list_of("2", "#hsv", "Tatort", minute=1), list_of("3", "Wahl", "wahl", "Bahn", minute=2)]
    assert top_titles(lists, 1) == ["HSV", "Wahl"]
    assert top_titles(lists, 2) == ["HSV", "Wahl", "Tatort", "Bahn"]


def test_of_a_place_that_was_captured_twice_the_earlier_list_tells():
    assert top_titles([list_of("1", "later", minute=5), list_of("1", "first")], 1) == ["first"]


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("#HSV", "#HSV"),
        ("＃HSV", "#HSV"),
        ("FC Bayern", '"FC Bayern"'),
        ('say "hi" OR from:me', '"say hi OR from:me"'),
        ("-is:retweet", '"-is:retweet"'),
        ("a\\", '"a"'),
        ("x" * 600, '"' + "x" * 510 + '"'),
    ],
)
def test_what_a_stranger_named_a_topic_is_no_operator_of_the_search(title: str, query: str):
    assert x_search.query(title) == query


def test_what_trends_is_counted_and_read_and_what_was_counted_is_its_volume(settings: Settings, server: Faulty):
    found = asked(settings)
    assert [(about.source, len(about.outcomes), about.missing) for about in found.about] == [(x_counts.NAME, 4, ()), (x_search.NAME, 4, ())]
    calls = [call for call in server.calls if call.path.startswith("/2/tweets/")]
    assert {call.query["query"] for call in calls} == {f'"topic {nth} of {WOEIDS[place]}"' for nth in (0, 1) for place in settings.places}
    assert {call.query.get("end_time") for call in calls if "counts" in call.path} == {"2026-11-24T11:59:30Z"}
    with Observatory(settings) as observatory:
        refined(observatory)
        lake = observatory.lake
        assert lake.read(bronze.TABLE).num_rows == 8
        volumes = {(row["place"], row["rank"]): row["volume"] for row in lake.read(trends.TABLE).to_pylist() if row["rank"] <= 3}
        assert volumes == {(place, rank): 19 if rank < 3 else None for place in settings.places for rank in (1, 2, 3)}
        read = lake.read(topic_volume.TABLE).select(["n_tweets", "n_authors", "n_geo", "languages"]).to_pylist()
        assert read == [{"n_tweets": 19, "n_authors": 2, "n_geo": 0, "languages": "de"}] * 4


def test_a_topic_that_the_slot_has_is_not_asked_about_again_and_one_that_failed_is(settings: Settings, server: Faulty):
    query = f'"topic 0 of {WOEIDS["berlin"]}"'
    server.play(query, faulty.refused(404), faulty.refused(404), faulty.fine)  # its count and its search, then neither
    first = asked(settings)
    assert [[outcome.reason for outcome in about.missing] for about in first.about] == [["not_found"], ["not_found"]]
    before = len(server.calls)
    again = asked(settings, 10)
    assert [[outcome.place for outcome in about.outcomes] for about in again.about] == [[query.strip('"')]] * 2
    with Observatory(settings) as observatory:
        refined(observatory)
        told = {(row["reason"], row["scope"]) for row in observatory.lake.read(tweets.TABLE).to_pylist()}
        assert told == {(None, None), ("not_found", "call")}
        assert observatory.lake.read(quarantine.TABLE).num_rows == 0
    assert (len(server.calls) - before, asked(settings, 20).n_known) == (2, 2)
    assert len(server.calls) - before == 2


def test_posts_that_were_not_found_are_not_paid_for_and_the_budget_is_never_passed(settings: Settings, server: Faulty):
    trends_of_two = 2 * 0.01
    asked(settings)
    with Observatory(settings) as observatory:
        spent = observatory.store.spending.in_month(NOON)
        assert spent.usd == pytest.approx(trends_of_two + 4 * COUNT + 4 * 4 * 0.005)  # a search gives four posts here
        assert spent.n_calls == 2 + 4 + 4
    enough = settings.model_copy(update={"x_monthly_budget_usd": spent.usd + trends_of_two + 4 * COUNT + SEARCH})
    found = asked(enough, 60)
    # Of searches side by side each is counted at the most it can cost, until what it gave is known.
    assert (found.about[0].missing, 1 <= len(found.about[1].missing) <= 3) == ((), True)
    assert {outcome.reason for outcome in found.about[1].missing} == {"budget"}
    with Observatory(enough) as observatory:
        assert observatory.store.spending.in_month(NOON).usd <= enough.x_monthly_budget_usd


def marked(source: str, **parts: object) -> bytes:
    """A search answer of one post with a text and an author that are known again, and else a count."""
    if source == x_counts.NAME:
        return faulty.about(source, "query", 1)
    return json.dumps({"data": [{"id": "12", "author_id": AUTHOR, "text": TEXT, "lang": "de", **parts}]}).encode()


def test_no_text_and_no_author_is_in_anything_that_is_told_of_searches_that_cannot_be_read(
    settings: Settings, server: Faulty, capsys: pytest.CaptureFixture[str]
):
    odd = {"text": TEXT, "author_id": AUTHOR}
    of_place = {place: [f'"topic {nth} of {WOEIDS[place]}"' for nth in (0, 1)] for place in settings.places}
    for queries in of_place.values():
        server.play(queries[0], lambda request: request.give(marked(request.source).removesuffix(b"}]}")))
    server.play(of_place["berlin"][1], lambda request: request.give(marked(request.source, lang=odd, geo=odd, public_metrics=[odd])))
    server.play(of_place["hamburg"][1], lambda request: request.give(marked(request.source), 503))
    found = asked(settings)
    assert [len(about.missing) for about in found.about] == [3, 3]
    line = json.dumps({"source": x_search.NAME, "place": "1", "title": "HSV", "payload": [odd]}).encode()
    with Observatory(settings) as observatory:
        observatory.spool.write([opened(line, NOON), opened(line[:-1], NOON)])
        refined(observatory)
        tables = {table.name: observatory.lake.read(table).to_pylist() for layer in ("silver", "gold") for table in of_layer(layer)}
    outcome.asked(found)
    told = [tables, found, capsys.readouterr().out, markdown(CycleReport(found, 0, Snapshot(), Refined(), Checked(), None))]
    assert {row["reason"] for row in tables[quarantine.TABLE.name]} == {"not_json", "post_place", "time_missing", "line_not_json"}
    assert tables[topic_volume.TABLE.name]
    assert (TEXT in repr(told), AUTHOR in repr(told)) == (False, False)


def test_nothing_is_asked_about_unless_that_was_asked_for(settings: Settings, server: Faulty):
    assert asked(settings.model_copy(update={"tweets": "off"})).about == ()
    assert not any("tweets" in call.path for call in server.calls)


def test_asking_about_topics_wants_x_s_token_whatever_the_source(settings: Settings):
    with pytest.raises(SettingError, match="TWILYTICS_TWEETS=2 asks X, which wants TWILYTICS_X_BEARER_TOKEN"):
        asked(settings.model_copy(update={"source": "mastodon", "places": ("mastodon.social",), "x_bearer_token": None}))
