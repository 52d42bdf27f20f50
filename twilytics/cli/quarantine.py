"""`twilytics quarantine`: what was set aside, why, and the ways back out."""

import sys
from dataclasses import asdict
from typing import Annotated, Literal

from cyclopts import App, Parameter

from twilytics import stopping
from twilytics.cli import tell
from twilytics.cli.filters import ALL, Filters
from twilytics.cli.options import Json
from twilytics.errors import TwilyticsError

PREVIEW = 200  # characters of a whole answer, --raw writes all of it; an entry is shown as it came
NOTHING = "Nothing of this kind was set aside. What was: twilytics quarantine list"

app = App(name="quarantine", help_format="plaintext", help_epilogue="Example: twilytics quarantine show --reason line_not_json")


@app.default
@app.command(name="list", help_epilogue="Example: twilytics quarantine list --by place --since 2020-07-18")
def counted(
    *,
    filters: Filters = ALL,
    by: Annotated[Literal["reason", "source", "place", "day"], Parameter(help="What to count it by; by default the reason.")] = "reason",
    as_json: Json = False,
) -> None:
    """Count what was set aside, by reason, source, place or day."""
    from flows.blocks import load
    from twilytics import aside
    from twilytics.lake import Lake

    settings = load()
    rows = filters.chosen().of(Lake(settings.lake_root, settings.gcp_credentials))
    reasons = aside.by_reason(rows) if by == "reason" else []
    groups = [] if by == "reason" else aside.grouped(rows, by)
    if as_json:
        found = [asdict(reason) for reason in reasons] + [{by: group.value, **asdict(group)} for group in groups]
        tell.json([{key: value for key, value in one.items() if key != "value"} for one in found])
    elif not rows.num_rows:
        tell.line(NOTHING if filters.given() else "Nothing was set aside.")
    elif by == "reason":
        tell.table(["scope", "reason", "why", "rows", "newest"], [[r.scope, r.reason, r.says, r.n, r.newest] for r in reasons])
    else:
        tell.table([by, "rows", "answers", "newest"], [[g.value, g.n, g.n_answers, g.newest] for g in groups])


@app.command(help_epilogue="Example: twilytics quarantine show --reason line_not_json --limit 3")
def show(
    *,
    filters: Filters = ALL,
    limit: Annotated[int, Parameter(help="At most so many, the newest first; by default 20.")] = 20,
    raw: Annotated[bool, Parameter(negative="", help="Write the one answer that --answer names as it came, byte for byte.")] = False,
    as_json: Json = False,
) -> None:
    """Show what was set aside: the rule that it broke, and the entry as it came; of whole answers the beginning."""
    from flows.blocks import load
    from twilytics import aside, verbatim
    from twilytics.lake import Lake

    settings = load()
    found = aside.shown(Lake(settings.lake_root, settings.gcp_credentials), filters.chosen(), limit=None if raw else max(limit, 0))
    if raw:
        payloads = {row.answer: row.payload for row in found}
        if filters.answer is None or len(payloads) != 1:
            raise TwilyticsError(
                f"--raw takes one answer, this names {len(payloads)}: choose one by --answer, `quarantine show` lists them"
            )
        sys.stdout.buffer.write(next(iter(payloads.values())))
    elif as_json:
        tell.json([{**asdict(row), "entry": verbatim.entry(row.payload, row.position)} for row in found])
    elif not found:
        tell.line(NOTHING)
    for row in () if raw or as_json else found:
        tell.line(f"{row.answer[:12]}  {row.place}  {row.captured_at:%Y-%m-%d %H:%M:%S} UTC  {row.source}")
        where = f"entry {row.position}" if row.position else "the whole answer"
        only = ", its value only" if row.scope == "value" else ""
        tell.line(f"  {where}{only}: {row.says} ({row.reason}{f': {row.detail}' if row.detail else ''})")
        entry = verbatim.entry(row.payload, row.position)
        told = (entry or row.payload).decode("utf-8", "backslashreplace")
        tell.line(f"  {told}" if entry or len(told) <= PREVIEW else f"  {told[:PREVIEW]} …")


@app.command(help_epilogue="Example: twilytics quarantine retry --reason wrong_shape --plan")
def retry(
    *,
    filters: Filters = ALL,
    plan: Annotated[bool, Parameter(negative="", help="Only tell how much that is, and about how long it takes.")] = False,
    as_json: Json = False,
) -> None:
    """Try again what was set aside, after a fix of the program or its catalogue.

    Its slots are computed again from bronze, checked and published. Again is harmless.
    """
    import flows
    from flows.blocks import load
    from twilytics import retrying
    from twilytics.cli import outcome
    from twilytics.observatory import Observatory

    with Observatory(load()) as observatory:
        n_rows, planned = retrying.plan(observatory, filters.chosen())
        if plan and as_json:
            tell.json({"n_tried": n_rows, **asdict(planned)})
        elif not n_rows and not as_json:
            tell.line(NOTHING)
        elif plan:
            tell.line(f"{n_rows:,} rows that were set aside would be tried again:")
            outcome.planned(planned)
        else:
            with tell.progress() as progress:
                retried = stopping.attended(lambda: flows.run("retry", observatory, progress, **filters.given()))
            outcome.retried(observatory, retried, as_json=as_json)


@app.command(help_epilogue="Example: twilytics quarantine drop --reason topic_empty --until 2020-08-01")
def drop(
    *,
    filters: Filters = ALL,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Take out of the quarantine for good what was set aside for one reason.

    The answers stay in bronze. A row that fails for another reason one day is set aside again.
    """
    from twilytics import dropping
    from twilytics.observatory import Observatory
    from twilytics.settings import load

    if filters.reason is None:
        raise TwilyticsError("drop takes out what was set aside for one reason: name it with --reason, `quarantine list` has them")
    chosen = filters.chosen()
    with Observatory(load()) as observatory:
        n_rows = chosen.of(observatory.lake).num_rows
        if n_rows and not yes:
            _agree(n_rows)
        n_dropped = stopping.attended(lambda: dropping.drop(observatory, chosen)) if n_rows else 0
    if as_json:
        tell.json({"n_dropped": n_dropped})
    else:
        tell.line(f"dropped    {n_dropped:,} rows; bronze keeps their answers" if n_dropped else NOTHING)


def _agree(n_rows: int) -> None:
    """Raise :class:`TwilyticsError` where nobody says yes."""
    told = f"{n_rows:,} rows would be dropped for good"
    if not sys.stdin.isatty():
        raise TwilyticsError(f"{told}: give --yes to do so, or look at them first with `quarantine show`")
    tell.note(f"{told}; bronze keeps their answers. Type yes to do so:")
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise TwilyticsError("nothing was dropped, as nobody said yes")
