"""How commands share an embedded server: held for both that there are."""

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.users import User
from tests.services import open_home
from twilytics.embedded import ports, service
from twilytics.embedded.postgres import Postgres
from twilytics.embedded.service import Service
from twilytics.embedded.store import Store
from twilytics.errors import ServiceError


@pytest.fixture(scope="module", params=[Store, Postgres], ids=["store", "postgres"])
def server(request: pytest.FixtureRequest) -> Iterator[Service]:
    with open_home() as home:
        yield request.param(home)
        assert request.param(home).process.pid() is None


def port_of(server: Service) -> int:
    return int(json.loads((server.folder / f"{server.name}.json").read_text())["port"])


def test_two_commands_share_one_server_and_the_last_to_leave_stops_it(server: Service) -> None:
    first, second = User(server), User(server)
    assert first.address() == second.address()
    first.leave()
    assert server.process.pid() is not None
    assert ports.answers(port_of(server))
    second.leave()
    assert server.process.pid() is None
    assert not ports.answers(port_of(server))


def test_the_server_of_a_command_that_was_killed_is_found_and_stopped_by_the_next(server: Service) -> None:
    killed = User(server)
    address = killed.address()
    killed.kill()
    orphan = server.process.pid()
    assert orphan is not None
    with server.running() as found:
        assert found == address
        assert server.process.pid() == orphan
    assert server.process.pid() is None


def test_a_server_whose_starter_was_killed_half_way_is_replaced(server: Service) -> None:
    killed = User(server)
    while server.process.pid() is None or not server.process.pid():
        time.sleep(0.001)
    killed.kill()
    # Whether it had just got ready or not, the next command is served.
    with server.running():
        assert ports.answers(port_of(server))
    assert server.process.pid() is None


def test_a_server_that_nobody_knows_how_to_reach_is_replaced(server: Service) -> None:
    killed = User(server)
    killed.address()
    killed.kill()
    orphan = server.process.pid()
    (server.folder / f"{server.name}.json").write_text('{"pid": 1, "po')
    with server.running():
        assert server.process.pid() not in (None, orphan)


def test_a_state_that_names_a_process_of_someone_else_harms_nobody(server: Service) -> None:
    with server.running():
        state = json.loads((server.folder / f"{server.name}.json").read_text())
    # Another boot, or a process id that was given out again: this very process has it now.
    (server.folder / f"{server.name}.json").write_text(json.dumps({**state, "pid": os.getpid()}))
    (server.folder / f"{server.name}.process").write_text(f"{os.getpid()}\n")
    with server.running():
        assert server.process.pid() not in (None, os.getpid())


def test_a_port_that_was_taken_meanwhile_is_left_to_whoever_has_it(server: Service) -> None:
    with server.running():
        before = port_of(server)
    with server.running():
        assert port_of(server) == before
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((ports.HOST, before))
        taken.listen()
        with server.running():
            assert port_of(server) != before


def test_a_server_that_died_in_use_is_started_anew_by_the_next_command(server: Service) -> None:
    with server.running():
        died = server.process.pid()
        server.process.signal(signal.SIGKILL)
        assert server.process.has_ended(10)
        with server.running():
            assert server.process.pid() not in (None, died)


def test_a_home_that_was_copied_in_use_has_a_server_of_its_own(server: Service) -> None:
    with server.running() as address, open_home() as other:
        copy = type(server)(other / "copy")
        shutil.copytree(server.home, copy.home, symlinks=True)
        if os.geteuid() == 0 and (copy.home / "postgres").exists():
            for path in (copy.home / "postgres").rglob("*"):
                shutil.chown(path, "nobody")
        with copy.running() as other_address:
            assert other_address.rpartition(":")[2] != address.rpartition(":")[2]
            assert copy.process.pid() != server.process.pid()


def test_a_command_that_never_ends_its_start_is_named(server: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PATIENCE_SECONDS", 0.05)
    with (
        server._turn(),
        pytest.raises(ServiceError, match=rf"another command has been starting or stopping .*{server.name}\.lock"),
        server.running(),
    ):
        pass


def test_a_home_that_is_no_folder_is_told(server: Service, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServiceError, match="let TWILYTICS_HOME name a folder you may write"), type(server)(tmp_path / "file").running():
        pass
