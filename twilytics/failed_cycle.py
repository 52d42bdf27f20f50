"""A cycle that failed, told of: known in `ops.alerts` like all that is the matter, or in HOME where it is PostgreSQL that failed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from twilytics import channels, durable, known
from twilytics.alerts import cycle_failed
from twilytics.alerts.message import Matter
from twilytics.channels import Channel
from twilytics.errors import ServiceError
from twilytics.known import Told
from twilytics.observatory import Observatory
from twilytics.results import BLANK

KEPT = Path("alerts", "cycle-failed.json")
KEY, SUBJECT = cycle_failed.ALERT.key, "the cycle"


def tell(observatory: Observatory, says: str) -> Told:
    """Tell that a cycle failed, unless that is known. The next one that ends well is the all-clear.

    Raise :class:`twilytics.errors.SettingError` where TWILYTICS_ALERTS cannot be used.
    """
    to = channels.opened(observatory.settings.alerts)
    try:
        return known.settle(observatory.dsn, to, {(KEY, SUBJECT): says}, ())
    except ServiceError:
        return _without_database(observatory.settings.home, to, says)


@contextmanager
def carried_over(home: Path, dsn: str) -> Iterator[None]:
    """Note in `ops.alerts` what was told while PostgreSQL did not answer; HOME forgets it when what is done meanwhile is done."""
    kept = _kept(home)
    if kept is not None:
        with known.transaction(dsn) as cursor:
            cursor.execute(
                "INSERT INTO ops.alerts (alert, subject, says, since, told_at) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT (alert, subject) DO UPDATE SET told_at = coalesce(alerts.told_at, excluded.told_at)",
                (KEY, SUBJECT, kept["says"], kept["since"], kept["since"]),
            )
    yield
    if kept is not None:
        with suppress(FileNotFoundError):
            (home / KEPT).unlink()


def _without_database(home: Path, to: tuple[Channel, ...], says: str) -> Told:
    if _kept(home) is not None:
        return Told()
    now = datetime.now(UTC)
    if not known.sent(to, [Matter(KEY, SUBJECT, says, now)], []):
        return Told(1, is_taken=False)
    _keep(home, says, now.isoformat())
    return Told(1)


def forget(home: Path) -> None:
    """Of what was told while PostgreSQL did not answer no words stay, as something was erased; that it was told does."""
    kept = _kept(home)
    if kept is not None:
        _keep(home, BLANK, kept["since"])
    else:
        (home / KEPT).unlink(missing_ok=True)


def _keep(home: Path, says: str, since: str) -> None:
    durable.make_folder(home / KEPT.parent)
    durable.write(home / KEPT, json.dumps({"says": says, "since": since}).encode(), mode=durable.PRIVATE)


def _kept(home: Path) -> dict[str, str] | None:
    try:
        kept = json.loads((home / KEPT).read_bytes())
        return {"says": str(kept["says"]), "since": datetime.fromisoformat(kept["since"]).isoformat()}
    except (OSError, ValueError, KeyError, TypeError):
        return None
