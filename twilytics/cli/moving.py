"""`twilytics move`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from twilytics import stopping
from twilytics.cli import tell
from twilytics.cli.options import Json
from twilytics.errors import SettingError

if TYPE_CHECKING:
    from twilytics.moving import Moved

#: A target that reads so is in the file, as arguments are for every account of the machine to see.
FILE = "file:"
DIGITS = 12


def move(
    *,
    to_mongodb: Annotated[str | None, Parameter(help="An empty MongoDB's URI; better file:PATH or prefect:BLOCK.")] = None,
    to_lake: Annotated[str | None, Parameter(help="gs://bucket/prefix, or a folder.")] = None,
    to_postgres: Annotated[str | None, Parameter(help="An empty PostgreSQL's DSN, as its owner, or file:, prefect:.")] = None,
    as_json: Json = False,
) -> None:
    from flows import blocks
    from twilytics import moving
    from twilytics.observatory import Observatory
    from twilytics.settings import changed

    told = {"mongodb_uri": to_mongodb, "lake": to_lake, "postgres_dsn": to_postgres}
    targets = {setting: _held(setting, value) for setting, value in told.items() if value is not None}
    if not targets:
        raise SettingError("say where to: --to-mongodb, --to-lake, --to-postgres, or several of them")
    settings = blocks.load()
    target = blocks.resolved(changed(settings, **targets))
    with Observatory(settings) as here, Observatory(target) as there, tell.progress() as progress:
        done = stopping.attended(lambda: moving.move(here, there, list(targets), progress=progress))
    if as_json:
        tell.json(asdict(done))
    else:
        _told(done)


def _held(setting: str, value: str) -> str:
    """Raise :class:`SettingError` where the file does not hold it, or nothing is named."""
    from twilytics.moving.part import option

    if value.startswith(FILE):
        file = Path(value.removeprefix(FILE))
        try:
            value = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"{option(setting)}: {file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not value or "\n" in value or "\0" in value:
        raise SettingError(f"{option(setting)} has to name one place, in one line")
    return value


def _told(done: "Moved") -> None:
    from twilytics.settings import PREFIX

    tell.table(
        ["moved", "rows", "checksum"],
        [[name, held.n, held.checksum[:DIGITS] or None] for part in done.parts for name, held in part.held.items() if held.n],
    )
    for part in done.parts:
        if part.done_at is None:
            tell.line(f"moved      {part.source} to {part.target}; both hold the same, by counts and checksums")
        else:
            now = "and holds the same" if part.is_same else "and was written to since"
            tell.line(f"moved      {part.source} to {part.target} already, at {part.done_at}: that is done {now}")
    tell.line(f"took       {done.seconds:,.0f} s; {done.parts[0].source} and all else there is as it was")
    tell.line("next       set, everywhere that this observatory runs, with users and passwords where there are any:")
    for part in done.parts:
        tell.line(f"             {PREFIX}{part.setting.upper()}={part.target}")
    tell.line("           then `twilytics doctor` and `twilytics run`: TWILYTICS_HOME stays, as what waits in its spool, and its secrets")
