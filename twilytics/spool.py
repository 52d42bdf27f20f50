"""The spool: answers on disk before anything else happens with them, in segments, until bronze has them on disk.

A segment is a file of JSON Lines, one answer a line, that appears whole or not at all: it is written under a temporary
name, synced and renamed. Its name tells how many answers it holds, each line tells the identity of its answer, so that
damage is noticed. Any number of processes may write at once.
"""

import base64
import contextlib
import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from twilytics import durable
from twilytics.answers import Answer
from twilytics.errors import ServiceError

SEGMENT_BYTES = 8 << 20
SEGMENT_ANSWERS = 5_000
ABANDONED_AFTER_S = 3600  # a segment is written within a second: a temporary file of this age has no writer

_log = logging.getLogger(__name__)


class Line(msgspec.Struct, omit_defaults=True):
    """An answer in a segment: its payload as text where it is UTF-8, so that people can read it, else in base64."""

    answer: str
    source: str
    place_id: str
    captured_at: datetime
    landed_at: datetime
    text: str | None = None
    base64: str | None = None
    fault: str | None = None
    detail: str | None = None
    title: str | None = None


_DECODER = msgspec.json.Decoder(Line)


class Spool:
    """The segments in a folder, which is made when it is first written to.

    ``admitted`` makes of each answer what of it may be kept, None where nothing may: no answer gets on but through it.
    """

    def __init__(self, folder: Path, admitted: Callable[[Sequence[Answer]], list[Answer | None]] = list) -> None:
        self.folder, self.admitted = folder, admitted

    def write(self, answers: Iterable[Answer]) -> list[Path]:
        """Append the answers, each segment synced before the next is begun; when this returns, all are on disk.

        Where ``answers`` itself raises, those that it gave before are written all the same.
        Raise :class:`ServiceError` where the folder cannot be written, as when the disk is full.
        """
        written: list[Path] = []
        lines: list[bytes] = []
        size = 0
        try:
            for answer in answers:
                lines.append(_encoded(answer))
                size += len(lines[-1])
                if size >= SEGMENT_BYTES or len(lines) >= SEGMENT_ANSWERS:
                    full, lines, size = lines, [], 0
                    written.append(self._seal(full))
        finally:
            if lines:
                written.append(self._seal(lines))
        return written

    def segments(self) -> list[Path]:
        """The whole segments, oldest first. Temporary files that a killed process left are removed: nobody was told that they are safe."""
        for abandoned in self.folder.glob("*.tmp"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - abandoned.stat().st_mtime > ABANDONED_AFTER_S:
                    abandoned.unlink()
        return sorted(self.folder.glob("*.jsonl"))

    def read(self, segment: Path) -> list[Answer]:
        """What may be kept of a segment's answers. A damaged one is kept beside it as ``….damaged``, and what is whole in it is given."""
        lines = segment.read_bytes().splitlines(keepends=True)
        answers = list(_decoded(lines))
        if len(answers) != _count(segment):
            kept = segment.with_suffix(".damaged")
            if not kept.exists():
                shutil.copyfile(segment, kept)
                durable.sync([kept, self.folder])
            _log.warning(
                "Segment %s of the spool is damaged: %d of its %d answers are whole and go on; the file is kept as %s",
                segment.name,
                len(answers),
                _count(segment),
                kept,
            )
        return [answer for answer in self.admitted(answers) if answer is not None]

    def release(self, segment: Path) -> None:
        """Let a segment go. Only for answers that bronze has on disk. Again is harmless."""
        segment.unlink(missing_ok=True)
        durable.sync([self.folder])

    def waiting(self) -> int:
        """Answers in the spool."""
        return sum(_count(segment) for segment in self.segments())

    def damaged(self) -> list[Path]:
        """Copies of segments that were found damaged, for people to look into."""
        return sorted(self.folder.glob("*.damaged"))

    def _seal(self, lines: list[bytes]) -> Path:
        segment = self.folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}-{len(lines)}.jsonl"
        temporary = segment.with_suffix(".tmp")
        try:
            durable.make_folder(self.folder)
            with temporary.open("xb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(segment)
            durable.sync([self.folder])
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise ServiceError(
                f"the spool {self.folder} cannot be written: {error.strerror or error}. Make room there, or set TWILYTICS_HOME elsewhere."
            ) from error
        return segment


def _encoded(answer: Answer) -> bytes:
    line = Line(answer.id, answer.source, answer.place_id, answer.captured_at, answer.landed_at)
    line.fault, line.detail, line.title = answer.fault, answer.detail, answer.title
    try:
        line.text = answer.payload.decode()
    except UnicodeDecodeError:
        line.base64 = base64.b64encode(answer.payload).decode()
    return msgspec.json.encode(line) + b"\n"


def _decoded(lines: Iterable[bytes]) -> Iterator[Answer]:
    """The answers of those lines that hold what they say they hold."""
    for encoded in lines:
        with contextlib.suppress(msgspec.MsgspecError, ValueError):
            line = _DECODER.decode(encoded)
            payload = base64.b64decode(line.base64, validate=True) if line.base64 is not None else (line.text or "").encode()
            answer = Answer(line.source, line.place_id, line.captured_at, line.landed_at, payload, line.fault, line.detail, line.title)
            if answer.id == line.answer:
                yield answer


def _count(segment: Path) -> int:
    count = segment.stem.rpartition("-")[2]
    return int(count) if count.isdigit() else 0
