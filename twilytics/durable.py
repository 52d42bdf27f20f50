"""Writing that survives a power cut: on return, what was written is on the disk, not only in the page cache."""

import os
from collections.abc import Iterable
from pathlib import Path

#: The mode of a file that is nobody else's business.
PRIVATE = 0o600


def sync(paths: Iterable[Path]) -> None:
    """fsync files and folders. A new file is only durable together with the folder that names it."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create the folder with its parents, each durable in its parent."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync([folder.parent])


def write(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Replace the file as a whole: a reader, or a crash at any point, finds the old content or the new, never a part.

    The file gets just this ``mode`` and never had a wider one; where None, what the umask leaves.
    """
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        with open(draft, "wb", opener=lambda name, flags: os.open(name, flags, 0o666 if mode is None else mode)) as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync([path.parent])
