"""Commands about asking a source: what it would come to, and doing it once."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from twilytics import stopping
from twilytics.cli import tell
from twilytics.cli.options import Json

Places = Annotated[
    list[str] | None, Parameter(name="--place", negative="", help="A place to ask for, again for more; by default TWILYTICS_PLACES.")
]
Source = Annotated[str | None, Parameter(help="x-v2, x-v1.1, mastodon or bluesky; by default TWILYTICS_SOURCE.")]


def land(*, place: Places = None, source: Source = None, as_json: Json = False) -> None:
    import flows
    from flows.blocks import load
    from twilytics import capturing
    from twilytics.cli import outcome
    from twilytics.observatory import Observatory
    from twilytics.settings import changed

    settings = changed(load(), places=place, source=source)
    capturing.check(settings)
    with Observatory(settings) as observatory:
        with tell.progress() as progress:
            landed = stopping.attended(lambda: flows.run("land", observatory, progress, is_asking=True))
        if as_json:
            tell.json(asdict(landed))
            return
        outcome.asked(landed.asked)
        tell.line(f"landed     {landed.n_new:,} new. `twilytics run --no-land` refines and publishes them")


def plan(
    *,
    place: Places = None,
    source: Source = None,
    interval: Annotated[int | None, Parameter(help="Minutes between two captures; by default TWILYTICS_INTERVAL_MINUTES.")] = None,
    as_json: Json = False,
) -> None:
    from twilytics import places as catalogue
    from twilytics.cli import outcome
    from twilytics.planning import MANY_ROWS, planned
    from twilytics.settings import changed, load

    settings = changed(load(), places=place, source=source, interval_minutes=interval)
    followed = catalogue.followed(settings.places, settings.source)
    n_topics = 0 if settings.tweets == "off" else settings.tweets
    found = planned(settings.source, followed, settings.interval, settings.pairs, n_topics)
    if as_json:
        tell.json(asdict(found))
        return
    tell.line(f"{settings.source}: {found.plan}, {found.n_pairs:,} pairs of them (TWILYTICS_PAIRS={settings.pairs})")
    tell.table(
        ["calls", "a month of 30 days, at most", "of the rate limit", "USD a month"],
        [[calls.source, calls.n, f"{calls.share:.0%}", f"{calls.usd:,.2f}"] for calls in found.calls],
    )
    tell.line(f"cost       {found.usd:,.2f} USD a month, at prices of {found.prices_of}")
    tell.table(["table", "rows a month, at most"], [[name, n] for name, n in found.n_rows.items()])
    tell.line("refining one slot takes:")
    outcome.taken(found.a_slot)
    if not found.fits:
        tell.note(f"warning: the rate limit has no room for that. What fits: {', or '.join(found.fitting)}")
    for calls in found.calls:
        if found.fits and calls.is_tight:
            tell.note(f"warning: {calls.share:.0%} of the rate limit of {calls.source}: second tries after failures may find no room")
    if found.has_many_rows:
        tell.note(
            f"warning: more than {MANY_ROWS:,} rows a month: choose pairs, with TWILYTICS_PAIRS=same-country or "
            "TWILYTICS_PAIRS=berlin:hamburg,berlin:stuttgart"
        )
