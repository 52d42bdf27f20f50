"""What a move refuses, and what it says then: nothing of either side is lost, and no secret told."""

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from tests.lakes import put, run
from tests.moving import holding
from tests.moving.conftest import Make, answer
from twilytics import moving, postgres, stopping, watching
from twilytics.errors import ServiceError, SettingError
from twilytics.gold import trends
from twilytics.moving import answers, lake
from twilytics.observatory import Observatory
from twilytics.stopping import Stopped

TREND = "place | slot | topic | rank\nberlin | 2020-07-18 12:00 | hsv | 1"
PASSWORD = "hunter2-not-to-be-told"


def test_a_target_that_holds_something_is_left_alone(make: Make):
    source, target = make(), make()
    source.store.land([answer(1)])
    target.store.land([answer(2)])
    put(target.lake, trends.TABLE, TREND, run())
    watching.add(target.dsn, ["hsv"])
    before = holding.everything(target)
    for setting, option in (("mongodb_uri", "mongodb"), ("lake", "lake"), ("postgres_dsn", "postgres")):
        with pytest.raises(ServiceError, match=f"^--to-{option}: .* holds something already: name an empty one, or empty it$"):
            moving.move(source, target, [setting])
    assert holding.everything(target) == before


def test_of_several_targets_nothing_is_copied_where_one_is_refused(make: Make):
    source, target = make(), make()
    source.store.land([answer(1)])
    watching.add(target.dsn, ["hsv"])
    with pytest.raises(ServiceError, match="--to-postgres"):
        moving.move(source, target, ["mongodb_uri", "postgres_dsn"])
    assert holding.answers(target) == {}


def test_a_target_of_another_sources_move_is_left_alone(make: Make):
    source, other, target = make(), make(), make()
    source.store.land([answer(1)])
    other.store.land([answer(2)])
    moving.move(source, target, ["mongodb_uri"])
    with pytest.raises(ServiceError, match=r"was moved to from mongodb://127\.0\.0\.1:\d+/test-\w+, not from mongodb://"):
        moving.move(other, target, ["mongodb_uri"])


def test_the_source_itself_is_no_target_however_it_is_written(make: Make, tmp_path: Path):
    source = make()
    source.store.land([answer(1)])
    put(source.lake, trends.TABLE, TREND, run())
    (tmp_path / "link").symlink_to(source.settings.lake_root)
    uri, dsn = (secret.get_secret_value() for secret in (source.settings.mongodb_uri, source.settings.postgres_dsn))
    spelled = make(
        mongodb_uri=uri.replace("127.0.0.1", "localhost"), lake=str(tmp_path / "link"), postgres_dsn=dsn.replace("127.0.0.1", "localhost")
    )
    for setting in ("mongodb_uri", "lake", "postgres_dsn"):
        with pytest.raises(SettingError, match="is what the settings name now: there is nothing to move"):
            moving.move(source, spelled, [setting])
    assert holding.answers(source).keys() == {"answers", "outbox"}


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        (
            "mongodb_uri",
            f"mongodb://me:{PASSWORD}@127.0.0.1:1/t?serverSelectionTimeoutMS=200",
            "--to-mongodb: MongoDB at 127.0.0.1:1",
        ),
        ("mongodb_uri", f"mongo:{PASSWORD}", "--to-mongodb: --to-mongodb can't be used"),
        ("postgres_dsn", f"postgresql://me:{PASSWORD}@127.0.0.1:1/t", "--to-postgres: PostgreSQL does not let us in"),
        ("postgres_dsn", f"postgresql:{PASSWORD}", "--to-postgres: --to-postgres can't be used"),
    ],
)
def test_a_target_that_cannot_be_reached_is_told_without_its_password(make: Make, setting: str, value: str, says: str):
    with pytest.raises(ServiceError) as refused:
        moving.move(make(), make(**{setting: value}), [setting])
    assert str(refused.value).startswith(says)
    assert PASSWORD not in str(refused.value)


def test_a_bucket_that_is_not_there_is_told(make: Make, emulator):
    with pytest.raises(SettingError, match="there is no bucket absent-bucket"):
        moving.move(make(), make(lake="gs://absent-bucket/lake", gcp_credentials=emulator.credentials), ["lake"])


def test_a_postgresql_that_is_too_old_is_told(make: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgres, "OLDEST_VERSION", 990000)
    with pytest.raises(ServiceError, match=r"--to-postgres: PostgreSQL is of version \d+, and has to be of 13 or later"):
        moving.move(make(), make(), ["postgres_dsn"])


@pytest.fixture
def stranger(postgres_dsn: str) -> Iterator[str]:
    """A DSN of a role that may only log in."""
    role = f"stranger_{uuid.uuid4().hex[:8]}"
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        yield make_dsn(**{**parse_dsn(postgres_dsn), "user": role, "password": PASSWORD})
        cursor.execute(f"DROP ROLE {role}")


def test_a_user_without_rights_is_told_what_to_do(make: Make, stranger: str):
    with pytest.raises(ServiceError, match=r"--to-postgres: the database is not up to date, and the user of --to-postgres may not change"):
        moving.move(make(), make(postgres_dsn=stranger), ["postgres_dsn"])


class CutError(Exception):
    pass


def cut_at(monkeypatch: pytest.MonkeyPatch, owner: type, source: Observatory, target: Observatory, setting: str) -> None:
    """End a move when all is copied, and nothing compared."""

    def cut(*_: object) -> None:
        raise CutError

    with monkeypatch.context() as patched:
        patched.setattr(owner, "there", cut)
        with pytest.raises(CutError):
            moving.move(source, target, [setting])


def test_what_a_cycle_wrote_to_an_unfinished_lake_is_not_overwritten(make: Make, monkeypatch: pytest.MonkeyPatch):
    source, target = make(), make()
    put(source.lake, trends.TABLE, TREND, run())
    cut_at(monkeypatch, lake.Files, source, target, "lake")
    put(target.lake, trends.TABLE, TREND.replace("hsv", "schalke"), run())
    with pytest.raises(ServiceError, match=r"gold\.trends of .* was written to by another than this move"):
        moving.move(source, target, ["lake"])
    assert target.lake.read(trends.TABLE)["topic"].to_pylist() == ["schalke"]


def test_what_was_landed_in_an_unfinished_store_is_not_taken_out(make: Make, monkeypatch: pytest.MonkeyPatch):
    source, target = make(), make()
    source.store.land([answer(1)])
    cut_at(monkeypatch, answers.Answers, source, target, "mongodb_uri")
    target.store.land([answer(2)])
    with pytest.raises(ServiceError, match=r"has answers that mongodb://.* has not"):
        moving.move(source, target, ["mongodb_uri"])
    assert len(holding.answers(target)["answers"]) == 2


def test_a_target_that_changes_what_it_is_given_is_told(make: Make):
    source, target = make(), make()
    watching.add(source.dsn, ["hsv"])
    watching.listed(target.dsn)  # has the tables
    with closing(psycopg2.connect(target.dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION ops.change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := 'other'; RETURN NEW; END $$; "
            "CREATE TRIGGER change BEFORE INSERT ON ops.watch FOR EACH ROW EXECUTE FUNCTION ops.change()"
        )
    with pytest.raises(ServiceError, match=r"does not hold what it was given \(ops\.watch differ\)"):
        moving.move(source, target, ["postgres_dsn"])


def test_a_move_that_is_asked_to_end_does_and_goes_on_later(make: Make):
    source, target = make(), make()
    source.store.land([answer(number) for number in range(40)])
    try:
        with pytest.raises(Stopped, match="the same `twilytics move` goes on from here"):
            moving.move(source, target, ["mongodb_uri"], progress=lambda *_: stopping.requested.set())
    finally:
        stopping.requested.clear()
    assert 0 < len(holding.answers(target)["outbox"]) < 40
    assert "answers" not in holding.answers(target)
    moving.move(source, target, ["mongodb_uri"])
    assert holding.answers(target) == holding.answers(source)
