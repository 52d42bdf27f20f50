"""`twilytics quarantine`: what was set aside, and why."""

import sys
from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

from twilytics.cli import tell
from twilytics.cli.options import Json
from twilytics.errors import TwilyticsError

PREVIEW = 200  # characters of an answer; --raw writes all of it

app = App(name="quarantine", help_format="plaintext", help_epilogue="Example: twilytics quarantine show --reason line_not_json")


@app.default
@app.command(name="list", help_epilogue="Example: twilytics quarantine list --json")
def counted(*, as_json: Json = False) -> None:
    """Count what was set aside, by reason."""
    from twilytics import aside
    from twilytics.lake import Lake
    from twilytics.settings import load

    found = aside.listed(Lake(load().lake_root))
    if as_json:
        tell.json([asdict(reason) for reason in found])
    elif found:
        tell.table(["scope", "reason", "why", "rows", "newest"], [[r.scope, r.reason, r.says, r.n, r.newest] for r in found])
    else:
        tell.line("Nothing was set aside.")


@app.command(help_epilogue="Example: twilytics quarantine show --reason line_not_json --limit 3")
def show(
    *,
    reason: Annotated[str | None, Parameter(help="Only what was set aside for this reason, as `quarantine list` names it.")] = None,
    answer: Annotated[str | None, Parameter(help="Only of the answers whose identity begins so.")] = None,
    limit: Annotated[int, Parameter(help="At most so many, the newest first; by default 20.")] = 20,
    raw: Annotated[bool, Parameter(negative="", help="Write the one answer that --answer names as it came, byte for byte.")] = False,
    as_json: Json = False,
) -> None:
    """Show what was set aside, with the answer as it came."""
    from twilytics import aside
    from twilytics.lake import Lake
    from twilytics.settings import load

    found = aside.shown(Lake(load().lake_root), reason=reason, answer=answer, limit=None if raw else max(limit, 0))
    if raw:
        payloads = {row.answer: row.payload for row in found}
        if answer is None or len(payloads) != 1:
            raise TwilyticsError(
                f"--raw takes one answer, this names {len(payloads)}: choose one by --answer, `quarantine show` lists them"
            )
        sys.stdout.buffer.write(next(iter(payloads.values())))
    elif as_json:
        tell.json([asdict(row) for row in found])
    elif not found:
        tell.line("Nothing of this kind was set aside. What was: twilytics quarantine list")
    for row in () if raw or as_json else found:
        tell.line(f"{row.answer[:12]}  {row.place}  {row.captured_at:%Y-%m-%d %H:%M:%S} UTC  {row.source}")
        where = f"entry {row.position}" if row.position else "the whole answer"
        tell.line(f"  {where}: {aside.says(row.reason)} ({row.reason}{f': {row.detail}' if row.detail else ''})")
        told = row.payload.decode("utf-8", "backslashreplace")
        tell.line(f"  {told[:PREVIEW]}{' …' if len(told) > PREVIEW else ''}")
