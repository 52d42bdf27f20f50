"""What `twilytics deploy` changes at a server, one after the other; or only would."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

T = TypeVar("T")
Did = Literal["created", "changed", "removed"]


@dataclass(frozen=True)
class Change:
    """What was done to what (``deployment cycle/cycle``), and to which parts of it."""

    did: Did
    what: str
    parts: tuple[str, ...] = ()


@dataclass
class Changes:
    """``is_dry``: nothing is done, only noted."""

    is_dry: bool
    made: list[Change] = field(default_factory=list)

    def make(self, did: Did, what: str, do: Callable[[], T], parts: Iterable[str] = ()) -> T | None:
        """Note the change and make it; return what that returned, None where it is only noted."""
        self.made.append(Change(did, what, tuple(parts)))
        return None if self.is_dry else do()
