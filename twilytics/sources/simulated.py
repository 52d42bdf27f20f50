"""Simulated answers: for demonstrations and tests of scale. Every name in them says that it is simulated.

The same arguments give the same bytes, and two runs of hours that meet give what one run over both gives.
"""

import gzip
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from twilytics import slots
from twilytics.sources.ranked_list import entries

__all__ = ["NAME", "entries", "simulate", "write"]

NAME = "simulated"
HOUR = timedelta(hours=1)


def simulate(places: Sequence[str], since: datetime, hours: int, seed: int = 0) -> Iterator[bytes]:
    """Lines of an archive, hour by hour and place by place, from the hour that ``since`` (with a zone) falls into.

    ``places`` are keys of the catalogue; any other key is a town of its own. About one capture of a hundred is missing.
    """
    from twilytics.sources.simulated_world import World  # numpy: only who simulates waits for it

    world = World(places, seed)
    first = slots.floor(since, HOUR)
    for nth in range(hours):
        hour = first + nth * HOUR
        for key, seconds, trends in world.answers(int(hour.timestamp()) // 3600):
            captured_at = hour + timedelta(seconds=seconds)
            yield b'{"source":"simulated","place":"%b","captured_at":"%b","payload":{"trends":[%b]}}\n' % (
                key.encode(),
                captured_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode(),
                b",".join(trends),
            )


def write(path: Path, places: Sequence[str], since: datetime, hours: int, seed: int = 0) -> int:
    """Write the lines as gzip, the same bytes for the same arguments, and return how many. The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp")
    n_lines = 0
    with unfinished.open("wb") as file, gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as archive:
        for line in simulate(places, since, hours, seed):
            archive.write(line)
            n_lines += 1
    unfinished.replace(path)
    return n_lines
