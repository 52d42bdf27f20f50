"""The state at a glance: up to when the data reach, how late they are, and what is missing.

No clock: instants are the data's own, and "now" is the newest slot that was to be captured.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from twilytics import aside
from twilytics.gold import captures
from twilytics.report import quality, words
from twilytics.report.facts import Facts
from twilytics.report.names import inline
from twilytics.report.panel import Cell
from twilytics.tries import PlaceStatus, until

#: A single slot without a list happens; a source that fails gives none in the slots after it either.
MANY_BEHIND = 2


@dataclass(frozen=True)
class Tile:
    """One thing to know. ``mark`` says in a word how it stands (fine, look, bad), and the page in a colour as well."""

    title: str
    value: str
    says: Cell
    mark: str = ""


@dataclass(frozen=True)
class State:
    verdict: str
    tiles: tuple[Tile, ...]
    gaps: tuple[str, ...]


def state(facts: Facts) -> State:
    """Of a lake that has captures."""
    newest = facts.newest
    assert newest is not None
    tried = facts.tries
    by_place = tried.by_place()
    missing = sum(place.n_missing for place in by_place)
    due = missing + sum(place.n_captured for place in by_place)
    waiting = (*facts.ledger.refining(), *facts.ledger.publishing(captures.TABLE.name))
    published = until(tried.captured, waiting)
    set_aside = sum(reason.n for reason in aside.listed(facts.lake))
    tiles = (
        _newest(facts, newest, by_place),
        _behind(facts) if tried.n_behind else _lateness(facts, newest),
        _publication(newest, published, facts),
        Tile(
            "Missing",
            words.share(missing / due),
            f"{words.count(missing)} of {words.plural(due, 'slot')} since each place's first try",
            "fine" if not missing else "look",
        ),
        _rules(facts),
        Tile("Set aside", words.count(set_aside), "rows that could not be read, in quarantine", "fine" if not set_aside else "look"),
    )
    return State(_verdict(facts, published, missing, tiles), tiles, tuple(str(gap) for gap in tried.gaps()))


def in_vain(facts: Facts) -> str | None:
    """How many slots have no list, up to when and why, in a sentence; None where the newest try brought one."""
    tried = facts.tries
    if not tried.n_behind:
        return None
    why = f": {aside.says(tried.reason)}" if tried.reason else "."
    since = f" since {words.instant(tried.newest)}" if tried.newest else ""
    were = "was" if tried.n_behind == 1 else "were"
    slots = f"{words.plural(tried.n_behind, 'slot')} up to {words.instant(tried.until)}"
    return f"No list came{since}, though {slots} {were} to be captured{why}"


def _newest(facts: Facts, newest: datetime, by_place: tuple[PlaceStatus, ...]) -> Tile:
    told = f"the newest slot of {words.plural(len(by_place), 'place')}, UTC"
    silent = [place for place in by_place if place.last is None or (newest - place.last) // facts.interval >= MANY_BEHIND]
    if not silent:
        return Tile("Data up to", words.instant(newest), told)
    longest = min(silent, key=lambda place: (place.last is not None, place.last or newest, place.place))
    names = inline(facts.name(longest.place))
    ended = f"has none after {words.instant(longest.last)}" if longest.last else "has none at all"
    more = f", and {words.plural(len(silent) - 1, 'other place ends', 'other places end')} earlier as well" if len(silent) > 1 else ""
    return Tile("Data up to", words.instant(newest), Markup("{}; {} {}{}").format(told, names, ended, more), "look")


def _behind(facts: Facts) -> Tile:
    tried = facts.tries
    assert tried.newest is not None
    assert tried.until is not None
    why = f", for the reason {tried.reason}" if tried.reason else ""
    told = (
        f"the newest capture is {words.plural(tried.n_behind, 'slot')} behind the newest try, of {words.instant(tried.until)}, in vain{why}"
    )
    return Tile("How late", words.length(tried.until - tried.newest), told, "bad" if tried.n_behind >= MANY_BEHIND else "look")


def _lateness(facts: Facts, newest: datetime) -> Tile:
    (found,) = facts.rows(
        """
        SELECT max(captured_at) AS captured_at, max(epoch(landed_at) - epoch(captured_at)) AS late FROM bronze_answers
        WHERE captured_at >= ? AND captured_at < ?
        """,
        newest,
        newest + facts.interval,
    )
    if found["late"] is None:
        return Tile("Landed", words.UNKNOWN, "when the newest answers came is not known")
    late = timedelta(seconds=found["late"])
    is_late = late >= 2 * facts.interval
    return Tile(
        "How late",
        words.length(late),
        f"from asking, last at {words.instant(found['captured_at'])}, to landing" + (": these came from an archive" if is_late else ""),
        "look" if is_late else "fine",
    )


def _publication(newest: datetime, published: datetime | None, facts: Facts) -> Tile:
    if published is None:
        return Tile("Published", "nothing", "`twilytics run --no-land` checks and publishes what is here", "bad")
    behind = (newest - published) // facts.interval
    waiting = facts.ledger.refining()
    told = f"{words.plural(behind, 'slot')} behind the newest" if behind else "nothing is left to refine or to publish"
    if waiting and not behind:
        told = f"what was captured from {words.instant(waiting[0].since)} on waits to be refined"
    return Tile("Published up to", words.instant(published), told, "look" if behind or waiting else "fine")


def _rules(facts: Facts) -> Tile:
    found = quality.lately(facts)
    if not found.n_rules:
        return Tile("Rules", words.UNKNOWN, "no result of a check is in the lake")
    failing, warning = (sum(result.severity == severity for result in found.broken) for severity in ("fail", "warn"))
    told = f"{words.plural(warning, 'warning')}, {words.count(found.n_rules - len(found.broken))} held when they were looked at last"
    if found.mended:
        told += f"; {words.count(len(found.mended))} of these did not within {quality.DAYS} days"
    return Tile("Failing rules", words.count(failing), told, "bad" if failing else "look" if warning or found.mended else "fine")


def _verdict(facts: Facts, published: datetime | None, missing: int, tiles: tuple[Tile, ...]) -> str:
    waits = words.plural(facts.waiting, "answer") + " in the spool still to be landed" if facts.waiting else ""
    stands = [tile.mark for tile in tiles]
    if "bad" in stands:
        told = in_vain(facts) or "Something needs to be mended: see the tiles that say so."
        return told + (f" There are {waits}." if waits else "")
    if published == facts.newest and not facts.ledger.refining() and not missing and not waits:
        whole = "every slot is captured, refined and published"
        return f"All is well: {whole}." if "look" not in stands else f"{whole.capitalize()}; some tiles are worth a look."
    parts = [
        "everything captured is refined and published" if published == facts.newest else "some of what was captured is not published yet"
    ]
    if missing:
        parts.append(f"{words.plural(missing, 'slot is', 'slots are')} missing")
    if waits:
        parts.append(f"there are {waits}")
    told = ", ".join(parts[:-1]) + (", but " if len(parts) > 1 else "") + parts[-1]
    return f"{told[0].upper()}{told[1:]}."
