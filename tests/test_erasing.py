"""What was named is gone from every byte that is kept, stays away, and took nothing else with it."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr
from pymongo import MongoClient

from tests.lakes import HOUR, NOON
from tests.services import database
from tests.shared_data import shared
from twilytics import erasing, failed_cycle, landing, maintenance, watching
from twilytics.answers import Answer
from twilytics.bronze import answers, tombstones, tweets
from twilytics.build import versions_to_follow
from twilytics.cycle import cycle
from twilytics.errors import GateError, SettingError
from twilytics.gold import change_rate, topic_places, topics, trends
from twilytics.lake import Lake
from twilytics.mongo import AnswerStore
from twilytics.named import Named
from twilytics.observatory import Observatory
from twilytics.published import LOGS
from twilytics.refinement import refine
from twilytics.render import arrow
from twilytics.report import page, usual_path
from twilytics.settings import Settings
from twilytics.slots import Slots
from twilytics.sources.envelope import opened
from twilytics.tables import definitions
from twilytics.tombstones import Register

ODD, OTHER = "Zyxwv Qponm", "another"
PLACES = ("berlin", "hamburg", "munich")
#: Three days of a few hours; the first is summed up by maintenance, the topic is in every one.
HOURS = (0, 1, 2, 26, 27, 60, 61)
ERASED = {"erased": True}
Opened = Callable[..., Observatory]
TWEET, AUTHOR = "1275653067283759104", "63046977"


@pytest.fixture
def observatories(tmp_path: Path, mongodb_server: str, postgres_server: str) -> Iterator[Opened]:
    """Open a HOME by its name, with a MongoDB and a PostgreSQL of its own."""
    with database(postgres_server) as one, database(postgres_server) as another:
        databases = {"main": one, "reference": another}

        def opened(name: str = "main", **chosen: Any) -> Observatory:
            uri = f"{mongodb_server}/{tmp_path.name}-{name}"
            stores = {"mongodb_uri": SecretStr(uri), "postgres_dsn": SecretStr(databases[name]), "hash_key": SecretStr("one")}
            return Observatory(Settings(home=tmp_path / name, _env_file=None, **stores | chosen))

        yield opened


def lists(entry: object) -> list[Answer]:
    """What the places listed, with this entry in third place; in one list there is nothing else that can be read."""
    told = []
    for hour in HOURS:
        for number, place in enumerate(PLACES):
            trends = [{"name": f"t{hour % 4}"}, {"name": f"t{number}"}, entry, {"name": "t9", "volume": hour}]
            if (hour, place) == (27, "munich"):
                trends = [{"name": 5}, entry]
            at = NOON + hour * HOUR + timedelta(seconds=number % 2)
            told.append(Answer("list", place, at, at, json.dumps({"trends": trends}, separators=(",", ":")).encode()))
    return told


def unreadable() -> list[Answer]:
    """Lines and answers that hold the name where nobody knows what stands where, and one that does not."""
    escaped = ODD.replace("Z", "\\u005a")
    torn = [b'{"source": "list", "payload": {"trends": [{"name": "#' + name.encode() for name in (ODD.lower(), escaped, "else")]
    odd = Answer("list", "berlin", NOON + 3 * HOUR, NOON, json.dumps({"trends": {"1": {"name": ODD}}}).encode())
    page = Answer("list", "berlin", NOON + 4 * HOUR, NOON, f"<html>No trends of {ODD}.</html>".encode("utf-16-le"))
    return [*(opened(line, NOON + 70 * HOUR) for line in torn), odd, page]


def about() -> list[Answer]:
    found = Answer("x-v2-search", "1", NOON + HOUR, NOON, shared("answers/x-v2-search-recent.json").read_bytes(), title="t9")
    return [found, replace(found, title=f"#{ODD}", captured_at=NOON + 2 * HOUR)]


def captured(observatory: Observatory, *told: Answer) -> None:
    observatory.spool.write(told)
    cycle(observatory)
    maintenance.maintain(observatory)
    page.write(observatory, usual_path(observatory.settings.home))


def rows(observatory: Observatory) -> dict[str, list[dict[str, Any]]]:
    """All rows of the lake, without what tells when they came."""
    by_landing = {"landed_at", "batch"}
    told = {
        definition.table: observatory.lake.read(definition.table).to_pylist()
        for definition in definitions().values()
        if definition.table not in (tombstones.TABLE, *LOGS)  # of which the clock is a part
    }
    return {
        table.name: sorted(({key: row[key] for key in row if key not in by_landing} for row in found), key=str)
        for table, found in told.items()
    }


def published(observatory: Observatory) -> dict[str, list[Any]]:
    with closing(psycopg2.connect(observatory.dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'gold'::regnamespace AND relkind IN ('r', 'm', 'p') ORDER BY 1")
        found = {}
        for (name,) in cursor.fetchall():
            if name not in ("batches", "quality", "measurements"):
                cursor.execute(f'SELECT * FROM gold."{name}"')
                found[name] = sorted(cursor.fetchall(), key=str)
        return found


def bytes_kept(observatory: Observatory) -> Iterator[tuple[str, str]]:
    """Everything that anybody could still read, by where it stands: files, documents, tables, and the files of the database."""
    for path in observatory.settings.home.rglob("*"):
        if path.suffix == ".parquet":
            yield str(path), str(pq.read_table(path).to_pylist())
        elif path.is_file():
            yield str(path), path.read_bytes().decode("utf-8", "replace")
    assert observatory.settings.mongodb_uri is not None
    with MongoClient(observatory.settings.mongodb_uri.get_secret_value()) as client:
        store = client.get_default_database()
        for name in store.list_collection_names():
            for document in store[name].find():
                yield name, str(document)
    with closing(psycopg2.connect(observatory.dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("CHECKPOINT; SHOW data_directory")
        ((folder,),) = cursor.fetchall()
        cursor.execute("SELECT coalesce(oid::regclass::text, ''), pg_relation_filepath(oid) FROM pg_class")
        names = {path: name for name, path in cursor.fetchall()}
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        ((number,),) = cursor.fetchall()
        # Of the whole database, its catalogues too, but for the write-ahead log, which is all databases' and not promised.
        for path in Path(folder, "base", str(number)).iterdir():
            with suppress(FileNotFoundError):  # the server removes files of its caches as it likes
                yield names.get(f"base/{number}/{path.name}", path.name), path.read_bytes().decode("utf-8", "replace")
        for table in ("ops.watch", "ops.alerts"):
            cursor.execute(f"SELECT * FROM {table}")
            yield table, str(cursor.fetchall())
    yield from ((name, str(told)) for name, told in published(observatory).items())


def where(observatory: Observatory, needle: str) -> set[str]:
    """Which of it holds the needle."""
    spellings = (needle.lower(), needle.lower().replace("z", "\\u005a"), "\0".join(needle.lower()), "\\x00".join(needle.lower()))
    return {place for place, text in bytes_kept(observatory) if any(one in text.lower() for one in spellings)}


def test_a_topic_is_gone_from_every_byte_and_nothing_else_is(observatories: Opened):
    with observatories() as main, observatories("reference") as reference:
        held = [*lists({"name": f"#{ODD}"}), *unreadable(), *about()]
        captured(main, *held)
        told_of(main, ODD)
        assert main.ledger.settled_until is not None
        assert "zyxwv qponm" in main.lake.read(topic_places.TABLE)["topic"].to_pylist()
        before = where(main, ODD)
        assert {"pg_statistic", "gold.trends", "ops.watch", "ops.alerts", *map(str, shown_in(main.settings.home))} <= before
        assert len(before) > 30
        captured(reference, *lists(ERASED), unreadable()[2], about()[0])
        done = erasing.forget(main, Named(topics=(ODD,)))
        assert where(main, ODD) == set()
        assert (done.rewritten.n_rewritten, done.rewritten.n_erased, done.rewritten.n_dropped) == (21, 21, 5)
        assert (done.n_named, done.n_known, done.is_report_gone) == (1, 1, True)
        assert json.loads(shown_in(main.settings.home)[1].read_bytes())["since"] == "2026-01-01T00:00:00+00:00"
        assert rows(main) == rows(reference)
        assert published(main) == published(reference)
        expected, versions = rows(main), main.lake.version(answers.TABLE)
        captured(main, *held)
        assert where(main, ODD) == set()
        assert (rows(main), main.lake.version(answers.TABLE)) == (expected, versions)
        again = Answer("list", "berlin", NOON + 62 * HOUR, NOON, json.dumps({"trends": [{"name": ODD}, {"name": "t5"}]}).encode())
        captured(main, again)
        assert where(main, ODD) == set()
        assert "t5" in main.lake.read(topics.TABLE)["topic"].to_pylist()


def shown_in(home: Path) -> tuple[Path, Path]:
    return usual_path(home), home / failed_cycle.KEPT


def told_of(observatory: Observatory, name: str) -> None:
    """The topic is watched, as is another, the planner knows that, and people were told of it, with and without PostgreSQL."""
    watching.add(observatory.dsn, [name, OTHER])
    with closing(psycopg2.connect(observatory.dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO ops.alerts VALUES ('cycle_failed', 'the cycle', %s, now(), now())", (f"of {name}",))
        cursor.execute("ANALYZE")
    kept = shown_in(observatory.settings.home)[1]
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps({"says": f"of {name}", "since": "2026-01-01T00:00:00+00:00"}))


def test_of_a_table_that_is_emptied_the_planner_knows_nothing_any_more(observatories: Opened):
    with observatories() as main:
        captured(main, *lists({"name": "t8"})[:3])
        told_of(main, ODD)
        erasing.forget(main, Named(topics=(ODD, OTHER)))
        assert watching.listed(main.dsn) == []
        assert where(main, ODD) == set()


def test_a_rule_that_fails_elsewhere_stops_no_erasure(observatories: Opened):
    noon = (Slots(NOON, NOON + HOUR),)
    with observatories() as main:
        told = lists({"name": ODD})
        captured(main, *lists({"name": "t8"})[:3], *told[15:])
        told_of(main, ODD)
        right = main.lake.read(change_rate.TABLE, noon)
        wrong = [row | {"change_rate": 7.0} for row in right.to_pylist()]
        main.lake.replace(change_rate.TABLE, pa.Table.from_pylist(wrong, schema=arrow.schema(change_rate.TABLE)), noon)
        main.save(main.ledger.differing({change_rate.TABLE.name: noon}))
        with pytest.raises(GateError, match=r"^what was named is gone from every part.* change_rate must be from 0 to 1: 3 of ") as stopped:
            erasing.forget(main, Named(topics=(ODD,)))
        assert "zyxwv" not in f"{stopped.value} {stopped.value.in_full}".lower()
        assert where(main, ODD) == set()
        assert not main.tombstones.is_pending()
        main.lake.replace(change_rate.TABLE, right, noon)
        cycle(main)
        newest = main.lake.read(trends.TABLE, (Slots(NOON + 60 * HOUR, NOON + 61 * HOUR),))
        assert len(published(main)["trends"]) == main.lake.read(trends.TABLE).num_rows
        assert 0 < newest.num_rows == sum(row[1] == NOON + 60 * HOUR for row in published(main)["trends"])


BOTH = [(Named(tweets=(TWEET,)), TWEET), (Named(authors=(AUTHOR,)), AUTHOR)]


@pytest.mark.parametrize(("named", "needle"), BOTH, ids=["tweet", "author"])
def test_a_post_and_an_author_are_gone_and_stay_away(observatories: Opened, named: Named, needle: str):
    with observatories() as main:
        torn = opened(b'{"source": "x-v2-search", "payload": {"data": [{"id": "' + needle.encode(), NOON)
        told = [*lists({"name": "t8"})[:6], *about(), torn]
        captured(main, *told)
        assert where(main, needle)
        before = main.lake.read(answers.TABLE).num_rows
        done = erasing.forget(main, named)
        assert where(main, needle) == set()
        assert (done.rewritten.n_rewritten, done.rewritten.n_dropped) == (2, 1)
        assert (done.n_named, done.n_known, done.n_authors) == (1, 1, 0)
        assert main.lake.read(tweets.TABLE).num_rows == 2
        assert main.lake.read(answers.TABLE).num_rows == before - 1
        captured(main, *told)
        assert where(main, needle) == set()


def test_ids_that_nothing_here_has_and_authors_that_were_given_as_posts_are_counted(observatories: Opened):
    with observatories() as main:
        captured(main, *lists({"name": "t8"})[:3], about()[0])
        done = erasing.forget(main, Named(tweets=(TWEET, AUTHOR, "7")))
        assert (done.n_named, done.n_known, done.n_authors) == (3, 1, 1)
        done = erasing.forget(main, Named(tweets=(TWEET,)))
        assert (done.n_named, done.n_known, done.n_authors) == (1, 0, 0)


class KilledError(BaseException):
    """Nothing in the code catches it."""


STAGES = ("land", "search", "rewrite", "store", "refine", "roll-ups", "quality", "older versions", "home", "postgresql", "done")


@pytest.mark.parametrize("ends", ["forget", "maintain"])
def test_killed_before_each_stage_in_turn_it_is_ended_by_the_next(observatories: Opened, ends: str, monkeypatch: pytest.MonkeyPatch):
    staged = erasing._stage
    with observatories() as main:
        captured(main, *lists({"name": ODD})[:9])
    for stage in STAGES:

        def killed(name: str, *how: Any, stage: str = stage) -> Any:
            if name == stage:
                raise KilledError
            return staged(name, *how)

        with observatories() as main, monkeypatch.context() as patched:
            patched.setattr(erasing, "_stage", killed)
            if stage == "done":
                patched.setattr(Register, "done", lambda *_, killed=killed: killed("done"))
            with pytest.raises(KilledError):
                erasing.forget(main, Named(topics=(ODD,)))
            assert main.tombstones.is_pending()
    with observatories() as main:
        if ends == "forget":
            erasing.forget(main, Named(topics=(ODD,)))
        else:
            assert erasing.finish(main) is not None
            assert erasing.finish(main) is None
        assert where(main, ODD) == set()
        assert not main.tombstones.is_pending()


@pytest.mark.parametrize("nth", [0, 1, 2])
@pytest.mark.parametrize("written", ["lake", "store"])
def test_killed_between_the_store_and_bronze_both_are_rid_of_it(
    observatories: Opened, written: str, nth: int, monkeypatch: pytest.MonkeyPatch
):
    calls = iter(range(nth + 1))
    real = Lake.replace if written == "lake" else AnswerStore.replace

    def killing(*args: Any) -> Any:
        if (written == "store" or args[1].layer == "bronze") and next(calls, None) == nth:
            raise KilledError
        return real(*args)

    with observatories() as main:
        captured(main, *lists({"name": ODD})[:6])
        erasing.forget(main, Named(topics=("another",)))
        with monkeypatch.context() as patched:
            patched.setattr(Lake if written == "lake" else AnswerStore, "replace", killing)
            with pytest.raises(KilledError):
                erasing.forget(main, Named(topics=(ODD,)))
        erasing.forget(main, Named(topics=(ODD,)))
        assert where(main, ODD) == set()


def test_where_nothing_else_was_ever_captured_nothing_is_left(observatories: Opened):
    with observatories() as main:
        captured(main, Answer("list", "berlin", NOON, NOON, json.dumps({"trends": [{"name": ODD}]}).encode()))
        erasing.forget(main, Named(topics=(ODD,)))
        assert where(main, ODD) == set()
        captured(main, Answer("list", "berlin", NOON + HOUR, NOON, json.dumps({"trends": [{"name": "b"}]}).encode()))
        assert main.lake.read(topics.TABLE)["topic"].to_pylist() == ["b"]


def test_an_answer_that_comes_after_the_newest_batch_went_is_not_passed_over(observatories: Opened):
    with observatories() as main:
        captured(main, *lists({"name": "t8"})[:3])
        captured(main, unreadable()[3])
        erasing.forget(main, Named(topics=(ODD,)))
        assert main.ledger.refined_batch == main.lake.newest(answers.TABLE, "batch") == 1
        captured(main, *lists({"name": "new"})[3:6])
        assert "new" in main.lake.read(topics.TABLE)["topic"].to_pylist()


def test_what_another_process_landed_before_the_list_was_known_is_redacted_on_its_way_to_bronze(observatories: Opened):
    with observatories() as main:
        (told,) = lists({"name": ODD})[:1]
        erasing.forget(main, Named(topics=(ODD,)))
        main.store.land([told])
        cycle(main)
        assert where(main, ODD) == set()
        assert main.lake.read(answers.TABLE).num_rows == 1
        assert main.store.waiting() == 0


def test_what_the_store_alone_has_is_rid_of_it_too(observatories: Opened):
    with observatories() as main:
        captured(main, lists({"name": "t8"})[3])
        told = [lists({"name": ODD})[0], *unreadable()[:3]]
        main.store.land(told)
        main.store.mark([answer.id for answer in told])
        done = erasing.forget(main, Named(topics=(ODD,)))
        assert (done.rewritten.n_rewritten, done.rewritten.n_dropped) == (1, 2)
        assert where(main, ODD) == set()
        captured(main, *told)
        assert where(main, ODD) == set()


def test_with_another_key_nothing_is_landed_rather_than_come_back(observatories: Opened):
    with observatories() as main:
        erasing.forget(main, Named(topics=(ODD,)))
    with observatories(hash_key=SecretStr("another")) as main:
        main.spool.write(lists({"name": ODD})[:1])
        with pytest.raises(SettingError, match="noted with another key than TWILYTICS_HASH_KEY"):
            landing.land(main.spool, main.store)
        assert main.spool.waiting() == 1


def test_damaged_parts_of_the_spool_are_told(observatories: Opened):
    with observatories() as main:
        (segment,) = main.spool.write(lists({"name": ODD})[:2])
        segment.write_bytes(segment.read_bytes()[:-40])
        done = erasing.forget(main, Named(topics=(ODD,)))
        assert done.damaged == (str(segment.with_suffix(".damaged")),)
        assert where(main, ODD) == {str(segment.with_suffix(".damaged"))}


def test_two_answers_that_differed_in_nothing_else_become_one(observatories: Opened):
    with observatories() as main:
        one, other = ({"trends": [{"name": name, "volume": volume}, {"name": "b"}]} for name, volume in ((ODD, 1), (ODD, 2)))
        captured(main, *(Answer("list", "berlin", NOON, NOON, json.dumps(payload).encode()) for payload in (one, other)))
        erasing.forget(main, Named(topics=(ODD,)))
        assert main.lake.read(answers.TABLE).num_rows == 1
        assert main.store.get(main.lake.read(answers.TABLE)["answer"][0].as_py()) is not None


def test_what_follows_other_tables_is_not_made_anew_after_the_versions_went(observatories: Opened):
    with observatories() as main:
        captured(main, *lists({"name": ODD})[:9])
        erasing.forget(main, Named(topics=(ODD,)))
        assert main.ledger.followed == versions_to_follow(main.lake)
        with main.lake.locked():
            assert refine(main).runs == ()
