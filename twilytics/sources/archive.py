"""Archived answers: JSON Lines, plain or gzip, a line an answer. Nothing in a file stops the rest of it."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from twilytics.answers import Answer
from twilytics.errors import TwilyticsError
from twilytics.sources.entry import Unreadable
from twilytics.sources.envelope import faulty, opened

CHUNK = 1 << 18
LONGEST_LINE = 32 << 20  # bytes; no answer comes near, and a line has to be held in memory
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 31


class ArchiveError(TwilyticsError):
    """An archive that cannot be opened at all."""


def read(path: Path, landed_at: datetime) -> Iterator[Answer]:
    """The answers of an archive, one at a time, in the file's order. Blank lines are skipped.

    A line that cannot be opened becomes a faulty answer that holds it verbatim. Damage of the file itself ends the reading with
    a faulty answer that holds the torn tail. Raise :class:`ArchiveError` only where the file cannot be read.
    """
    tail = b""
    in_parts = False
    try:
        for chunk in _chunks(path):
            *lines, tail = (tail + chunk).split(b"\n") if b"\n" in chunk else (tail + chunk,)
            for line in lines:
                yield from _answers(line, landed_at, in_parts)
                in_parts = False
            if len(tail) > LONGEST_LINE:
                yield from _answers(tail, landed_at, in_parts=True)
                tail, in_parts = b"", True
        yield from _answers(tail, landed_at, in_parts)
    except Unreadable as flaw:
        yield faulty(tail, landed_at, flaw)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}. Give a file of answers, plain or gzip.") from None


def _answers(line: bytes, landed_at: datetime, in_parts: bool) -> Iterator[Answer]:
    if not line.strip():
        return
    if in_parts:
        yield faulty(line, landed_at, Unreadable("line_too_long", f"{len(line)} bytes of a line of more than {LONGEST_LINE}"))
    else:
        yield opened(line.removesuffix(b"\r"), landed_at)


def _chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, unpacked if it is gzip, whatever its name. Raise :class:`Unreadable` after the last readable byte."""
    with path.open("rb") as file:
        chunk = file.read(CHUNK)
        if not chunk.startswith(GZIP_MAGIC):
            while chunk:
                yield chunk
                chunk = file.read(CHUNK)
            return
        unpacker = zlib.decompressobj(GZIP_WINDOW)
        while chunk:
            if unpacker.eof:  # gzip files can be joined, and some tools pad them with zeros
                chunk = chunk.lstrip(b"\0")
                if not chunk:
                    chunk = file.read(CHUNK)
                    continue
                unpacker = zlib.decompressobj(GZIP_WINDOW)
            before = unpacker.copy()
            try:
                yield unpacker.decompress(chunk, CHUNK)
            except zlib.error as error:
                yield _salvaged(before, chunk)
                raise Unreadable("archive_damaged", f"{path.name}, before byte {file.tell()}: {error}") from None
            chunk = unpacker.unconsumed_tail or unpacker.unused_data or file.read(CHUNK)
        yield unpacker.flush()
        if not unpacker.eof:
            raise Unreadable("archive_truncated", f"{path.name} ends at byte {file.tell()}, in the middle of its gzip data")


def _salvaged(unpacker: "zlib._Decompress", chunk: bytes) -> bytes:
    """What can be unpacked of a chunk before the byte that breaks it."""
    unpacked = bytearray()
    try:
        for at in range(len(chunk)):
            unpacked += unpacker.decompress(chunk[at : at + 1])
    except zlib.error:
        return bytes(unpacked)
    return bytes(unpacked)
