"""Each rule of the Dockerfile, broken once in a copy of the real one; what is told names the line."""

import re
import tomllib
from pathlib import Path

import pytest

from deployments.checks import dockerfile
from deployments.checks.read import ROOT

FILE = ROOT / "deployments/Dockerfile"
LOCKED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def test_the_real_file_breaks_no_rule():
    assert dockerfile.problems(FILE, ROOT) == []


BROKEN = [
    ("FROM python:3.11.13-slim-bookworm AS build", "FROM python AS build", "python is not pinned by version"),
    ("FROM python:3.11.13-slim-bookworm AS build", "FROM python:latest AS build", "python:latest is not pinned by version"),
    ("COPY LICENSE /opt/twilytics/", "ADD LICENSE /opt/twilytics/", "ADD fetches and unpacks by itself"),
    ("ARG SPARK=0", "ARG X_BEARER_TOKEN", "a secret would stay in the image"),
    (" --require-hashes", "", "installs what nobody has compared"),
    ("USER 10001:10001", "USER root", "it runs as root"),
    ("USER 10001:10001", "", "it runs as root"),
    ("USER 10001:10001", "RUN apt-get update && apt-get install gcc", "apt-get in the last stage"),
    ("USER 10001:10001", "RUN apt-get update", "leaves the lists of apt in the image"),
    ("HEALTHCHECK --interval=30s --timeout=10s --start-period=2m --retries=3 CMD", "LABEL healthy", "no HEALTHCHECK"),
    ('CMD ["twilytics", "serve"]', "CMD twilytics serve", "CMD runs in a shell"),
    ("COPY LICENSE /opt/twilytics/", "COPY . /opt/twilytics/", ".dockerignore leaves out ."),
    ("COPY flows /opt/twilytics/flows", "COPY deployments /opt/twilytics/deployments", ".dockerignore leaves out deployments"),
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
    (tmp_path / "Dockerfile").write_text("FROM python:3.11.13-slim-bookworm\nUSER 1\n")
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
    tools = {"pytest", "ruff", "mypy", "uv", "hatchling", "hypothesis"}
    assert {name: whole.get(name) for name in image} == image
    assert set(names) <= set(image)
    assert not tools & set(image)
