"""Commands that run the pipeline."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from twilytics import stopping
from twilytics.cli import tell
from twilytics.cli.options import Instant, Json


def run(
    *,
    no_land: Annotated[bool, Parameter(negative="", help="Ask no source, only catch up.")] = False,
    as_json: Json = False,
) -> None:
    import flows
    from flows.blocks import load
    from twilytics import capturing
    from twilytics.cli import outcome
    from twilytics.observatory import Observatory

    settings = load()
    if not no_land:
        capturing.check(settings)
    with Observatory(settings) as observatory:
        with tell.progress() as progress:
            report = stopping.attended(lambda: flows.run("cycle", observatory, progress, is_asking=not no_land, is_whole=True))
        outcome.told(observatory, report, as_json=as_json)


def backfill(
    *,
    since: Annotated[Instant | None, Parameter(help="The first slot: a date or time, UTC unless it says otherwise.")] = None,
    until: Annotated[Instant | None, Parameter(help="The end, not included.")] = None,
    plan: Annotated[bool, Parameter(negative="", help="Only tell which slots, how much, and what it takes.")] = False,
    missing: Annotated[bool, Parameter(negative="", help="Only slots that have answers, but were never refined.")] = False,
    as_json: Json = False,
) -> None:
    import flows
    from flows.blocks import load
    from twilytics import backfilling
    from twilytics.cli import outcome
    from twilytics.observatory import Observatory

    with Observatory(load()) as observatory:
        run = backfilling.run_of(since, until)
        if plan:
            planned = backfilling.plan(observatory, run, only_missing=missing) if run else backfilling.left(observatory)
            tell.json(asdict(planned)) if as_json else outcome.planned(planned)
            return
        asked = {"since": since, "until": until, "only_missing": missing}
        with tell.progress() as progress:
            report = stopping.attended(lambda: flows.run("backfill", observatory, progress, **asked))
        outcome.told(observatory, report, as_json=as_json)


def maintain(*, as_json: Json = False) -> None:
    import flows
    from flows.blocks import load
    from twilytics.cli import outcome
    from twilytics.observatory import Observatory

    with Observatory(load()) as observatory, tell.progress() as progress:
        done = stopping.attended(lambda: flows.run("maintain", observatory, progress))
    outcome.maintained(done, as_json=as_json)


def serve(*, port: Annotated[int | None, Parameter(help="Port of the pages; by default 4200, or any if that is taken.")] = None) -> None:
    from flows import schedule
    from flows import serve as serving
    from twilytics.settings import load

    settings = load()

    def ready(url: str) -> None:
        crons = ", ".join(schedule.crons(settings.interval_minutes))
        tell.note(f"serving {settings.home} at {url}, a cycle every {settings.interval_minutes} minutes ({crons}, UTC); Ctrl-C ends it")
        tell.note(f"maintenance once a day ({schedule.MAINTENANCE}, UTC)")

    def done(ended: serving.Done) -> None:
        tell.note(f"{ended.flow} {ended.run}: {ended.state} in {ended.seconds:.1f} s{f', {ended.message}' if ended.message else ''}")

    serving.serve(settings, port=port, ready=ready, done=done)


def demo(*, as_json: Json = False) -> None:
    from flows.blocks import load
    from twilytics.cli import demonstration

    demonstration.demo(load(), as_json=as_json)
