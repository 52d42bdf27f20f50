"""`make grafana-diff FILE=exported.json`: what an exported dashboard changes against the generated one, in the names of its panels.

Exit code 0 where nothing does, 1 where something does, 2 where there is nothing to compare.
"""

import json
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

from grafana import aspects, exported
from twilytics.errors import TwilyticsError
from twilytics.visible import visible

Json = Mapping[str, Any]
SAME, DIFFERENT, FAILED = 0, 1, 2
LONGEST = 200
#: What tells that two panels are one, the surest first.
LIKE: tuple[Callable[[Json], Hashable], ...] = (
    lambda panel: panel.get("title"),
    lambda panel: tuple(aspects.lines(target.get("rawSql", "")) for target in panel["targets"]) if panel.get("targets") else None,
    lambda panel: panel.get("id"),
)


def difference(before: Json, after: Json) -> list[str]:
    """A line each that says what of the generated dashboard is another in the exported one; none where nothing is."""
    told = list(_changes(aspects.dashboard(before), aspects.dashboard(after)))
    pairs, removed, added = paired(panels(before), panels(after))
    for old, new in pairs:
        changes = list(_changes(aspects.panel(old), aspects.panel(new)))
        if changes:
            told += [f"panel {_name(old)}", *(f"  {line}" for line in changes)]
    return [*told, *(f"panel {_name(one)} removed" for one in removed), *(f"panel {_name(one)} added" for one in added)]


def panels(dashboard: Json) -> list[Json]:
    """All panels, in rows that are folded as well."""
    return [one for panel in dashboard.get("panels", ()) for one in (panel, *panel.get("panels", ()))]


def paired(before: Sequence[Json], after: Sequence[Json]) -> tuple[list[tuple[Json, Json]], list[Json], list[Json]]:
    """Which panel became which; those that became none, and those that none became. Ids come last: Grafana may count anew."""
    old, new, pairs = list(before), list(after), []
    for like in LIKE:
        for one in list(old):
            key = like(one)
            found = next((other for other in new if key is not None and like(other) == key), None)
            if found is not None:
                pairs.append((one, found))
                # By identity: two panels may be equal.
                old = [other for other in old if other is not one]
                new = [other for other in new if other is not found]
    return sorted(pairs, key=lambda pair: next(nth for nth, one in enumerate(before) if one is pair[0])), old, new


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for aspect in dict.fromkeys([*before, *after]):
        old, new = before.get(aspect), after.get(aspect)
        if old == new or (old is None and aspect.startswith(aspects.OPTION)):
            continue
        if isinstance(old, str) and isinstance(new, str) and _is_long(aspect, old, new):
            yield f"{aspect}:"
            lines = unified_diff(old.splitlines(), new.splitlines(), "generated", "exported", n=1, lineterm="")
            yield from (f"  {visible(line)}" for line in lines)
        else:
            yield f"{aspect}: {_short(old)} → {_short(new)}"


def _is_long(aspect: str, *texts: str) -> bool:
    return any("\n" in text for text in texts) or (aspect.startswith("query") and ": " not in aspect) or aspect.endswith(": query")


def _short(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return visible(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def _name(panel: Json) -> str:
    return f'"{visible(str(panel.get("title") or panel.get("type") or "without a title"))}"'


def main(words: Sequence[str]) -> int:
    """Tell on standard output what the file changes; return the exit code."""
    try:
        if len(words) != 1 or not words[0]:
            raise TwilyticsError("which file? make grafana-diff FILE=exported.json")
        after = exported.read(Path(words[0]))
        before = exported.generated(after["uid"])
    except TwilyticsError as error:
        sys.stderr.write(f"grafana-diff: {visible(str(error))}\n")
        return FAILED
    told = difference(before, after)
    name = f"{visible(before['title'])} ({before['uid']})"
    sys.stdout.writelines(f"{line}\n" for line in ([name, *(f"  {line}" for line in told)] if told else [f"{name}: nothing changed"]))
    return DIFFERENT if told else SAME


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
