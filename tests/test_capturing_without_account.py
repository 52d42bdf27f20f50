"""Mastodon and Bluesky, which want no account: from the call to gold, and a hundred instances at once."""

import json
import os
import time
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from tests import faulty
from tests.drawn import same
from tests.faulty import NOON, FakeClock, Faulty
from tests.test_capturing import waiting
from twilytics import capturing, slot_calls
from twilytics.cycle import cycle
from twilytics.gold import change_rate, coverage, trends
from twilytics.observatory import Observatory
from twilytics.patience import Patience
from twilytics.settings import Settings
from twilytics.sources.wire import Wire

HOUR = timedelta(hours=1)
NETWORK = "public.api.bsky.app"


@pytest.fixture
def settings(server: Faulty, mongodb_uri: str, postgres_dsn: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An observatory whose sources the server plays: no setting names another address for these two."""
    monkeypatch.setattr(slot_calls, "Wire", partial(Wire, base_url=server.url))
    return Settings(home=tmp_path, mongodb_uri=mongodb_uri, postgres_dsn=postgres_dsn, _env_file=None)


def body(source: str, *topics: tuple[str, int]) -> bytes:
    """A list with its volumes, in the source's own shape: Mastodon's numbers are text, by day, and Bluesky has a name to be shown."""
    if source == "bluesky":
        return json.dumps({"trends": [{"topic": name.lower(), "displayName": name, "postCount": n} for name, n in topics]}).encode()
    yesterday = {"day": "1795392000", "uses": "9"}
    return json.dumps([{"name": name, "history": [{"day": "1795478400", "uses": str(n)}, yesterday]} for name, n in topics]).encode()


@pytest.mark.parametrize(("source", "place"), [("mastodon", "mastodon.social"), ("bluesky", NETWORK)])
def test_what_trends_there_comes_to_gold_and_what_failed_to_coverage(settings: Settings, server: Faulty, source: str, place: str):
    first, second = body(source, ("HSV", 12), ("Tatort", 7)), body(source, ("Regen", 30), ("HSV", 15), ("Wahl", 1))
    server.play(
        place,
        lambda request: request.give(first),
        faulty.refused(503),
        lambda request: request.give(second),
        faulty.html,
    )
    with Observatory(settings.model_copy(update={"source": source, "places": (place,)})) as observatory:
        for hour in range(3):
            capturing.capture(observatory, clock=FakeClock(NOON + hour * HOUR), patience=Patience(2))
        cycle(observatory)
        lake = observatory.lake
        same(
            trends.TABLE,
            lake.read(trends.TABLE),
            f"""
            place   | slot             | rank | topic  | title  | volume
            {place} | 2026-11-24 12:00 | 1    | hsv    | HSV    | 12
            {place} | 2026-11-24 12:00 | 2    | tatort | Tatort | 7
            {place} | 2026-11-24 13:00 | 1    | regen  | Regen  | 30
            {place} | 2026-11-24 13:00 | 2    | hsv    | HSV    | 15
            {place} | 2026-11-24 13:00 | 3    | wahl   | Wahl   | 1
            """,
        )
        same(
            change_rate.TABLE,
            lake.read(change_rate.TABLE),
            f"""
            place   | slot             | n_new | n_gone | change_rate
            {place} | 2026-11-24 12:00 | NULL  | NULL   | NULL
            {place} | 2026-11-24 13:00 | 2     | 1      | 0.666667
            """,
        )
        same(
            coverage.TABLE,
            lake.read(coverage.TABLE),
            f"""
            place   | slot             | state    | reason
            {place} | 2026-11-24 12:00 | captured | NULL
            {place} | 2026-11-24 13:00 | captured | NULL
            {place} | 2026-11-24 14:00 | failed   | html
            """,
        )
    assert len(server.calls) == 4


def test_a_hundred_instances_that_take_100_ms_are_on_disk_within_5_s(settings: Settings, server: Faulty, monkeypatch: pytest.MonkeyPatch):
    places = tuple(f"i{nth}.social" for nth in range(100))
    for place in places:
        server.play(place, faulty.after(0.1))
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (fsync(file), synced.append(file)))
    with Observatory(settings.model_copy(update={"source": "mastodon", "places": places})) as observatory:
        began = time.monotonic()
        found = capturing.capture(observatory, clock=FakeClock(), patience=Patience(1))
        assert time.monotonic() - began < 5
        assert found.n_captured == 100
        assert Counter((answer.place_id, answer.payload) for answer in waiting(observatory)) == Counter(
            (place, faulty.answer("mastodon", place)) for place in places
        )
    assert len(synced) >= 2 * len(places)  # each segment, and the folder that names it
