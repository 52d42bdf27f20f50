"""`twilytics doctor`."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from twilytics.cli import tell
from twilytics.cli.options import Json
from twilytics.errors import TwilyticsError

MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}


def doctor(
    *,
    cloud: Annotated[bool, Parameter(help="Tell what each credential may do and may not.", negative=())] = False,
    as_json: Json = False,
) -> None:
    from flows.blocks import load
    from twilytics.doctor import findings, granted
    from twilytics.observatory import Observatory

    found = []
    with Observatory(load()) as observatory, tell.progress() as progress:
        for finding in (granted if cloud else findings)(observatory):
            found.append(finding)
            progress(finding.part, len(found), 0)
    if as_json:
        tell.json([asdict(finding) for finding in found])
    else:
        tell.table(["", "part", "found"], [[MARKS[finding.verdict], finding.part, finding.told] for finding in found])
    problems = [finding.part for finding in found if finding.verdict == "problem"]
    if problems:
        raise TwilyticsError(f"{len(problems)} of {len(found)} parts have to be mended first: {', '.join(problems)}")
