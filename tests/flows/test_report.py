"""The artifact of a cycle, and its events."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import pytest
from prefect import flow

from flows import assets, server
from flows import report as artifact
from flows.report import KEY, told
from tests import valid
from twilytics import quality
from twilytics import report as page
from twilytics.capturing import Asked
from twilytics.cycle import CycleReport
from twilytics.dataproc.run import BatchRun
from twilytics.failures import Failure
from twilytics.gate import Checked
from twilytics.gold import topic_days
from twilytics.listening import About
from twilytics.observatory import Observatory
from twilytics.outcomes import Outcome
from twilytics.publication import Published
from twilytics.refinement import Refined
from twilytics.settings import Settings
from twilytics.snapshot import Snapshot
from twilytics.tables import definitions

IDLE = CycleReport(None, 0, Snapshot(), Refined(), Checked(), None)
SECRETIVE = "#unmistakable-topic"
SECONDS_AT_MOST = 60


def links(observatory: Observatory, monkeypatch) -> str:
    """What the artifact of a cycle that did nothing says of where things are."""
    written = []
    monkeypatch.setattr("flows.report.create_markdown_artifact", lambda **artifact: written.append(artifact))
    with told(observatory) as tell:
        tell(IDLE)
    ((artifact),) = written
    assert artifact["key"] == KEY
    return artifact["markdown"]


def test_the_artifact_links_the_report_where_our_pages_have_it_and_else_says_where_it_is(tmp_path, monkeypatch):
    path = page.usual_path(tmp_path)
    with Observatory(Settings(home=tmp_path, _env_file=None)) as observatory:
        assert "- report: ` twilytics report ` writes it\n" in links(observatory, monkeypatch)
        path.touch()
        assert f"- report: ` {path} `\n" in links(observatory, monkeypatch)
        with server.alone(tmp_path), server.announced(tmp_path, "http://127.0.0.1:4200/api", is_own=True):
            assert "- [the report](/report), as it is when you open it\n" in links(observatory, monkeypatch)
        with server.alone(tmp_path), server.announced(tmp_path, "https://prefect.example/api", is_own=False):
            assert f"- report: ` {path} `\n" in links(observatory, monkeypatch)


HELD = Outcome("berlin", "captured", n_calls=1)
SPENT = "TWILYTICS_X_MONTHLY_BUDGET_USD=5: 4.995 USD were spent in 2020-07, and a call costs 0.01"
REFUSED = Outcome("hamburg", "failed", "forbidden", "HTTP 403: code 453. The app needs the Basic level", 1)


def asked(*outcomes: Outcome, about: tuple[About, ...] = ()) -> str:
    """The artifact of a cycle that asked for two places, one of which was captured before."""
    return artifact.markdown(replace(IDLE, asked=Asked(datetime(2020, 7, 18, 12, tzinfo=UTC), 1, outcomes, about)))


def test_the_artifact_says_what_was_captured_and_what_is_missing_of_the_slot():
    told = asked(HELD, REFUSED)
    assert "- captured: 1 of 2 places for 2020-07-18 12:00 UTC\n" in told
    assert "- missing: ` hamburg: failed, forbidden: HTTP 403: code 453. The app needs the Basic level `\n" in told
    assert told.count("missing") == 1


def test_the_artifact_says_that_the_budget_was_reached_for_places_and_for_topics():
    topics = [Outcome(f"{SECRETIVE} {n}", "skipped", "budget", SPENT) for n in range(2)]
    told = asked(HELD, Outcome("hamburg", "skipped", "budget", SPENT), about=(About("x-v2-counts", (HELD, *topics)),))
    assert f"- missing: ` hamburg: skipped, budget: {SPENT} `\n" in told
    assert f"- asked x-v2-counts about 3 topics, 2 of them in vain; 2 of them ` budget: {SPENT} `\n" in told
    assert SECRETIVE not in told


SAYS = [
    ("forbidden", "The source refused the request (HTTP 403, or no access to this call)."),
    ("redirected", "The source points to another address, which is not followed (HTTP 3xx)."),
    ("unreadable: wrong_shape", "The answer is JSON, but not of the shape that this source gives."),
    ("deadline", "No time was left to ask before the next slot."),
]


@pytest.mark.parametrize(("reason", "says"), SAYS)
def test_why_topics_were_asked_about_in_vain_is_told_without_a_word_that_may_name_them(reason: str, says: str):
    vain = Outcome(SECRETIVE, "failed", reason, f'HTTP 400: no rule "{SECRETIVE}"', 1)
    told = asked(HELD, about=(About("x-v2-search", (vain,)),))
    assert f"- asked x-v2-search about 1 topics, 1 of them in vain; 1 of them ` {reason}: {says} `\n" in told
    assert SECRETIVE not in told


def test_of_an_answer_that_could_not_be_read_nothing_is_quoted():
    unread = Outcome("hamburg", "failed", "unreadable: html", f"<p>{SECRETIVE}", 1)
    told = asked(HELD, unread)
    assert "- missing: ` hamburg: failed, unreadable: html: The answer is a web page, not data. `\n" in told


def failed() -> tuple[Failure, ...]:
    """A topic's day that breaks a rule, of a table whose rows are told apart by topics."""
    row = valid.row(topic_days.TABLE) | {"place": "berlin", "topic": SECRETIVE, "title": SECRETIVE, "best_rank": 0}
    found = tuple(quality.check(topic_days.TABLE, valid.rows(topic_days.TABLE, row), scope="2020-07-18"))
    assert all(SECRETIVE in str(failure) for failure in found)
    return found


BROKEN = "gold.topic_days: best_rank must be at least 1: 1 of 1 rows of 2020-07-18, e.g. berlin 2020-07-18 12:00 (0)"


def test_a_warning_in_the_artifact_tells_rule_place_and_count_and_names_no_topic():
    told = artifact.markdown(replace(IDLE, checked=Checked(warnings=failed())))
    assert f"- ` {BROKEN} `\n" in told
    assert SECRETIVE not in told


def test_a_failed_gate_tells_prefect_the_rule_and_no_topic(served, prefect, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr("flows.report.create_markdown_artifact", lambda **artifact: written.append(artifact["markdown"]))

    @flow(name="stopped by the gate")
    def stopped() -> None:
        with Observatory(Settings(home=tmp_path, _env_file=None)) as observatory, told(observatory):
            quality.gate(failed())

    state = stopped(return_state=True)
    assert state.name == "Failed"
    known = b"".join(path.read_bytes() for path in (served.home / "prefect").glob("prefect.db*"))
    (says,) = written
    for text in (says, state.message, known.decode("utf-8", "replace")):
        assert BROKEN in text
        assert SECRETIVE not in text


def test_a_batch_is_told_with_what_it_took_and_what_it_wrote_last():
    run = BatchRun("tw-1", "https://console/tw-1", "SUCCEEDED", 150.0, 1.5, 2.0, 0.1, "2026-11", ("12 rows", "*bold*"))
    assert artifact._batch(run) == [
        "batch: [tw-1](https://console/tw-1), succeeded, 2.5 minutes, 1.50 DCU-hours and 2.00 GB-hours of shuffle, "
        "0.10 USD (prices of 2026-11)",
        "it wrote: ` 12 rows `",
        "it wrote: ` *bold* `",
    ]
    assert artifact._batch(BatchRun("tw-2", "https://console/tw-2", "SUCCEEDED", 60.0)) == [
        "batch: [tw-2](https://console/tw-2), succeeded, 1.0 minutes"
    ]


def published(**counts) -> Published:
    return Published(7, datetime(2020, 7, 18, 12, 5, tzinfo=UTC), "2020-07-18 12:00", counts, counts)


def test_every_table_has_a_key_that_is_the_same_everywhere():
    keys = [assets.asset(name).key for name in definitions()]
    assert len(set(keys)) == len(keys)
    assert "twilytics://gold/change_rate" in keys
    assert {(urlsplit(key).scheme, urlsplit(key).netloc) for key in keys} == {
        ("twilytics", layer) for layer in ("bronze", "silver", "gold")
    }


def test_what_was_made_and_what_was_published_is_told_once_inputs_first():
    told = assets.written({"gold.change_rate": 3, "silver.entries": 50}, published(**{"gold.change_rate": 2}))
    assert list(told.items()) == [("silver.entries", {"n_made": 50}), ("gold.change_rate", {"n_made": 3, "n_rows": 2, "n_written": 2})]


def test_a_cycle_that_published_nothing_emits_nothing(monkeypatch):
    monkeypatch.setattr("flows.assets.emit_event", lambda **_: pytest.fail("an event"))
    assets.emit(IDLE, "duckdb")


@pytest.fixture(scope="module")
def replayed(served, tmp_path_factory):
    """What the replay of one answer told."""
    archive = tmp_path_factory.mktemp("events") / "archive.jsonl"
    payload = [
        {"trends": [{"name": SECRETIVE, "tweet_volume": 7}], "as_of": "2020-08-18T12:00:00Z", "locations": [{"name": "x", "woeid": 1}]}
    ]
    answer = {"source": "x-v1.1", "place": "638242", "captured_at": "2020-08-18T12:00:00Z", "payload": payload}
    archive.write_text(json.dumps(answer))
    ended = served.twilytics("replay", str(archive), "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def events(served, replayed):
    """All that the server has of it, by name."""
    batch = replayed["published"]["batch"]
    deadline = time.monotonic() + SECONDS_AT_MOST
    while True:
        found: dict[str, list[dict]] = {}
        for name in (assets.PUBLISHED, assets.MATERIALIZED, assets.REFERENCED):
            asked = {"filter": {"event": {"name": [name]}}, "limit": 50}
            found[name] = httpx.post(f"{served.url}/events/filter", json=asked).json()["events"]
        of_batch = {name: [event for event in named if event["payload"].get("batch", batch) == batch] for name, named in found.items()}
        if of_batch[assets.PUBLISHED] and len(of_batch[assets.MATERIALIZED]) >= len(of_batch[assets.PUBLISHED][0]["payload"]["tables"]):
            return of_batch
        assert time.monotonic() < deadline, found
        time.sleep(0.3)


def test_a_publication_is_one_event_that_names_its_tables_and_their_versions(events, replayed):
    (event,) = events[assets.PUBLISHED]
    assert event["resource"]["prefect.resource.id"].startswith("twilytics.lake.")
    captures = event["payload"]["tables"]["gold.captures"]
    published = replayed["published"]
    assert (captures["n_rows"], captures["n_written"]) == (published["n_rows"]["gold.captures"], published["n_written"]["gold.captures"])
    assert captures["n_made"] == replayed["refined"]["rows"]["gold.captures"] > 0
    assert captures["lake_version"] == published["lake_versions"]["gold.captures"] > 0
    assert event["payload"]["slots"] == published["slots"]


def test_the_run_is_among_what_the_event_is_related_to(events):
    (event,) = events[assets.PUBLISHED]
    assert "flow-run" in {related["prefect.resource.role"] for related in event["related"]}


def test_each_table_is_an_asset_with_the_inputs_of_its_declaration(events):
    made = {event["resource"]["prefect.resource.id"]: event for event in events[assets.MATERIALIZED]}
    change_rate = made["twilytics://gold/change_rate"]
    upstream = {one["prefect.resource.id"] for one in change_rate["related"] if one["prefect.resource.role"] == "asset"}
    assert upstream == {"twilytics://gold/trends", "twilytics://gold/captures"}
    assert "duckdb" in {one["prefect.resource.id"] for one in change_rate["related"]}
    assert change_rate["resource"]["prefect.asset.description"].startswith("Share of a place's topics that were not trending")


def test_what_was_read_and_not_written_is_referenced(events):
    assert "twilytics://bronze/answers" in {event["resource"]["prefect.resource.id"] for event in events[assets.REFERENCED]}


def test_no_topic_and_no_path_is_in_an_event(events, served):
    told = json.dumps(events)
    assert SECRETIVE not in told
    assert str(served.home) not in told


def test_telling_of_a_publication_costs_a_cycle_little(served, prefect):
    counts = {name: 1 for name in definitions() if name.startswith("gold.")}
    done = CycleReport(None, 0, Snapshot(), Refined(rows=dict.fromkeys(definitions(), 1)), Checked(), published(**counts))
    assets.emit(done, "duckdb")
    start = time.thread_time()
    assets.emit(done, "duckdb")
    assert time.thread_time() - start < 0.05
