"""What a machine needs to run Twilytics, looked at part by part: what was found, or what to do."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

from twilytics import pairs, places
from twilytics.embedded import jars, java
from twilytics.errors import ServiceError, SettingError, TwilyticsError
from twilytics.observatory import Observatory

if TYPE_CHECKING:
    from twilytics.permissions import Granted

LEAST_FREE_BYTES = 1 << 30
#: When this was written: a clock before it is wrong.
NOT_BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
MOST_SKEW_SECONDS = 5.0


@dataclass(frozen=True)
class Finding:
    """``told`` says what is there, or what is wrong and what mends it. A ``warning`` stops nothing that is wanted by default."""

    part: str
    verdict: Literal["ok", "warning", "problem"]
    told: str


class Warned(Exception):  # noqa: N818
    """A part works, but not all that it is for."""


def findings(observatory: Observatory) -> Iterator[Finding]:
    """Look at each part. Starts the embedded services and writes a file that it removes again; changes nothing else."""
    looks: dict[str, Callable[[Observatory], str]] = {
        "home": _home,
        "clock": _clock,
        "java": _java,
        "store": _store,
        "lake": _lake,
        "database": _database,
        "places": _places,
        "credentials": _credentials,
    }
    for part, look in looks.items():
        yield finding(part, partial(look, observatory))


def granted(observatory: Observatory) -> Iterator[Finding]:
    """What each credential that the settings name may do and may not. Changes nothing."""
    from twilytics import permissions

    for part, ask in permissions.asked(observatory).items():
        yield finding(part, partial(judged, ask))


def judged(ask: Callable[[], "Granted"]) -> str:
    """What a credential may do. Raise :class:`SettingError` where it may not do what it is for, :class:`Warned` where it may more."""
    found = ask()
    if found.may_not:
        raise SettingError(str(found))
    if found.needless:
        raise Warned(str(found))
    return str(found)


def finding(part: str, look: Callable[[], str]) -> Finding:
    """What came of looking at a part: what is wrong with it is raised, as :class:`Warned` where it only should be otherwise."""
    try:
        return Finding(part, "ok", look())
    except Warned as warning:
        return Finding(part, "warning", str(warning))
    except TwilyticsError as error:
        return Finding(part, "problem", str(error))
    except Exception as error:  # a part may fail in any way, and the others are still to be looked at
        return Finding(part, "problem", f"{type(error).__name__}: {error}")


def _home(observatory: Observatory) -> str:
    home = observatory.settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as trial:
            trial.write(b"x")
            trial.flush()
    except OSError as error:
        raise SettingError(f"{home} cannot be written ({error.strerror}): let TWILYTICS_HOME name a folder that can") from None
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        raise Warned(f"{home} has {free >> 20} MB left: make room, a year of 12 places takes some 1 GB")
    return f"{home}, {free >> 30} GB free"


def _clock(observatory: Observatory) -> str:
    now = datetime.now(UTC)
    if now < NOT_BEFORE:
        raise ServiceError(f"the clock says {now:%Y-%m-%d %H:%M} UTC, which is past: set it, slots are named by it")
    with tempfile.NamedTemporaryFile(dir=observatory.settings.home) as trial:
        skew = abs(time.time() - observatory.settings.home.joinpath(trial.name).stat().st_mtime)
    if skew > MOST_SKEW_SECONDS:
        raise Warned(f"the clock and that of the disk of {observatory.settings.home} are {skew:.0f} s apart: synchronise them")
    return f"{now:%Y-%m-%d %H:%M} UTC"


def _java(observatory: Observatory) -> str:
    settings = observatory.settings
    if settings.mongodb_uri is not None and settings.engine == "duckdb":
        return "not needed: the store is a MongoDB, and the engine is duckdb"
    home = java.java_home()
    n_jars = len(jars.store_jars()) + (len(jars.spark_jars()) if settings.engine == "spark" else 0)
    return f"{home}, {n_jars} jars"


def _store(observatory: Observatory) -> str:
    waiting = observatory.store.waiting()
    kind = "embedded store" if observatory.settings.mongodb_uri is None else "MongoDB"
    return f"{kind} answers, {waiting:,} answers wait in it, {observatory.spool.waiting():,} in the spool"


def _lake(observatory: Observatory) -> str:
    state = observatory.ledger
    with observatory.lake.locked():
        pass
    is_done = not (state.refining() or state.to_publish or state.backfilled)
    left = "nothing is left to do" if is_done else "something is left to do: twilytics run"
    return f"{observatory.lake.root}, interval {state.interval_minutes} minutes, {left}"


def _database(observatory: Observatory) -> str:
    from twilytics import postgres

    with closing(postgres.connect(observatory.dsn)) as connection:
        version = connection.server_version
    postgres.reader_dsn(observatory.dsn, observatory.settings.home)
    kind = "embedded PostgreSQL" if observatory.settings.postgres_dsn is None else "PostgreSQL"
    return f"{kind} {version // 10000} answers, its role for readers is there"


def _places(observatory: Observatory) -> str:
    followed = places.followed(observatory.settings.places, observatory.settings.source)
    compared = pairs.chosen(observatory.settings.pairs, {*followed, *observatory.ledger.places})
    return f"{len(followed)} to follow: {', '.join(followed[:5])}{' …' if len(followed) > 5 else ''}; {len(compared):,} pairs are compared"


def _credentials(observatory: Observatory) -> str:
    settings = observatory.settings
    if settings.source not in ("x-v2", "x-v1.1"):
        return f"{settings.source} asks for none"
    if settings.x_bearer_token is None:
        raise Warned("TWILYTICS_X_BEARER_TOKEN is not set, so X cannot be asked; archives can be replayed without")
    return "TWILYTICS_X_BEARER_TOKEN is set"
