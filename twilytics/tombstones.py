"""The list of what was erased, in the lake: what is on it is taken out of every answer that comes from the spool."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from twilytics import hashing
from twilytics.answers import Answer
from twilytics.bronze.tombstones import TABLE
from twilytics.errors import SettingError
from twilytics.lake import Lake
from twilytics.redaction import redact
from twilytics.render import arrow

#: The kind of the row that tells one key from another: under another key the list would keep nothing out, and not say so.
KEY = "key"


@dataclass(frozen=True)
class Tombstones:
    """Keyed hashes of what was erased, by kind. ``met``: the kinds and hashes of what was asked for since and is among them."""

    key: bytes
    digests: dict[str, frozenset[str]]
    met: set[tuple[str, str]] = field(default_factory=set, compare=False)

    def holds(self, kind: str, text: str) -> bool:
        digests = self.digests.get(kind)
        if digests is None or (digest := hashing.digest(self.key, kind, text)) not in digests:
            return False
        self.met.add((kind, digest))
        return True


class Register:
    """The list of a lake. It looks at the lake each time, since other processes erase too; where nothing was erased, nothing is read."""

    def __init__(self, lake: Lake, key: Callable[[], bytes]) -> None:
        self._lake, self._key = lake, key
        self._known: tuple[int, Tombstones] | None = None
        #: By kind and hash what of the list was met in answers.
        self.met: set[tuple[str, str]] = set()

    def tombstones(self) -> Tombstones | None:
        """None where nothing was ever erased. Raise :class:`SettingError` where the list was made with another key than the settings'."""
        version = self._lake.version(TABLE)
        if version is None:
            return None
        if self._known is None or self._known[0] != version:
            key, rows = self._key(), self._rows()
            if (KEY, hashing.digest(key, KEY, "")) not in rows:
                raise SettingError(
                    f"what was erased from the lake {self._lake.root} was noted with another key than TWILYTICS_HASH_KEY, or HOME/secrets, "
                    "has, and would come back unseen: set the key that was used then"
                )
            kinds = {kind for kind, _ in rows}
            digests = {kind: frozenset(digest for of, digest in rows if of == kind) for kind in kinds}
            self._known = version, Tombstones(key, digests, self.met)
        return self._known[1]

    def admitted(self, answers: Sequence[Answer]) -> list[Answer | None]:
        """Each answer without what was erased; None where nothing of it may be kept. Raise as :meth:`tombstones` does."""
        known = self.tombstones()
        return list(answers) if known is None else [redact(answer, known.holds) for answer in answers]

    def add(self, erased: Iterable[tuple[str, str]]) -> None:
        """Put kinds and texts on the list, durably, as not done yet. Only under the lake's lock. Raise as :meth:`tombstones` does."""
        self.tombstones()
        key = self._key()
        self._write(self._rows() | {(kind, hashing.digest(key, kind, text)): None for kind, text in ((KEY, ""), *erased)})

    def meet(self, erased: Iterable[tuple[str, str]]) -> None:
        """Note that an answer held these kinds and texts, where it cannot be read, so that no hash finds them."""
        self.met |= {(kind, self.digest(kind, text)) for kind, text in erased}

    def is_met(self, kind: str, text: str) -> bool:
        """Whether it is on the list, and an answer that was looked through by this register held it."""
        return (kind, self.digest(kind, text)) in self.met

    def digest(self, kind: str, text: str) -> str:
        """The keyed hash that stands for it."""
        return hashing.digest(self._key(), kind, text)

    def is_pending(self) -> bool:
        """Whether something on the list was not brought to its end."""
        return any(erased_at is None for erased_at in self._rows().values())

    def done(self, now: datetime) -> None:
        """Every layer is rid of what is on the list. Only under the lake's lock."""
        self._write({row: erased_at or now for row, erased_at in self._rows().items()})

    def _rows(self) -> dict[tuple[str, str], datetime | None]:
        return {(row["kind"], row["digest"]): row["erased_at"] for row in self._lake.read(TABLE).to_pylist()}

    def _write(self, rows: dict[tuple[str, str], datetime | None]) -> None:
        told = [{"kind": kind, "digest": digest, "erased_at": erased_at} for (kind, digest), erased_at in sorted(rows.items(), key=str)]
        self._lake.replace(TABLE, pa.Table.from_pylist(told, schema=arrow.schema(TABLE)), None)
