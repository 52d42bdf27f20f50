"""Commands that tell what came of it."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from twilytics.cli import tell
from twilytics.cli.options import Json
from twilytics.errors import TwilyticsError
from twilytics.spreadsheets import Writer

if TYPE_CHECKING:
    from twilytics.status import Status


def query(
    sql: Annotated[str, Parameter(help="The question, such as SELECT * FROM gold.batches.")],
    /,
    *,
    form: Annotated[
        Literal["table", "csv", "json"], Parameter(name="--format", help="How the answer is written; by default as a table.")
    ] = "table",
    as_json: Json = False,
) -> None:
    from flows.blocks import load
    from twilytics import postgres
    from twilytics.observatory import Observatory
    from twilytics.simulated import LABEL

    settings = load()
    if settings.postgres_dsn is None and not settings.home.exists():
        raise TwilyticsError(f"{settings.home} holds nothing yet: try `twilytics demo`, or `twilytics replay ARCHIVE`, first")
    with Observatory(settings) as observatory:
        reader = postgres.reader_dsn(observatory.dsn, settings.home)
        names, rows = postgres.query(reader, sql)
        is_simulated = _is_simulated(reader)
    if as_json or form == "json":
        tell.json([dict(zip(names, row, strict=True)) for row in rows])
    elif form == "csv":
        write_csv(names, rows)
    else:
        tell.table(names, rows)
        tell.note(f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}")
    if is_simulated:
        tell.note(LABEL)


def _is_simulated(reader: str) -> bool:
    from twilytics import postgres

    try:
        _, found = postgres.query(reader, "SELECT FROM gold.captures WHERE source = 'simulated' LIMIT 1")
    except postgres.QueryError:  # nothing was published yet
        return False
    return bool(found)


def write_csv(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """CSV on stdout. Text that a spreadsheet would compute gets an apostrophe before it, which spreadsheets do not show."""
    Writer(sys.stdout).rows([names, *rows])


def places(
    word: Annotated[str, Parameter(help="Part of a name or key, or a country's name or code. All places without it.")] = "",
    /,
    *,
    as_json: Json = False,
) -> None:
    from twilytics import finding
    from twilytics import places as catalogue

    found = finding.find(word) if word else list(catalogue.catalogue().values())
    if as_json:
        tell.json([asdict(place) for place in found])
    elif found:
        tell.table(
            ["key", "name", "kind", "country", "in", "WOEID"],
            [[p.key, p.name, p.kind, p.country_code, p.parent, str(p.woeid) if p.woeid else None] for p in found],
        )
    else:
        tell.line(f"no place is like {word!r}; nearest: {', '.join(catalogue.nearest(word))}")


def _tell_newest(found: "Status") -> None:
    """How long ago the newest list is of, and whether the source was asked in vain since."""
    from twilytics import aside
    from twilytics.report.words import length, plural

    if found.newest is not None:
        tell.line(f"newest     the list of {found.newest:%Y-%m-%d %H:%M} UTC, {length(datetime.now(UTC) - found.newest)} ago")
    if found.n_behind:
        why = f": {aside.says(found.reason)} ({found.reason})" if found.reason else ""
        told = plural(found.n_behind, "slot has", "slots have") + (" no list since then" if found.newest else " no list")
        tell.line(f"failing    {told}, up to {found.tried_until:%Y-%m-%d %H:%M} UTC{why}")


def status(*, as_json: Json = False) -> None:
    from flows import server
    from flows.blocks import load
    from twilytics.observatory import Observatory
    from twilytics.simulated import LABEL
    from twilytics.status import status as looked

    settings = load()
    with Observatory(settings) as observatory:
        found = looked(observatory)
    pages = (server.running(settings.home) or "").removesuffix("/api") or None
    if as_json:
        tell.json({**asdict(found), "home": str(settings.home), "lake": settings.lake_root, "served_at": pages})
        return
    waiting = found.spooled + (found.landed or 0)
    tell.table(
        ["", "up to (UTC)", "left to do"],
        [
            ["captured", found.captured_until, f"{waiting:,} answers" if waiting else "nothing"],
            ["refined", found.refined_until, "; ".join(map(str, (*found.to_refine, *found.to_backfill))) or "nothing"],
            ["published", found.published_until, "; ".join(map(str, found.to_publish)) or "nothing"],
        ],
        title=f"{settings.home}, {f'served at {pages}' if pages else 'not served'}",
    )
    _tell_newest(found)
    if found.spent and found.spent.n_calls:
        budget = settings.x_monthly_budget_usd
        of = f" of {budget:,.2f}, where asking stops" if budget is not None else ", and no TWILYTICS_X_MONTHLY_BUDGET_USD stops it"
        tell.line(f"spent      {found.spent.usd:,.3f} USD in {found.spent.month} on {found.spent.n_calls:,} calls{of}")
    if found.simulated:
        tell.line(LABEL)
    if found.places:
        tell.table(
            ["place", "slots", "missing", "first", "last"], [[p.place, p.n_captured, p.n_missing, p.first, p.last] for p in found.places]
        )
    if found.gaps:
        tell.table(["slots that every place missed, newest first"], [[str(gap)] for gap in found.gaps])
    if found.quarantine:
        tell.table(["set aside", "why", "rows", "newest"], [[q.scope, q.says, q.n, q.newest] for q in found.quarantine])
    if found.rows:
        tell.table(["table", "rows"], list(found.rows.items()))
    if not found.rows and not waiting:
        tell.line("Nothing was captured yet. Try: twilytics demo, or twilytics replay ARCHIVE")
