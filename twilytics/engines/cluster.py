"""A Spark cluster of other machines: whether it answers, how it answers back, and what of the project is sent to it."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from twilytics.dataproc import wheel
from twilytics.errors import ServiceError

SECONDS_TO_ANSWER = 10.0
PORTS = {"spark": 7077, "sc": 15002}


def is_local(master: str) -> bool:
    """Whether that Spark is this machine."""
    return master.startswith("local")


def reach(master: str) -> None:
    """Let the driver be known by the address that it has towards the master, unless SPARK_LOCAL_IP or Spark's configuration tells another.

    Raise :class:`ServiceError` where nothing answers there: Spark would try for minutes.
    """
    scheme, _, rest = master.partition("://")
    if scheme not in PORTS:
        return  # yarn and k8s: Spark's own configuration says where they are
    why = ""
    for told in rest.partition("/")[0].split(","):
        try:
            address = urlsplit(f"//{told}")
            with socket.create_connection((address.hostname or "", address.port or PORTS[scheme]), SECONDS_TO_ANSWER) as connection:
                _be_known_as(connection.getsockname()[0])
                return
        except (OSError, ValueError) as error:
            why = str(getattr(error, "strerror", None) or error)
    raise ServiceError(f"no Spark answers at {master} ({why}): start it, or correct TWILYTICS_SPARK_MASTER")


def _be_known_as(address: str) -> None:
    if "SPARK_LOCAL_IP" not in os.environ:
        os.environ["SPARK_LOCAL_IP"] = address
        os.environ.setdefault("SPARK_LOCAL_HOSTNAME", address)


@contextmanager
def program() -> Iterator[str]:
    """The project as a file that Spark takes for a Python package."""
    with tempfile.TemporaryDirectory(prefix="twilytics-") as folder:
        made = wheel.made()
        path = Path(folder, f"twilytics-{made.digest[:16]}.zip")
        path.write_bytes(made.content)
        yield str(path)
