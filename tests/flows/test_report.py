"""The artifact of a cycle, and its events."""

import json
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import pytest

from flows import assets
from flows import report as artifact
from flows.report import KEY, told
from twilytics import report as page
from twilytics.cycle import CycleReport
from twilytics.dataproc.run import BatchRun
from twilytics.gate import Checked
from twilytics.observatory import Observatory
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


def test_the_artifact_names_the_report_where_one_was_written(tmp_path, monkeypatch):
    path = page.usual_path(tmp_path)
    with Observatory(Settings(home=tmp_path, _env_file=None)) as observatory:
        assert "report:" not in links(observatory, monkeypatch)
        path.touch()
        assert f"- report: ` {path} `" in links(observatory, monkeypatch)


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
