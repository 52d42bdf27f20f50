"""`twilytics diff`: what changed between two versions of a gold table."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from twilytics.cli import tell
from twilytics.cli.options import Json

if TYPE_CHECKING:
    from twilytics.differences import Example


def diff(
    table: Annotated[str, Parameter(help="A gold table, such as trend_equality.")],
    v1: Annotated[int | None, Parameter(help="The version to begin with; by default the one before V2.")] = None,
    v2: Annotated[int | None, Parameter(help="The version to end with; by default the newest.")] = None,
    /,
    *,
    examples: Annotated[int, Parameter(help="Show at most so many rows of a kind, the earliest first; by default 10.")] = 10,
    as_json: Json = False,
) -> None:
    from flows.blocks import load
    from twilytics import differences
    from twilytics.lake import Lake

    settings = load()
    lake = Lake(settings.lake_root, settings.gcp_credentials)
    found = differences.difference(lake, differences.gold_table(table), v1, v2, n_examples=examples)
    if as_json:
        tell.json(asdict(found))
        return
    for name, version in (("from", found.before), ("to", found.after)):
        tell.line(
            f"{name:<4} version {version.number} of {found.table}, written {version.at:%Y-%m-%d %H:%M:%S} UTC: {version.n_rows:,} rows"
        )
    tell.line(f"{found.n_added:,} rows added, {found.n_removed:,} removed, {found.n_changed:,} changed, {found.n_same:,} are the same")
    if found.columns:
        tell.table(
            ["column", "differs in rows", "at most by", "was NULL", "is NULL"],
            [[column.name, column.n_changed, column.largest, column.n_filled, column.n_emptied] for column in found.columns],
        )
    if found.examples:
        keys = list(found.examples[0].key)
        tell.table(["", *keys, "columns"], [[example.kind, *example.key.values(), _columns(example)] for example in found.examples])


def _columns(example: "Example") -> str:
    if example.kind == "changed":
        return ", ".join(f"{name} {tell.plain(was)} → {tell.plain(now)}" for name, (was, now) in example.columns.items())
    return ", ".join(f"{name} {tell.plain(was if now is None else now)}" for name, (was, now) in example.columns.items())
