import shutil
from pathlib import Path

import pytest

from twilytics.embedded import jars
from twilytics.embedded.jars import Jar
from twilytics.errors import ServiceError


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache folder of its own, with the jars in it."""
    there = [*jars.STORE, *jars.SPARK][0].path.parent
    shutil.copytree(there, tmp_path / "twilytics/jars")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "twilytics/jars"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Java gets to no host."""
    monkeypatch.setenv(
        "JAVA_TOOL_OPTIONS", " ".join(f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort=9" for scheme in ("http", "https"))
    )


def test_each_jar_is_there_once_and_as_pinned() -> None:
    fetched = jars.STORE + jars.SPARK
    assert len({jar.path for jar in fetched}) == len(fetched) == 12
    assert [jar.path.name for jar in fetched if jars._sha256(jar.path) != jar.sha256] == []
    assert {path.name.partition("-")[0] for path in jars.store_jars()} >= {"netty", "slf4j", "py4j", "com.h2database_h2"}
    assert len(jars.spark_jars()) == len(jars.SPARK)


def test_jars_that_are_there_are_not_fetched_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_resolve", lambda *_: pytest.fail("the network was asked"))
    jars.fetch()


def test_without_its_jars_a_service_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ServiceError, match=r"mongo-java-server-1\.47\.0\.jar and 3 more jars are missing .*: run `make setup`"):
        jars.store_jars()
    with pytest.raises(ServiceError, match=r"delta-spark_4\.0_2\.13-4\.4\.0\.jar and 7 more jars are missing .*: run `make setup`"):
        jars.spark_jars()


def test_a_torn_jar_is_no_jar_and_offline_that_is_told(cache: Path, offline: None, capfd: pytest.CaptureFixture[str]) -> None:
    torn = jars.STORE[0].path
    torn.write_bytes(torn.read_bytes()[:100])
    with pytest.raises(ServiceError, match=r"the jars can't be fetched .* is there a network"):
        jars.fetch()
    assert torn.stat().st_size == 100
    assert "mongo-java-server" in capfd.readouterr().err


def test_a_jar_of_other_content_than_pinned_is_not_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def another(wanted: list[Jar], folder: Path) -> None:
        (folder / "jars").mkdir()
        (folder / "jars" / wanted[0].path.name).write_bytes(b"another")

    jars.STORE[1].path.unlink()
    monkeypatch.setattr(jars, "_resolve", another)
    with pytest.raises(ServiceError, match="came with other content than it was pinned with"):
        jars.fetch()
    assert not jars.STORE[1].path.exists()
    assert [path.name for path in cache.parent.iterdir()] == ["jars"]
