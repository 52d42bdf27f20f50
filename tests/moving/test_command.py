"""`twilytics move`, from the embedded parts of a HOME."""

from pathlib import Path

import pytest

from tests.cli.conftest import in_an_empty_folder  # noqa: F401
from tests.lakes import put, run
from tests.leaks import leaks
from tests.moving import holding
from tests.moving.conftest import Make, answer
from twilytics import watching
from twilytics.gold import trends
from twilytics.observatory import Observatory
from twilytics.settings import Settings

SECRET = "hunter2-not-to-be-told"


@pytest.fixture
def move(in_an_empty_folder, monkeypatch):  # noqa: F811
    for name in ("TWILYTICS_MONGODB_URI", "TWILYTICS_POSTGRES_DSN", "TWILYTICS_LAKE"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: in_an_empty_folder("move", *words)


def test_embedded_parts_move_to_those_that_files_name(move, home: Path, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TWILYTICS_HOME", str(home))
    target = make(lake=str(tmp_path / "lake"))
    uri, dsn = (secret.get_secret_value() for secret in (target.settings.mongodb_uri, target.settings.postgres_dsn))
    uri += f"?appname={SECRET}"
    files = {"mongodb": uri, "postgres": dsn}
    for name, held in files.items():
        (tmp_path / name).write_text(f"{held}\n")
    with Observatory(Settings(home=home, _env_file=None)) as embedded:
        embedded.store.land([answer(1)])
        put(embedded.lake, trends.TABLE, "place | slot | topic | rank\nberlin | 2020-07-18 12:00 | hsv | 1", run())
        watching.add(embedded.dsn, ["hsv"])
    to = [f"--to-{name}=file:{tmp_path / name}" for name in files] + [f"--to-lake={tmp_path / 'lake'}"]
    done = move(*to)
    assert done.code == 0, done.err
    assert f"the embedded store of {home} to mongodb://127.0.0.1:" in done.out
    assert f"TWILYTICS_LAKE={tmp_path / 'lake'}\n" in done.out
    assert len(holding.answers(target)["answers"]) == len(holding.database(dsn)["ops.watch"]) == 1
    again = move(*to)
    assert (again.code, again.out.count(" already, at ")) == (0, 3)
    password = dsn.partition("://")[2].partition("@")[0].partition(":")[2]
    told = {"first": (done.out + done.err).encode(), "again": (again.out + again.err).encode(), "json": move(*to, "--json").out.encode()}
    assert leaks([SECRET, password], told) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "say where to: --to-mongodb, --to-lake, --to-postgres, or several of them"),
        (("--to-mongodb", "file:absent.txt"), "--to-mongodb: absent.txt cannot be read: No such file or directory"),
        (("--to-postgres", "file:two-lines.txt"), "--to-postgres has to name one place, in one line"),
        (("--to-lake", ""), "--to-lake has to name one place, in one line"),
        (
            ("--to-lake", "s3://bucket"),
            "TWILYTICS_LAKE: s3://bucket is no place that a lake can lie in: name a folder, or gs://bucket/prefix",
        ),
        (
            ("--to-mongodb", "prefect:mongo"),
            "TWILYTICS_MONGODB_URI: the value is in a block of Prefect's, and none runs",
        ),
    ],
)
def test_what_cannot_be_a_target_is_told(move, tmp_path: Path, words: tuple[str, ...], says: str):
    (tmp_path / "two-lines.txt").write_text("one\ntwo\n")
    ended = move(*words)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"error: {says}")
