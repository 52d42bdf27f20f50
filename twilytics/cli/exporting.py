"""`twilytics export`: published tables as files, for whoever works elsewhere."""

import difflib
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from twilytics.cli import tell
from twilytics.cli.options import Instant, Json
from twilytics.errors import TwilyticsError


def export(
    tables: Annotated[list[str], Parameter(help="Published tables, such as change_rate.")],
    /,
    *,
    form: Annotated[Literal["csv", "parquet", "json"], Parameter(name="--format", help="By default csv.")] = "csv",
    out: Annotated[Path | None, Parameter(help="The folder to write to; by default the working directory.")] = None,
    since: Annotated[Instant | None, Parameter(help="The first slot.")] = None,
    until: Annotated[Instant | None, Parameter(help="The end, not included.")] = None,
    place: Annotated[
        list[str] | None, Parameter(negative="", help="Only this place, again for more; of pairs, both have to be among them.")
    ] = None,
    as_json: Json = False,
) -> None:
    from flows.blocks import load
    from twilytics import exporting, postgres
    from twilytics.observatory import Observatory
    from twilytics.published import schema

    known = {table.short_name: table for table in schema()}
    names = [name.removeprefix("gold.") for name in tables]
    for name in names:
        if name not in known:
            nearest = ", ".join(difflib.get_close_matches(name, known, 3, cutoff=0))
            raise TwilyticsError(f"no table {name!r} is published. Nearest: {nearest}. All: twilytics status")
    if since is not None and until is not None and since >= until:
        raise TwilyticsError("--since has to be before --until")
    settings = load()
    if settings.postgres_dsn is None and not settings.home.exists():
        raise TwilyticsError(f"{settings.home} holds nothing yet: try `twilytics demo`, or `twilytics replay ARCHIVE`, first")
    chosen = exporting.Chosen(since, until, tuple(place or ()))
    wanted = [known[name] for name in dict.fromkeys(names)]
    with Observatory(settings) as observatory, tell.progress() as progress:
        reader = postgres.reader_dsn(observatory.dsn, settings.home)
        done = []
        for written in exporting.export(reader, wanted, (out or Path.cwd()).absolute(), form, chosen):
            done.append(written)
            progress(f"export: {written.table}", len(done), len(wanted))
    if as_json:
        tell.json([{**vars(written), "path": str(written.path), "about": str(written.about)} for written in done])
        return
    for written in done:
        tell.line(f"{written.path}: {written.n_rows:,} rows, {written.n_bytes / 1000:,.0f} kB; what it is: {written.about.name}")
