"""Killed at any stage and started again, a move ends as one that was never disturbed."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.moving import holding
from tests.moving.conftest import PARTS, Make
from twilytics import moving
from twilytics.observatory import Observatory

ROOT = Path(__file__).parent.parent.parent
STAGES = [
    ("twilytics.moving.part:carry", 1),
    ("twilytics.moving.answers:_put", 2),
    ("twilytics.moving.answers:Answers.there", 1),
    ("twilytics.moving.part:carry", 2),
    ("twilytics.moving.lake:Files._carry", 30),
    ("twilytics.storage.folder:Folder.settle", 7),
    ("twilytics.moving.lake:Files.there", 1),
    ("twilytics.moving.part:carry", 3),
    ("twilytics.moving.database:pipe", 5),
    ("twilytics.render.postgres:with_keys", 9),
    ("twilytics.moving.database:Database.save", 2),
]


def told(observatory: Observatory) -> str:
    settings = observatory.settings
    uri, dsn = (secret.get_secret_value() for secret in (settings.mongodb_uri, settings.postgres_dsn))
    return json.dumps({"home": str(settings.home), "mongodb_uri": uri, "lake": settings.lake_root, "postgres_dsn": dsn})


@pytest.mark.parametrize(("function", "number"), STAGES, ids=lambda value: str(value).rpartition(".")[2])
def test_a_killed_move_is_gone_on_with_and_ends_the_same(source: Observatory, make: Make, function: str, number: int):
    target = make()
    words = [sys.executable, "-m", "tests.moving.killed", function, str(number), told(source), told(target)]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]
    moving.move(source, target, PARTS)
    assert holding.everything(target) == holding.everything(source)
    assert target.lake.recover() == []
    assert all(one.done_at and one.is_same for one in moving.move(source, target, PARTS).parts)
