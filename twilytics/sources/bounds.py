"""How long a call may take and how much may come of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """``total_s`` counts from the call to its last byte; ``size`` is in bytes. No list of trends has 100 kB."""

    connect_s: float = 5.0
    total_s: float = 20.0
    size: int = 4 << 20
