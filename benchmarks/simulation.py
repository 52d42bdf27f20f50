"""The simulated history that the benchmarks share: which places, until when, and hours of it as answers."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from twilytics import places
from twilytics.answers import Answer
from twilytics.sources import envelope, simulated
from twilytics.spool import Spool

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def towns(n: int) -> list[str]:
    """Keys of so many places, the German towns first."""
    known = [place for place in places.catalogue().values() if place.kind == "town"]
    return [place.key for place in sorted(known, key=lambda place: (place.country_code != "DE", place.key))][:n]


def answers(keys: Sequence[str], since: datetime, hours: int) -> Iterator[Answer]:
    """The simulated answers of these places, hour by hour, landed now."""
    for line in simulated.simulate(keys, since, hours):
        yield envelope.opened(line.rstrip(b"\n"), datetime.now(UTC))


def spooled(home: Path, keys: Sequence[str], hours: Iterable[int]) -> None:
    """Put these hours, counted from the end of the history, where the next cycle of HOME finds them."""
    Spool(home / "spool").write(answer for hour in hours for answer in answers(keys, UNTIL + hour * HOUR, 1))
