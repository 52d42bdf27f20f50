"""Commands that use an embedded service, as processes of their own."""

import subprocess
import sys
from pathlib import Path

from twilytics.embedded.service import Service

USE = """
import importlib, sys
from pathlib import Path
with importlib.import_module("twilytics.embedded." + sys.argv[1]).running(Path(sys.argv[2])) as address:
    print(address, flush=True)
    sys.stdin.read()
"""


class User:
    """A command that says the address it was given, and uses the service until it is told to leave, or is killed."""

    def __init__(self, service: Service) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, service.name, service.home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def address(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
