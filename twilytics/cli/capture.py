"""Commands that bring answers in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from twilytics.cli import tell
from twilytics.cli.options import Instant, Json
from twilytics.errors import TwilyticsError


def simulate(
    *,
    places: Annotated[int, Parameter(help="How many of the places that X has trends for.")],
    hours: Annotated[int, Parameter(help="How many hours, one answer a place and hour.")],
    out: Annotated[Path, Parameter(help="The archive to write, gzip.")],
    since: Annotated[Instant | None, Parameter(help="The first hour; by default so that the last one is the last of 2025.")] = None,
    seed: Annotated[int, Parameter(help="Another seed, other answers; by default 0.")] = 0,
    as_json: Json = False,
) -> None:
    from twilytics import places as catalogue
    from twilytics.sources import simulated

    known = catalogue.of("x-v2")
    if not 1 <= places <= len(known):
        raise TwilyticsError(f"--places {places}: choose from 1 to {len(known)}, as many as X has")
    if hours < 1:
        raise TwilyticsError(f"--hours {hours}: choose at least 1")
    # A fixed end, since the same options are to give the same file, and one that is past, since the future cannot be captured.
    first = since or datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=hours)
    try:
        n_answers = simulated.write(out, list(known)[:places], first, hours, seed)
    except OSError as error:
        raise TwilyticsError(f"{out} cannot be written: {error.strerror}") from error
    if as_json:
        tell.json({"file": str(out), "answers": n_answers, "places": places, "hours": hours, "since": first, "seed": seed})
    else:
        tell.line(f"{n_answers:,} simulated answers in {out}. Next: twilytics replay {out}")


def replay(
    archives: Annotated[list[Path], Parameter(help="The archives, in any order.")],
    /,
    *,
    as_json: Json = False,
) -> None:
    import flows
    from flows.blocks import load
    from twilytics import stopping
    from twilytics.cli import outcome
    from twilytics.observatory import Observatory

    names = tuple(str(path.absolute()) for path in archives)
    with Observatory(load()) as observatory:
        with tell.progress() as progress:
            landed = stopping.attended(lambda: flows.run("land", observatory, progress, archives=names))
        outcome.faults(landed)
        with tell.progress() as progress:
            report = stopping.attended(lambda: flows.run("cycle", observatory, progress, is_asking=False, is_whole=True))
        outcome.told(observatory, report, landed, as_json=as_json)
