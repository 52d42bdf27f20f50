"""A power cut keeps what was synced; of all else a file may come back old, empty or not at all.

PostgreSQL's own files are left alone here: it is another process that syncs its log itself, and what it holds can be
published again from the lake at any time.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import reference
from twilytics.cycle import cycle
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.settings import Settings
from twilytics.sources import simulated
from twilytics.spool import Spool
from twilytics.tables import of_layer

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class Disk:
    """What of a folder is on the disk: files as they were when they were last synced, with the names that their synced folders had."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.contents: dict[Path, bytes] = {}
        self.names: dict[Path, set[str]] = {}

    def sync(self, path: Path) -> None:
        if not path.is_relative_to(self.root):
            return
        if path.is_dir():
            self.names[path] = {child.name for child in path.iterdir()}
        elif path.is_file():
            # The descriptor's file may have been renamed since; what counts is its content, found again by its inode.
            self.contents[path] = path.read_bytes()

    def after_a_power_cut(self, copy: Path) -> None:
        """Make ``copy`` of what is on the disk; a file whose content never was is there, but empty, where its name was."""
        for path in sorted(self.root.rglob("*")):
            durable_name = path.name in self.names.get(path.parent, set())
            if not durable_name:
                continue
            target = copy / path.relative_to(self.root)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            elif path.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._content(path))

    def has(self, path: Path) -> bool:
        return path.name in self.names.get(path.parent, set()) and self._content(path) == path.read_bytes()

    def _content(self, path: Path) -> bytes:
        if path in self.contents:
            return self.contents[path]
        # Renamed after it was synced under its temporary name: the same bytes.
        whole = path.read_bytes()
        return whole if whole in self.contents.values() else b""


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """The disk of the folder HOME, followed from here on."""
    found = Disk(tmp_path / "home")
    real = os.fsync

    def synced(descriptor: int) -> None:
        real(descriptor)
        found.sync(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", synced)
    return found


@contextmanager
def observatory(home: Path, dsn: str) -> Iterator[Observatory]:
    with Observatory(Settings(home=home, postgres_dsn=dsn, _env_file=None)) as opened:
        yield opened


def simulate(path: Path, hours: int, since: datetime = SINCE) -> Path:
    simulated.write(path, ["berlin", "hamburg", "stuttgart"], since, hours)
    return path


def tables(opened: Observatory) -> dict[str, list[dict[str, object]]]:
    """All but what tells when the checks ran."""
    return {table.name: opened.lake.read(table).to_pylist() for layer in ("bronze", "silver", "gold") for table in of_layer(layer)}


def without_landing(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name not in ("landed_at", "batch")} for row in rows]


def test_whatever_the_lake_holds_was_synced_when_the_spool_let_go(
    disk: Disk, postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    unsynced: list[str] = []
    release = Spool.release

    def watched(self: Spool, segment: Path) -> None:
        held = (path for path in (disk.root / "lake").rglob("*") if path.is_file() and path.name not in ("_lock", "_lock_holder"))
        unsynced.extend(str(path.relative_to(disk.root)) for path in held if not disk.has(path))
        release(self, segment)

    monkeypatch.setattr(Spool, "release", watched)
    with observatory(disk.root, postgres_dsn) as opened:
        replay(opened, [simulate(tmp_path / "a.jsonl.gz", 24)])
        cycle(opened)
        replay(opened, [simulate(tmp_path / "b.jsonl.gz", 1, SINCE + timedelta(hours=24))])
        cycle(opened)
        assert opened.spool.waiting() == 0
    assert unsynced == []


class PowerCutError(Exception):
    pass


def cut_power(*_: object, **__: object) -> None:
    raise PowerCutError


@pytest.mark.parametrize(
    ("cut", "before"),
    [
        ("after landing", "twilytics.cycle.snapshot"),
        ("after the snapshot", "twilytics.cycle.refine"),
        ("during refinement", "twilytics.refinement.build_gold"),
        ("before publication", "twilytics.cycle.publish_checked"),
        ("after the cycle", None),
    ],
)
def test_after_a_power_cut_the_next_run_loses_nothing(
    disk: Disk, postgres_dsn: str, cut: str, before: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    first, second = simulate(tmp_path / "a.jsonl.gz", 20), simulate(tmp_path / "b.jsonl.gz", 4, SINCE + timedelta(hours=20))
    with observatory(disk.root, postgres_dsn) as opened:
        replay(opened, [first])
        cycle(opened)
        replay(opened, [second])
        with monkeypatch.context() as patched:
            if before is None:
                cycle(opened)
            else:
                patched.setattr(before, cut_power)
                with pytest.raises(PowerCutError):
                    cycle(opened)
        disk.after_a_power_cut(tmp_path / "copy")
    with observatory(tmp_path / "copy", postgres_dsn) as opened:
        cycle(opened)
        found = tables(opened)
    with observatory(tmp_path / "undisturbed", postgres_dsn) as opened:
        replay(opened, [first, second])
        cycle(opened)
        expected = tables(opened)
    for name, rows in expected.items():
        assert reference.different(without_landing(found[name]), without_landing(rows)) == [], f"{name}, {cut}"
