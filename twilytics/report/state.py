"""The state at a glance: up to when the data reach, how late they are, and what is missing. No clock: instants are the data's own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from twilytics import aside, status
from twilytics.gold import captures
from twilytics.report import quality, words
from twilytics.report.facts import Facts


@dataclass(frozen=True)
class Tile:
    """One thing to know. ``mark`` says in a word how it stands (fine, look, bad), and the page in a colour as well."""

    title: str
    value: str
    says: str
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
    by_place = status.by_place(facts.captured, facts.interval)
    missing = sum(place.n_missing for place in by_place)
    due = missing + sum(place.n_captured for place in by_place)
    waiting = (*facts.ledger.refining(), *facts.ledger.publishing(captures.TABLE.name))
    published = status.until(facts.captured, waiting)
    gaps = status.gaps(facts.captured, facts.interval)
    set_aside = sum(reason.n for reason in aside.listed(facts.lake))
    tiles = (
        Tile("Data up to", f"{words.instant(newest)}", f"the newest slot of {words.plural(len(by_place), 'place')}, UTC"),
        _lateness(facts, newest),
        _publication(newest, published, facts.interval),
        Tile(
            "Missing",
            words.share(missing / due),
            f"{words.count(missing)} of {words.plural(due, 'slot')} since each place's first capture",
            "fine" if not missing else "look",
        ),
        _rules(facts),
        Tile("Set aside", words.count(set_aside), "rows that could not be read, in quarantine", "fine" if not set_aside else "look"),
    )
    return State(_verdict(facts, published, missing, tiles), tiles, tuple(str(gap) for gap in gaps))


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


def _publication(newest: datetime, published: datetime | None, interval: timedelta) -> Tile:
    if published is None:
        return Tile("Published", "nothing", "`twilytics run --no-land` checks and publishes what is here", "bad")
    behind = (newest - published) // interval
    return Tile(
        "Published up to",
        words.instant(published),
        f"{words.plural(behind, 'slot')} behind the newest" if behind else "nothing is left to refine or to publish",
        "look" if behind else "fine",
    )


def _rules(facts: Facts) -> Tile:
    found = quality.newest_run(facts)
    if not found.results:
        return Tile("Rules", words.UNKNOWN, "no result of a check is in the lake")
    failing, warning = (sum(result.severity == severity for result in found.broken) for severity in ("fail", "warn"))
    held = len(found.results) - len(found.broken)
    told = f"{words.plural(warning, 'warning')}, {words.count(held)} held in the newest run"
    return Tile("Failing rules", words.count(failing), told, "bad" if failing else "look" if warning else "fine")


def _verdict(facts: Facts, published: datetime | None, missing: int, tiles: tuple[Tile, ...]) -> str:
    waits = words.plural(facts.waiting, "answer") + " in the spool still to be landed" if facts.waiting else ""
    stands = [tile.mark for tile in tiles]
    if "bad" in stands:
        return "Something needs to be mended: see the tiles that say so." + (f" There are {waits}." if waits else "")
    if published == facts.newest and not missing and not waits:
        return "All is well: every slot is captured, refined and published."
    parts = [
        "everything captured is refined and published" if published == facts.newest else "some of what was captured is not published yet"
    ]
    if missing:
        parts.append(f"{words.plural(missing, 'slot is', 'slots are')} missing")
    if waits:
        parts.append(f"there are {waits}")
    told = ", ".join(parts[:-1]) + (", but " if len(parts) > 1 else "") + parts[-1]
    return f"{told[0].upper()}{told[1:]}."
