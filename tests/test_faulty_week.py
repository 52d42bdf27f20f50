"""A week of hourly captures from a source that fails three calls in ten: told by the server itself, hour by hour, to PostgreSQL."""

import json
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg2
import pyarrow as pa
import pytest
from pydantic import SecretStr

from tests import alike, faulty
from tests.faulty import FakeClock
from tests.services import database, open_home
from tests.unreliable import FAULTS, HOUR, KEPT, NO_TOPICS, Told, Unreliable, waiting_briefly
from twilytics import capturing
from twilytics.bronze import answers, tweets
from twilytics.cycle import cycle
from twilytics.gold import change_rate, coverage, set_aside, topic_volume, trend_equality, trends, trendsetter
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.outcomes import Outcome
from twilytics.pacer import pacer
from twilytics.patience import Patience
from twilytics.places import of
from twilytics.published import published_tables
from twilytics.refinement import refine, settle
from twilytics.render import arrow
from twilytics.settings import Settings
from twilytics.snapshot import snapshot
from twilytics.sources import x_counts, x_search
from twilytics.tables import of_layer

MONDAY = datetime(2020, 7, 27, tzinfo=UTC)  # the week ends in another month, which has an account of its own
PLACES = ("berlin", "hamburg", "munich", "vienna")
HOURS = range(7 * 24)
SEED = 30
#: A cycle comes every 42 hours: one an hour, as in life, would take minutes.
CYCLES = range(41, 168, 42)
#: In these hours the source is asked again at half past: where a cycle came between, the lake tells what there is; else the spool.
AGAIN = range(5, 168, 6)
#: In this hour X is asked about the first topic of each place as well.
CURIOUS = 41


@dataclass(frozen=True)
class Week:
    """The observatory that lived through it, what the server says of it, what each asking said, and its PostgreSQL."""

    observatory: Observatory
    told: list[Told]
    outcomes: list[Outcome]
    dsn: str

    def answered(self) -> list[Told]:
        return [call for call in self.told if call.reason is None]

    def trends_calls(self) -> list[Told]:
        return [call for call in self.told if call.source == "x-v2"]


@pytest.fixture(scope="module")
def week(mongodb_server: str, postgres_server: str) -> Iterator[Week]:
    pacer.cache_clear()
    with open_home() as home, database(postgres_server) as dsn, faulty.serving() as server:
        clock = FakeClock(MONDAY)
        source = Unreliable(server, clock, PLACES, SEED)
        usual = Settings(
            home=home, places=PLACES, x_api_url=server.url, x_bearer_token=SecretStr("token-of-a-test"), postgres_dsn=SecretStr(dsn),
            mongodb_uri=SecretStr(f"{mongodb_server}/test-{uuid.uuid4().hex}"), _env_file=None,
        )  # fmt: skip
        outcomes: list[Outcome] = []

        def ask(hour: int, minute: int) -> None:
            clock.time = MONDAY + hour * HOUR + timedelta(minutes=minute)
            asking = curious if hour == CURIOUS else observatory
            outcomes.extend(capturing.capture(asking, clock=clock, patience=Patience(tries=2, chance=random.Random(hour))).outcomes)

        with Observatory(usual) as observatory, Observatory(usual.model_copy(update={"tweets": 1})) as curious, waiting_briefly(source):
            for hour in HOURS:
                ask(hour, 1)
                if hour in CYCLES:
                    cycle(observatory)
                if hour in AGAIN:
                    ask(hour, 30)
            cycle(observatory)
            with observatory.lake.locked():
                settle(observatory)
            yield Week(observatory, source.told, outcomes, dsn)


@pytest.fixture(scope="module")
def without_faults(week: Week, mongodb_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observatory]:
    """Another observatory, which was given as an archive what the server says that it answered, all at once."""
    home = tmp_path_factory.mktemp("without")
    archive = home / "answered.jsonl"
    archive.write_bytes(b"".join(map(archived, week.answered())))
    settings = Settings(home=home, mongodb_uri=SecretStr(f"{mongodb_server}/test-{uuid.uuid4().hex}"), _env_file=None)
    with Observatory(settings) as observatory, observatory.lake.locked():
        assert replay(observatory, [archive]).n_new == len(week.answered())
        snapshot(observatory.spool, observatory.store, observatory.lake)
        refine(observatory)
        settle(observatory)
        yield observatory


def archived(call: Told) -> bytes:
    envelope = {"source": call.source, "place": place_id(call), "captured_at": call.at.isoformat(), "title": title(call)}
    return json.dumps(envelope)[:-1].encode() + b', "payload": ' + (call.body or b"") + b"}\n"


def place_id(call: Told) -> str:
    return str(of("x-v2")[call.asked].woeid) if call.source == "x-v2" else "1"


def title(call: Told) -> str | None:
    """The topic that a search was for: a phrase stands in quotation marks, a hashtag as it is."""
    return None if call.source == "x-v2" else call.asked.strip('"')


def test_the_week_has_all_that_can_happen(week: Week):
    """Nothing below is proved by a week without these."""
    n_failed = sum(call.reason not in (None, NO_TOPICS) for call in week.told)
    assert 0.27 < n_failed / len(week.told) < 0.33
    assert {call.reason for call in week.told} == {None, NO_TOPICS, *(reason for _, reason in FAULTS)}
    by_slot = defaultdict(list)
    for call in week.trends_calls():
        by_slot[call.what].append(call.reason)
    assert sum(reasons[-1] is None and len(reasons) > 1 for reasons in by_slot.values()) > 100  # had at a second try, or a second asking
    assert sum(reasons[-1] is not None for reasons in by_slot.values()) > 50  # never had
    assert any(reasons[-1] is None and len(reasons) > 3 for reasons in by_slot.values())
    assert {call.source for call in week.answered()} == {"x-v2", x_counts.NAME, x_search.NAME}


def test_coverage_says_of_each_place_and_slot_what_the_server_says(week: Week):
    expected = {}
    for call in week.trends_calls():  # of several calls the one that was answered counts, else the last one
        expected[call.asked, call.slot] = ("captured", None) if call.reason is None else ("failed", call.reason)
    assert len(expected) == len(PLACES) * len(HOURS)
    rows = week.observatory.lake.read(coverage.TABLE).to_pylist()
    assert {(row["place"], row["slot"]): (row["state"], row["reason"]) for row in rows} == expected
    assert len(rows) == len(expected)


def test_each_answer_came_to_bronze_once_to_the_byte(week: Week):
    expected = Counter(
        (call.source, place_id(call), call.at, title(call), call.body) for call in week.told if call.reason is None or call.reason in KEPT
    )
    lake = week.observatory.lake
    rows = [*lake.read(answers.TABLE).to_pylist(), *lake.read(tweets.TABLE).to_pylist()]
    whole = (row for row in rows if row["fault"] is None)
    assert Counter((row["source"], row["place_id"], row["captured_at"], row.get("title"), row["payload"]) for row in whole) == expected
    assert week.observatory.store.waiting() == week.observatory.spool.waiting() == 0


def test_nobody_is_asked_again_for_what_was_answered(week: Week):
    have = set()
    for call in week.told:
        assert call.what not in have, call
        if call.reason is None:
            have.add(call.what)
    assert sum(outcome.state == "captured" for outcome in week.outcomes) == sum(what[0] == "x-v2" for what in have)


def test_every_call_that_the_server_had_is_counted_and_none_besides(week: Week):
    """X takes 1 cent for each request of trends, half a cent for a count, and for each post that a search gives."""
    for month in (MONDAY, MONDAY + timedelta(days=6)):
        calls = [call for call in week.told if (call.at.year, call.at.month) == (month.year, month.month)]
        spent = week.observatory.store.spending.in_month(month)
        assert spent.n_calls == len(calls) > 0
        assert spent.usd == pytest.approx(sum(map(price, calls)))


def price(call: Told) -> float:
    if call.source != x_search.NAME:
        return {"x-v2": 0.01, x_counts.NAME: 0.005}[call.source]
    if call.reason is None:
        return 0.005 * len(json.loads(call.body or b"")["data"])
    # Where nobody knows whether it gave posts, it is counted as the most that it can have given; a refusal gave none.
    return 0.005 * 10 if call.reason in ("timeout", "cut_off", "html") else 0


def test_gold_is_what_the_same_answers_without_faults_make(week: Week, without_faults: Observatory):
    for table in of_layer("gold"):
        if table not in (coverage.TABLE, set_aside.TABLE):  # these two tell of what failed
            found, expected = (observatory.lake.read(table) for observatory in (week.observatory, without_faults))
            assert alike.different(found, expected) == [], table.name
            assert expected.num_rows, table.name


def test_what_was_set_aside_is_what_the_server_gave_for_no_list(week: Week, without_faults: Observatory):
    of_faults = Counter(
        (call.asked if call.source == "x-v2" else "worldwide", call.slot, "answer", call.reason)
        for call in week.told
        if call.reason in KEPT
    )
    found, others = (counted(observatory.lake.read(set_aside.TABLE)) for observatory in (week.observatory, without_faults))
    assert found == of_faults + others


def counted(rows: pa.Table) -> Counter:
    return Counter({tuple(row[name] for name in ("place", "slot", "scope", "reason")): row["n_rows"] for row in rows.to_pylist()})


def test_postgresql_has_the_week_as_the_lake_has_it(week: Week, without_faults: Observatory):
    with closing(psycopg2.connect(week.dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        for table in published_tables():
            schema = arrow.schema(table)
            cursor.execute(f"SELECT {', '.join(schema.names)} FROM {table.name}")
            rows = [dict(zip(schema.names, row, strict=True)) for row in cursor.fetchall()]
            found = pa.Table.from_pylist(rows, schema=schema)
            told_of_faults = table in (coverage.TABLE, set_aside.TABLE)
            expected = (week.observatory if told_of_faults else without_faults).lake.read(table)
            assert alike.different(found, expected) == [], table.name


def test_the_tables_of_the_week_are_not_empty_talk(week: Week):
    """Lists change from hour to hour, places share topics, and all lags are there: what is wrong in an answer shows in these."""
    lake = week.observatory.lake
    changes = lake.read(change_rate.TABLE)["change_rate"].to_pylist()
    assert (None in changes, len({rate for rate in changes if rate}) > 20) == (True, True)
    assert len({row for row in lake.read(trend_equality.TABLE)["trend_equality"].to_pylist() if row}) > 10
    assert set(lake.read(trendsetter.TABLE)["lag"].to_pylist()) == {1, 2, 3, 4, 5, 6}
    assert lake.read(trends.TABLE).num_rows > 20 * len(HOURS) * len(PLACES)
    assert set(lake.read(topic_volume.TABLE)["slot"].to_pylist()) == {MONDAY + CURIOUS * HOUR}
