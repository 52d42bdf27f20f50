"""A move that is ended by SIGKILL at a call: ``python -m tests.moving.killed FUNCTION NUMBER SOURCE TARGET``, settings as JSON."""

import json
import os
import signal
import sys
from importlib import import_module
from threading import Lock

from tests.moving.conftest import PARTS
from twilytics import moving
from twilytics.observatory import Observatory
from twilytics.settings import Settings


def kill_at(path: str, number: int) -> None:
    """Before the call of that number (from 1) of the function ``package.module:name`` or ``package.module:Class.name``."""
    module, _, name = path.partition(":")
    *owners, name = name.split(".")
    owner = import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    function, left, counting = getattr(owner, name), [number], Lock()

    def counted(*args, **named):
        with counting:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **named)

    setattr(owner, name, counted)


if __name__ == "__main__":
    function, number, source, target = sys.argv[1:]
    kill_at(function, int(number))
    with (
        Observatory(Settings(_env_file=None, **json.loads(source))) as here,
        Observatory(Settings(_env_file=None, **json.loads(target))) as there,
    ):
        moving.move(here, there, PARTS)
