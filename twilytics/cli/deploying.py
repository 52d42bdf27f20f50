"""`twilytics deploy`."""

from dataclasses import asdict
from typing import Annotated, Literal

from cyclopts import Parameter

from twilytics.cli import tell
from twilytics.cli.options import Json


def deploy(
    *,
    to: Annotated[Literal["process", "docker", "cloud-run"], Parameter(help="What runs are: processes, or containers there.")] = "process",
    image: Annotated[str | None, Parameter(help="The image of the containers.")] = None,
    dry_run: Annotated[bool, Parameter(negative="", help="Only tell what would change.")] = False,
    as_json: Json = False,
) -> None:
    from flows import deploying
    from twilytics.settings import load

    changes = deploying.deploy(load(), to=to, image=image, is_dry=dry_run)
    if as_json:
        tell.json([asdict(change) for change in changes])
        return
    for change in changes:
        parts = f": {', '.join(change.parts)}" if change.parts else ""
        tell.line(f"{change.did:<10} {change.what}{parts}")
    if not changes:
        tell.line("nothing to change, Prefect has it all")
    elif dry_run:
        tell.note("nothing was changed: that was --dry-run")
