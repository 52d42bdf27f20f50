"""What the documents for people tell: each command, option, make target, file, heading and service in them is there."""

import re
from pathlib import Path

import pytest

from deployments.checks.read import ROOT, document
from twilytics.cli.commands import app

PAGES = [ROOT / name for name in ("SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "deployments/README.md")]
COMMAND = re.compile(r"(?:`|\$ )twilytics ((?:[a-z]+ ?)+)([^`\n]*)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:tests|twilytics|deployments|flows|grafana)/[\w/.]+)`")
#: Made where they are needed, ignored by git.
MADE = {"deployments/secrets"}


def anchors(page: Path) -> set[str]:
    """What GitHub makes of its headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_and_option_is_one(page: Path):
    for words, rest in COMMAND.findall(page.read_text()):
        command = app
        for word in words.split():
            if word in set(command):
                command = command[word]
        assert command is not app, f"twilytics {words}"
        options = set(re.findall(r"--[a-z-]+", rest))
        known = {name for argument in command.assemble_argument_collection() for name in argument.names}
        assert options <= known, f"twilytics {words}{rest}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_target_of_make_is_one(page: Path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ )make ([a-z-]+)", page.read_text())) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_and_heading_that_is_named_is_there(page: Path):
    text = page.read_text()
    assert [path for path in FILE.findall(text) if path not in MADE and not (ROOT / path).exists()] == []
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        if not path.startswith("http"):
            named = page.parent / path if path else page
            assert named.exists(), link
            assert not anchor or anchor in anchors(named), link


def test_the_services_volumes_and_secrets_of_the_operators_guide_are_those_of_the_compose_file():
    text = (ROOT / "deployments/README.md").read_text()
    compose = document(ROOT / "deployments/compose.yaml")
    named = re.findall(r"docker compose (?:stop|start|exec(?: -T)?|run --rm|up --detach) ([a-z]+)", text)
    assert set(named) <= set(compose["services"])
    assert named
    assert set(re.findall(r"--volume twilytics_(\w+):", text)) <= set(compose["volumes"])
    for service, secret in re.findall(r"exec -T (\w+) sh -c '.*?/run/secrets/(\w+)", text, re.DOTALL):
        assert secret in compose["services"][service]["secrets"]
