import shutil
from pathlib import Path

import pytest

from twilytics.embedded import jars, resolver
from twilytics.embedded.resolver import Coordinates
from twilytics.errors import ServiceError


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache folder of its own, with the jars of set-up in it."""
    (tmp_path / "twilytics/jars").mkdir(parents=True)
    for jar in jars.STORE + jars.SPARK:
        shutil.copy(jar.path, tmp_path / "twilytics/jars")
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
    monkeypatch.setattr(jars, "resolve", lambda *_: pytest.fail("the network was asked"))
    jars.fetch()


def test_without_its_jars_a_service_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ServiceError, match=r"mongo-java-server-1\.47\.0\.jar and 3 more jars are missing .*: run `make setup`"):
        jars.store_jars()
    with pytest.raises(ServiceError, match=r"delta-spark_4\.0_2\.13-4\.4\.0\.jar and 7 more jars are missing .*: run `make setup`"):
        jars.spark_jars()


def test_googles_connector_is_fetched_when_it_is_first_asked_for_and_then_no_more(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[Coordinates]] = []
    content = b"a connector"
    (connector,) = jars.GOOGLE
    monkeypatch.setattr(jars, "GOOGLE", (connector._replace(sha256="8b8b5d9fd4a1e2d7d2ab2fc8c2f0f1d6"),))

    def resolve(wanted: list[Coordinates], _: Path, folder: Path) -> dict[Coordinates, Path]:
        asked.append(wanted)
        (folder / "fetched").write_bytes(content)
        return {wanted[0]: folder / "fetched"}

    monkeypatch.setattr(jars, "resolve", resolve)
    with pytest.raises(ServiceError, match=r"came with other content .* Then run `python -m twilytics\.embedded\.jars --cloud`"):
        jars.google_jars()
    monkeypatch.setattr(jars, "_sha256", lambda _: jars.GOOGLE[0].sha256)
    for _ in range(2):
        assert [path.read_bytes() for path in jars.google_jars()] == [content]
    assert asked == [[Coordinates("com.google.cloud.bigdataoss", "gcs-connector", "4.0.4", "shaded")]] * 2
    assert [path.name for path in cache.iterdir() if "gcs" in path.name] == ["com.google.cloud.bigdataoss_gcs-connector-4.0.4-shaded.jar"]


def test_a_torn_jar_is_no_jar_and_offline_that_is_told(cache: Path, offline: None, capfd: pytest.CaptureFixture[str]) -> None:
    torn = jars.STORE[0].path
    torn.write_bytes(torn.read_bytes()[:100])
    with pytest.raises(ServiceError, match=r"the jars can't be fetched .* is there a network\? Then run `make setup`"):
        jars.fetch()
    assert torn.stat().st_size == 100
    assert "mongo-java-server" in capfd.readouterr().err


def test_a_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "twilytics").write_text("a file in its place")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ServiceError, match=r"can't be written .*: free it, then run `make setup`"):
        jars.fetch()


def test_a_jar_of_other_content_than_pinned_is_not_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def another(wanted: list[Coordinates], _: Path, folder: Path) -> dict[Coordinates, Path]:
        (folder / "another").write_bytes(b"another")
        return {wanted[0]: folder / "another"}

    jars.STORE[1].path.unlink()
    monkeypatch.setattr(jars, "resolve", another)
    with pytest.raises(ServiceError, match="came with other content than it was pinned with"):
        jars.fetch()
    assert not jars.STORE[1].path.exists()
    assert [path.name for path in cache.parent.iterdir()] == ["jars"]


def test_a_module_that_nobody_has_is_told_with_what_the_resolver_said(
    offline: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ServiceError, match="the jars can't be fetched"):
        resolver.resolve([Coordinates("org.example", "no-such", "1", "shaded")], jars.pyspark_jars(), tmp_path)
    assert "org.example#no-such;1" in capfd.readouterr().err
