"""What moving asks of a part, and the one way in which each of them is moved: noted, copied, compared, noted as done."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol

from twilytics import stopping
from twilytics.errors import ServiceError, SettingError, TwilyticsError
from twilytics.settings import PREFIX
from twilytics.stopping import Stopped

Progress = Callable[[str, int, int], None]
#: What is written without the lake's lock (what calls cost, what is watched) may be written between copying and comparing.
ROUNDS = 3


@dataclass(frozen=True)
class Sum:
    """How many rows or documents there are, and what they come to."""

    n: int
    checksum: str


#: By name of a table or collection.
Held = Mapping[str, Sum]


@dataclass(frozen=True)
class Note:
    """What a target is told of the move into it. ``held``: the digest of what both sides held when it was done, None until then."""

    source: str
    at: str
    held: str | None = None

    def text(self) -> str:
        return json.dumps(asdict(self))


def note_of(text: str | bytes | None) -> Note | None:
    """None for what is no note."""
    try:
        return Note(**json.loads(text or ""))
    except (ValueError, TypeError):
        return None


class Part(Protocol):
    """One part of the source, and where it is to go. ``source`` and ``target`` name them for people, without secrets.

    Everything but :meth:`opened` is asked while that is open. :meth:`copy` makes the target hold what the source holds,
    whatever it holds of it already. :meth:`here` and :meth:`there` read all of the source and of the target.
    """

    setting: str
    source: str
    target: str

    def opened(self) -> AbstractContextManager[None]: ...
    def is_empty(self) -> bool: ...
    def note(self) -> Note | None: ...
    def save(self, note: Note) -> None: ...
    def copy(self, progress: Progress) -> None: ...
    def here(self) -> Held: ...
    def there(self) -> Held: ...


@dataclass(frozen=True)
class Carried:
    """``done_at``: when it had been moved before, None where that was now. ``is_same``: whether the target is still as it was then."""

    setting: str
    source: str
    target: str
    held: Held
    done_at: str | None = None
    is_same: bool = True


def known(part: Part) -> Carried | None:
    """What was moved before; None where there is something to move. Raise :class:`ServiceError` where the target is not for it."""
    if part.is_empty():
        return None
    note = part.note()
    if note is None:
        raise ServiceError(f"{option(part.setting)}: {part.target} holds something already: name an empty one, or empty it")
    if note.source != part.source:
        raise ServiceError(
            f"{option(part.setting)}: {part.target} was moved to from {note.source}, not from {part.source}: name an empty one, or empty it"
        )
    if note.held is None:
        return None
    here = part.here()
    is_same = digest(part.there()) == note.held
    if digest(here) == note.held:
        return Carried(part.setting, part.source, part.target, here, note.at, is_same)
    if not is_same:
        raise ServiceError(
            f"{option(part.setting)}: {part.source} and {part.target} were both written to since the move of {note.at}. To keep what "
            f"the target has, set {PREFIX}{part.setting.upper()}; to move what the source has, empty the target and move again"
        )
    return None


def carry(part: Part, progress: Progress) -> Carried:
    """Raise :class:`ServiceError` where the target does not hold what it was given."""
    part.save(Note(part.source, _now()))
    for _ in range(ROUNDS):
        part.copy(progress)
        heed()
        here, there = part.here(), part.there()
        if here == there:
            part.save(Note(part.source, _now(), digest(here)))
            return Carried(part.setting, part.source, part.target, here)
    differing = ", ".join(name for name in sorted({*here, *there}) if here.get(name) != there.get(name))
    raise ServiceError(
        f"{option(part.setting)}: {part.target} does not hold what it was given ({differing} differ). Is something else writing to it, "
        f"or to {part.source}? Stop that and give the same command again"
    )


def digest(held: Held) -> str:
    told = json.dumps({name: asdict(one) for name, one in held.items()}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def heed() -> None:
    """Raise :class:`Stopped` where somebody asked to end."""
    if stopping.requested.is_set():
        raise Stopped("stopped, nothing is lost: the same `twilytics move` goes on from here")


def option(setting: str) -> str:
    """As the command has it."""
    return f"--to-{setting.partition('_')[0]}"


def same(setting: str, target: str) -> SettingError:
    return SettingError(f"{option(setting)}: {target} is what the settings name now: there is nothing to move")


@contextmanager
def as_option(setting: str) -> Iterator[None]:
    """Have what is wrong with a target told of the option that names it."""
    try:
        yield
    except TwilyticsError as error:
        raise type(error)(f"{option(setting)}: {str(error).replace(f'{PREFIX}{setting.upper()}', option(setting))}") from error


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
