"""A source that fails at random: what it serves in each hour, which calls it fails and how, and what it says itself that it did."""

import json
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import faulty
from tests.faulty import FakeClock, Fault, Faulty, Request
from twilytics import slot_calls
from twilytics.places import of
from twilytics.slots import floor
from twilytics.sources import ABOUT_TOPICS, x_counts
from twilytics.sources.bounds import Bounds
from twilytics.sources.reply import Reply
from twilytics.sources.simulated_world import World
from twilytics.sources.wire import Wire

HOUR = timedelta(hours=1)
SHARE_FAILING = 0.3
NO_TOPICS, HTML = "no_topics", "html"
#: What is played, and the reason that `gold.coverage` has to tell. Most can pass; a page and a 404 are not asked for again at once.
FAULTS: Sequence[tuple[Fault, str]] = (
    (faulty.refused(503), "source_error"),
    (faulty.refused(503), "source_error"),
    (faulty.slow_body, "timeout"),
    (faulty.cut_in_half, "cut_off"),
    (faulty.cut_between_chunks, "cut_off"),
    (faulty.hang_up, "cut_off"),
    (faulty.limited_for(45), "rate_limited"),
    (faulty.refused(429), "rate_limited"),
    (faulty.html, HTML),
    (faulty.html, HTML),
    (faulty.refused(404, {"title": "Not Found Error", "status": 404}), "not_found"),
    (faulty.refused(404, {"title": "Not Found Error", "status": 404}), "not_found"),
)
#: Of these the product keeps what came, although no topic can be read in it.
KEPT = {HTML, NO_TOPICS}
#: What hangs is given up after so long: by the usual bounds the week would take an hour.
IMPATIENT = Bounds(connect_s=5, total_s=0.2)
LATE_S = 30  # a busy machine's server comes to a call after so long at most


@dataclass(frozen=True)
class Told:
    """A call as the server saw it: for what, when by the simulated clock, and why it failed, None where it gave the list.
    ``asked`` is a place's key, or the topic as it was searched for; ``body`` what was sent of a whole answer, kept or not."""

    source: str
    asked: str
    at: datetime
    reason: str | None
    body: bytes | None = None

    @property
    def slot(self) -> datetime:
        return floor(self.at, HOUR)

    @property
    def what(self) -> tuple[str, str, datetime]:
        return self.source, self.asked, self.slot


class Unreliable:
    """What the server plays. Each call's fate follows from the seed, what is asked, the hour and how often that was asked in it,
    so that it does not matter which of two calls side by side comes first."""

    def __init__(self, server: Faulty, clock: FakeClock, places: Sequence[str], seed: int) -> None:
        self.clock, self.seed = clock, seed
        self.told: list[Told] = []
        self._world = World(places, seed)
        self._keys = {str(of("x-v2")[key].woeid): key for key in places}
        self._n_asked: Counter[tuple[datetime, str, str]] = Counter()
        self._lists: dict[datetime, Mapping[str, bytes]] = {}
        self._lock = threading.Condition()
        server.faults = defaultdict(lambda: [self.answer])

    def answer(self, request: Request) -> None:
        """Play a call's fate and note it."""
        path, asked = _asked(request.path.split("/", 2)[2])
        with self._lock:
            slot = floor(self.clock.now(), HOUR)
            fault, reason = self._fate(path, asked)
            self._n_asked[slot, path, asked] += 1
            body = {HTML: faulty.HTML}.get(reason or "", None if reason else self._body(request.source, asked, slot))
            if reason is None and body is not None and _is_empty(body):
                reason = NO_TOPICS
            self.told.append(Told(request.source, self._keys.get(asked, asked), self.clock.now(), reason, body))
            self._lock.notify_all()
        if fault is None and body is not None:
            request.give(body)
        elif fault is not None:
            fault(request)

    @contextmanager
    def bounds(self, path: str, asked: str, usual: Bounds) -> Iterator[Bounds]:
        """Of the next such call: soon given up where it will hang, else the usual ones, however busy the machine is."""
        with self._lock:
            hangs = self._fate(path, asked)[0] is faulty.slow_body
            key = floor(self.clock.now(), HOUR), path, asked
            n_asked = self._n_asked[key]
        try:
            yield IMPATIENT if hangs else usual
        finally:
            self._await(key, n_asked)

    def _await(self, key: tuple[datetime, str, str], n_asked: int) -> None:
        with self._lock:  # who gave up has to have been noted before another call goes
            assert self._lock.wait_for(lambda: self._n_asked[key] > n_asked, LATE_S), "the server never heard of a call"

    def _fate(self, path: str, asked: str) -> tuple[Fault | None, str | None]:
        slot = floor(self.clock.now(), HOUR)
        chance = random.Random(f"{self.seed} {slot} {path} {asked} {self._n_asked[slot, path, asked]}")
        return chance.choice(FAULTS) if chance.random() < SHARE_FAILING else (None, None)

    def _body(self, source: str, asked: str, slot: datetime) -> bytes:
        if source in ABOUT_TOPICS:
            return _about(source, asked, slot)
        if slot not in self._lists:
            answers = self._world.answers(int(slot.timestamp()) // 3600)
            self._lists[slot] = {key: _as_x_gives_it(entries) for key, _, entries in answers}
        return self._lists[slot].get(self._keys[asked], _as_x_gives_it([]))  # a town that the world says nothing of has no topics


@contextmanager
def waiting_briefly(source: Unreliable) -> Iterator[None]:
    """Have calls that the source lets hang given up soon; every other one may take as long as ever."""
    get = Wire.get

    def impatiently(wire: Wire, base: str, path: str, params: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
        with source.bounds(*_asked(path.removeprefix("/"), params.get("query")), wire.bounds) as bounds:
            return get(replace(wire, bounds=bounds), base, path, params, headers)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slot_calls.Wire, "get", impatiently)
        yield


def _asked(path: str, query: str | None = None) -> tuple[str, str]:
    """The path, and what is asked for: the query where there is one, else the WOEID at the path's end."""
    url = urlsplit(path)
    query = query or parse_qs(url.query).get("query", [None])[0]
    return url.path, query or url.path.rpartition("/")[2]


def _as_x_gives_it(entries: Sequence[bytes]) -> bytes:
    told = (json.loads(entry) for entry in entries)
    return json.dumps({"data": [{"trend_name": one["name"], "tweet_count": one.get("volume")} for one in told]}).encode()


def _is_empty(body: bytes) -> bool:
    return json.loads(body)["data"] == []


def _about(source: str, query: str, slot: datetime) -> bytes:
    """Posts, or a count, of the hour before, as many as the query is long."""
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (slot - HOUR, slot))
    if source == x_counts.NAME:
        return json.dumps({"data": [{"start": start, "end": end, "tweet_count": len(query)}]}).encode()
    n = 1 + len(query) % 9
    posts = [{"id": f"{len(query)}{nth}", "author_id": str(nth % 3), "created_at": start, "lang": "de", "text": query} for nth in range(n)]
    return json.dumps({"data": posts, "meta": {"result_count": n}}).encode()
