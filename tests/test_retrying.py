"""What was set aside passes after a fix, and whatever ends the retry in between loses nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twilytics import aside, retrying, snapshot
from twilytics.answers import Answer
from twilytics.aside import Chosen
from twilytics.bronze import answers, dropped
from twilytics.cycle import CycleReport
from twilytics.gate import Checked
from twilytics.gold import captures, change_rate
from twilytics.observatory import Observatory
from twilytics.refinement import Refined, refine
from twilytics.retrying import Retried, Tried
from twilytics.settings import Settings
from twilytics.silver import quarantine
from twilytics.slots import Slots
from twilytics.snapshot import Snapshot
from twilytics.sources import envelope, judgement

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def observatory(tmp_path: Path) -> Iterator[Observatory]:
    with Observatory(Settings(home=tmp_path, _env_file=None)) as opened:
        yield opened


def listing(hour: int, *names: str | None, place: str = "berlin") -> Answer:
    payload = json.dumps({"trends": [{"name": name} for name in names]}).encode()
    return Answer("list", place, START + hour * HOUR, START + hour * HOUR, payload)


def refined(observatory: Observatory, *arrived: Answer) -> Refined:
    with observatory.lake.locked():
        snapshot.append(observatory.lake, arrived)
        return refine(observatory)


def cycled(observatory: Observatory, tried: Tried) -> Retried:
    """A cycle without the stores, and what came of it."""
    arrived = [answer for segment in observatory.spool.segments() for answer in observatory.spool.read(segment)]
    made = refined(observatory, *arrived)
    return retrying.outcome(observatory.lake, tried, CycleReport(None, 0, Snapshot(), made, Checked(), None))


def told(found: Retried) -> tuple[int, int, dict[str, int], int]:
    return found.n_tried, found.n_passed, {reason.reason: reason.n for reason in found.remaining}, found.n_others


@pytest.fixture
def too_long(observatory: Observatory, monkeypatch: pytest.MonkeyPatch) -> Observatory:
    """Of three lists the second one is set aside, by a limit that was too low."""
    with monkeypatch.context() as limited:
        limited.setattr(judgement, "MOST_ENTRIES", 2)
        refined(observatory, listing(0, "a", "b"), listing(1, "a", "b", "c"), listing(2, "a", "b"))
    assert observatory.lake.read(quarantine.TABLE)["reason"].to_pylist() == ["too_many_entries"]
    assert rates(observatory) == {0: None, 2: None}
    return observatory


def rates(observatory: Observatory) -> dict[int, float | None]:
    return {(row["slot"] - START) // HOUR: row["change_rate"] for row in observatory.lake.read(change_rate.TABLE).to_pylist()}


def test_what_passes_now_changes_its_neighbours_too_and_leaves_the_quarantine(too_long: Observatory):
    before = too_long.ledger
    found = cycled(too_long, retrying.ask(too_long, Chosen(reason="too_many_entries")))
    assert told(found) == (1, 1, {}, 0)
    assert found.cycle.refined.runs == (Slots(START + HOUR, START + 2 * HOUR),)
    assert rates(too_long) == {0: None, 1: pytest.approx(1 / 3), 2: pytest.approx(1 / 3)}
    assert too_long.lake.read(quarantine.TABLE).num_rows == 0
    assert (too_long.ledger.refined_batch, too_long.ledger.to_refine) == (before.refined_batch, ())


def test_a_retry_that_was_killed_is_ended_by_the_next_cycle(too_long: Observatory):
    retrying.ask(too_long, Chosen())
    with Observatory(too_long.settings) as later:
        refined(later)
        assert len(rates(later)) == 3
        assert told(cycled(later, retrying.ask(later, Chosen()))) == (0, 0, {}, 0)


def test_without_a_fix_all_remains_for_the_same_reason(observatory: Observatory):
    refined(observatory, listing(0, "a", None), listing(1, "#", "b"))
    versions = observatory.lake.read(captures.TABLE).num_rows
    assert told(cycled(observatory, retrying.ask(observatory, Chosen()))) == (2, 0, {"name_missing": 1, "topic_empty": 1}, 0)
    assert observatory.lake.read(captures.TABLE).num_rows == versions
    assert told(cycled(observatory, retrying.ask(observatory, Chosen(reason="topic_empty")))) == (1, 0, {"topic_empty": 1}, 0)


def test_an_answer_that_can_be_read_now_may_hold_entries_that_cannot(observatory: Observatory, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as limited:
        limited.setattr(judgement, "MOST_ENTRIES", 1)
        refined(observatory, listing(0, "a", None))
    assert told(cycled(observatory, retrying.ask(observatory, Chosen()))) == (1, 1, {}, 1)
    assert observatory.lake.read(quarantine.TABLE)["position"].to_pylist() == [2]


def test_an_entry_does_not_pass_by_its_answer_being_set_aside_as_a_whole(observatory: Observatory, monkeypatch: pytest.MonkeyPatch):
    refined(observatory, listing(0, "a", None, None))
    monkeypatch.setattr(judgement, "MOST_ENTRIES", 1)
    assert told(cycled(observatory, retrying.ask(observatory, Chosen()))) == (2, 0, {"too_many_entries": 2}, 1)


def test_a_name_that_passes_now_is_a_topic_beside_those_that_remain(observatory: Observatory, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as limited:
        limited.setattr(judgement, "topic_of", lambda name: (name, None) if len(name) <= 3 else (None, "name_too_long"))
        refined(observatory, listing(0, "regen", None, "hsv"))
    asked = retrying.ask(observatory, Chosen(place="berlin"))
    assert told(cycled(observatory, asked)) == (2, 1, {"name_missing": 1}, 0)
    assert observatory.lake.read(captures.TABLE)["n_topics"].to_pylist() == [2]


LINE = b'{"source": "list", "place": "berlin", "captured_at": "2026-01-01T00:00:00Z", "payload": {"trends": [{"name": "hsv"}, {}]}}'


def landed_too_early(observatory: Observatory, monkeypatch: pytest.MonkeyPatch, *lines: bytes) -> None:
    """By a version that did not have the source."""
    with monkeypatch.context() as older:
        older.setattr(envelope, "PARSERS", {})
        refined(observatory, *(envelope.opened(line, START + 9 * HOUR) for line in lines))


def test_a_line_that_can_be_opened_now_is_landed_anew(observatory: Observatory, monkeypatch: pytest.MonkeyPatch):
    landed_too_early(observatory, monkeypatch, LINE, LINE.replace(b"list", b"weibo"))
    found = cycled(observatory, retrying.ask(observatory, Chosen(reason="source_unknown")))
    assert told(found) == (2, 1, {"source_unknown": 1}, 1)
    assert observatory.lake.read(captures.TABLE)["slot"].to_pylist() == [START]
    assert sorted(observatory.lake.read(quarantine.TABLE)["reason"].to_pylist()) == ["name_missing", "source_unknown"]
    assert observatory.lake.read(answers.TABLE).num_rows == 3
    again = cycled(observatory, retrying.ask(observatory, Chosen(reason="source_unknown")))
    assert told(again) == (1, 0, {"source_unknown": 1}, 0)
    assert (observatory.lake.read(answers.TABLE).num_rows, observatory.lake.read(dropped.TABLE).num_rows) == (3, 1)


def test_a_line_that_is_opened_and_holds_nothing_readable_remains_for_that(observatory: Observatory, monkeypatch: pytest.MonkeyPatch):
    landed_too_early(observatory, monkeypatch, LINE.replace(b'"hsv"', b"null"))
    assert told(cycled(observatory, retrying.ask(observatory, Chosen()))) == (1, 0, {"no_topics": 1}, 0)


def test_parts_of_lines_are_never_taken_for_whole_ones(observatory: Observatory):
    torn = Answer("archive", "", START, START, LINE, "line_too_long", "a part")
    refined(observatory, torn)
    assert told(cycled(observatory, retrying.ask(observatory, Chosen()))) == (1, 0, {"line_too_long": 1}, 0)
    assert observatory.spool.segments() == []


def test_a_plan_counts_rows_slots_and_answers_and_changes_nothing(too_long: Observatory):
    n_rows, planned = retrying.plan(too_long, Chosen())
    assert (n_rows, planned.n_slots, planned.n_answers) == (1, 1, 1)
    assert retrying.plan(too_long, Chosen(reason="not_json"))[1].runs == ()
    assert too_long.ledger.to_refine == ()
    assert [reason.n for reason in aside.listed(too_long.lake)] == [1]
