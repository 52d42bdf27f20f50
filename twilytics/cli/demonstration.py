"""`twilytics demo`: a simulated fortnight of German cities, through the whole pipeline."""

import shutil
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flows
from twilytics import places, publication, stopping
from twilytics.cli import outcome, tell
from twilytics.errors import TwilyticsError
from twilytics.observatory import Observatory
from twilytics.report import page, usual_path
from twilytics.settings import Settings
from twilytics.slots import floor
from twilytics.sources import simulated

HOUR = timedelta(hours=1)
HOURS = 14 * 24
COUNTRY = "DE"
SEED = 2020
LABEL = "All of it is simulated: no topic in it ever trended anywhere, and every title and every place's name says so."
QUESTIONS = (
    "SELECT place, avg, max FROM gold.change_summary WHERE window_hours = 168 ORDER BY avg DESC",
    "SELECT position, title, frequency FROM gold.top_topics WHERE place = 'berlin' AND window_hours = 24 ORDER BY position LIMIT 10",
)


def demo(settings: Settings, *, as_json: bool) -> None:
    """Fill a fresh HOME. Raise :class:`TwilyticsError` where it, or the lake or database it would use, holds anything."""
    begun = time.monotonic()
    _refuse_what_is_in_use(settings)
    with Observatory(settings) as observatory:
        _refuse_a_filled_database(observatory)
        archive = settings.home / "demo" / "simulated.jsonl.gz"
        keys = sorted(place.key for place in places.of("x-v2").values() if place.country_code == COUNTRY)
        since = floor(datetime.now(UTC), HOUR) - HOURS * HOUR
        tell.note(f"simulating {HOURS} hours of {len(keys)} places: {', '.join(keys)}")
        simulated.write(archive, keys, since, HOURS, SEED)
        with tell.progress() as progress:
            landed = stopping.attended(lambda: flows.run("land", observatory, progress, archives=(str(archive),)))
            report = stopping.attended(lambda: flows.run("cycle", observatory, progress, is_asking=False, is_whole=True))
        written = page.write(observatory, usual_path(settings.home))
        where = {
            "home": str(settings.home),
            "report": str(written.path),
            "archive": str(archive),
            "lake": settings.lake_root,
            "database": without_password(observatory.dsn),
        }
        seconds = time.monotonic() - begun
        if as_json:
            tell.json({"simulated": True, "seconds": round(seconds, 1), "where": where, "landed": asdict(landed), **asdict(report)})
            return
        outcome.told(observatory, report, landed, as_json=False)
    tell.line(LABEL)
    tell.line()
    tell.line(f"Done in {seconds:.0f} s. Where everything is:")
    for name, place in where.items():
        tell.line(f"  {name:<9} {place}")
    if settings.postgres_dsn is None:
        tell.line("The database is up while a command needs it, and all the time under `twilytics serve`. It is started for you.")
    tell.line()
    tell.line("What to type next:")
    prefix = "" if settings.home == Path(".twilytics").absolute() else f"TWILYTICS_HOME={settings.home} "
    for command in (*(f'query "{question}"' for question in QUESTIONS), "status", "serve"):
        tell.line(f"  {prefix}{_called()} {command}")


def _called() -> str:
    """How this command was called, so that it can be called again: by its name where PATH has it, else by its path from here."""
    path = Path(sys.argv[0])
    if shutil.which(path.name) and Path(str(shutil.which(path.name))).samefile(path):
        return path.name
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _refuse_what_is_in_use(settings: Settings) -> None:
    if settings.home.exists() and any(path != usual_path(settings.home) for path in settings.home.iterdir()):
        raise TwilyticsError(
            f"{settings.home} holds something already: let TWILYTICS_HOME name a folder that is empty or not there yet "
            "(a demo that was interrupted is finished by `twilytics run`)"
        )
    if settings.mongodb_uri is not None:
        raise TwilyticsError("TWILYTICS_MONGODB_URI is set, and simulated answers do not belong among real ones: unset it for the demo")
    if settings.lake is not None:
        raise TwilyticsError("TWILYTICS_LAKE is set, and simulated answers do not belong among real ones: unset it for the demo")


def _refuse_a_filled_database(observatory: Observatory) -> None:
    if observatory.settings.postgres_dsn is not None and publication.last_batch(observatory.dsn) is not None:
        raise TwilyticsError(
            "the database of TWILYTICS_POSTGRES_DSN holds a publication already: name an empty one, or unset it for the demo"
        )


def without_password(dsn: str) -> str:
    """The DSN as anybody may see it."""
    from psycopg2.extensions import make_dsn, parse_dsn

    return str(make_dsn(**{name: value for name, value in parse_dsn(dsn).items() if name != "password"}))
