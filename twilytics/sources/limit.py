"""How often a source may be asked, and what a call costs."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limit:
    """So many calls within any so long; ``per_place``: each place is a server with a limit of its own. A call costs ``usd`` at most."""

    calls: int
    within: timedelta
    per_place: bool = False
    usd: float = 0.0

    def most(self, interval: timedelta) -> int:
        """How many calls an interval has room for, in the long run."""
        return self.calls * interval // self.within

    def __str__(self) -> str:
        return f"{self.calls} in {self.within // timedelta(minutes=1)} minutes"
