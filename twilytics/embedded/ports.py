"""TCP ports of this machine."""

import socket

HOST = "127.0.0.1"


def answers(port: int, seconds: float = 2.0) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((HOST, port), timeout=seconds):
            return True
    except OSError:
        return False


def free(preferred: int | None = None) -> int:
    """The preferred port if nothing has it, else one that is free now."""
    for port in (preferred, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, port or 0))
            except (OSError, OverflowError):
                continue
            return int(trial.getsockname()[1])
    raise OSError("no port of this machine is free")
