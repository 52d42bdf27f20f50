"""Where the server of a HOME is, as other commands find out."""

import shutil
import stat
import subprocess
import sys
import textwrap

import pytest

from flows import server
from twilytics.errors import ServiceError

URL = "http://127.0.0.1:4200/api"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def test_a_home_that_nobody_serves_has_no_server(home):
    assert server.running(home) is None


def test_the_server_is_found_while_it_serves_and_not_after(home):
    with server.alone(home), server.announced(home, URL, is_own=True):
        assert server.running(home) == URL
    assert server.running(home) is None


def test_a_server_that_is_not_ready_yet_is_not_found(home):
    with server.alone(home):
        assert server.running(home) is None


def test_only_the_owner_may_read_where_it_is(home):
    with server.alone(home), server.announced(home, URL, is_own=True):
        assert stat.S_IMODE((home / server.STATE).stat().st_mode) == 0o600


def test_a_second_server_of_a_home_is_told_where_the_first_is(home):
    with (
        server.alone(home),
        server.announced(home, URL, is_own=True),
        pytest.raises(ServiceError, match=r"served already, at http://127.0.0.1:4200: use"),
        server.alone(home),
    ):
        pass


def test_what_a_killed_server_announced_is_not_believed(home):
    program = """
        import os, sys
        from pathlib import Path
        from flows import server
        home = Path(sys.argv[1])
        with server.alone(home), server.announced(home, "http://127.0.0.1:4200/api", is_own=True):
            os.kill(os.getpid(), 9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(home)], check=False)
    assert (home / server.STATE).exists()
    assert server.running(home) is None


def test_a_copied_home_has_no_server(home, tmp_path):
    with server.alone(home), server.announced(home, URL, is_own=True):
        shutil.copytree(home, tmp_path / "copy")
        assert server.running(tmp_path / "copy") is None


def test_a_damaged_announcement_is_none(home):
    with server.alone(home), server.announced(home, URL, is_own=True):
        (home / server.STATE).write_text('{"url"')
        assert server.running(home) is None
