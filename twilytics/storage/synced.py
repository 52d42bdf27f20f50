"""Which versions of the lake's tables are surely on the disk.

delta-rs does not fsync what it commits, so after a power cut the newest log entry may be torn and its table would not
open any more. Each write is therefore synced, and then noted in ``_synced.json``; what a crash left behind above the noted
version is taken back, and made again from what it was made of.
"""

import json
from pathlib import Path
from threading import Lock

from twilytics import durable


class Synced:
    """The notes of the lake in the folder ``root``; its tables lie in ``root/layer/table``."""

    def __init__(self, root: Path) -> None:
        self.root, self._file = root, root / "_synced.json"
        self._one_at_a_time = Lock()

    def note(self, name: str, folder: Path, version: int) -> None:
        """Bring on the disk what was committed to the table up to this version since the last note, whoever committed it."""
        log = folder / "_delta_log"
        fresh = range(self._versions().get(name, -1) + 1, version + 1)
        entries = [path for number in fresh if (path := log / f"{number:020}.json").exists()]
        added = [folder / action["add"]["path"] for entry in entries for action in actions(entry.read_bytes()) if "add" in action]
        marks = [path for path in log.iterdir() if path.name == "_last_checkpoint" or ".checkpoint" in path.name]
        recent = [path for path in marks if path.name == "_last_checkpoint" or int(path.name[:20]) in fresh]
        durable.sync([*(path for path in added if path.exists()), *entries, *recent, log, folder])
        with self._one_at_a_time:
            durable.write(self._file, json.dumps({**self._versions(), name: version}, indent=1, sort_keys=True).encode())

    def take_back(self) -> list[str]:
        """Take back the versions that were never noted. Return the names of the tables that went back.

        Only under the lake's lock. A lake without any note (copied from elsewhere) is taken as it is.
        """
        if not self._file.exists():
            return []
        versions, went_back = self._versions(), []
        for log in sorted(self.root.glob("*/*/_delta_log")):
            name = f"{log.parent.parent.name}.{log.parent.name}"
            kept = versions.get(name, -1)
            # Hadoop keeps a checksum `.NAME.crc` beside each file, which would not fit a later file of that name.
            newer = [path for path in log.iterdir() if (digits := path.name.lstrip(".")[:20]).isdigit() and int(digits) > kept]
            if newer:
                pointer = log / "_last_checkpoint"
                for path in (*newer, *([pointer] if pointer.exists() else [])):
                    path.unlink()
                durable.sync([log])
                went_back.append(name)
        return went_back

    def _versions(self) -> dict[str, int]:
        return dict(json.loads(self._file.read_bytes())) if self._file.exists() else {}


def actions(entry: bytes) -> list[dict[str, dict[str, str]]]:
    """What an entry of a table's log says."""
    return [json.loads(line) for line in entry.splitlines() if line.strip()]
