"""What the checks found, kept: a row a rule, those that failed for good, those that held for as long as older versions."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.lakes import HOUR, NOON, Ask, run
from twilytics import reconciled, results
from twilytics.counting import Count
from twilytics.cycle import cycle
from twilytics.database_upkeep import thin_quality
from twilytics.failures import Failure
from twilytics.gold import quality
from twilytics.landing import replay
from twilytics.observatory import Observatory
from twilytics.quality import Judged
from twilytics.report.facts import Facts
from twilytics.report.quality import lately
from twilytics.settings import Settings
from twilytics.sources import simulated
from twilytics.tables import of_layer

FAILED = Failure(
    "gold.trends", "rank.range", "rank must be at least 1", None, "fail", "noon", 40, 2, "0", ("berlin noon (0)", "hamburg noon (0)")
)
FOUND = Judged(
    (
        Count("gold.trends", "noon", "rank.range", 40, 40, 2),
        Count("gold.trends", "one", "rank.range", 50, 50, 0),
        Count("gold.places", "", "places_exist", 3, 3, 0),
    ),
    (FAILED,),
)


def test_a_rule_has_one_row_whatever_pieces_it_was_checked_in():
    found = Judged(FOUND.counts[:2], FOUND.failures)
    (row,) = results.rows(NOON, found, {"gold.trends": (run(), run(NOON + HOUR))}).to_pylist()
    assert {name: row[name] for name in ("table_name", "rule", "severity", "n_checked", "n_failed", "observed")} == {
        "table_name": "gold.trends",
        "rule": "rank.range",
        "severity": "fail",
        "n_checked": 90,
        "n_failed": 2,
        "observed": "0",
    }
    assert row["slots"] == "2020-07-18T12:00Z/2020-07-18T14:00Z"
    assert json.loads(row["examples"]) == list(FAILED.examples)


def test_every_rule_that_is_declared_has_a_severity():
    for table in (*of_layer("silver"), *of_layer("gold")):
        assert set(results.severities(table.name).values()) <= set(quality.SEVERITIES)
        assert {audit.name for audit in table.audits} <= set(results.severities(table.name))


@pytest.fixture
def observatory(tmp_path: Path, mongodb_uri: str, postgres_dsn: str):
    with Observatory(Settings(home=tmp_path / "home", mongodb_uri=mongodb_uri, postgres_dsn=postgres_dsn, _env_file=None)) as opened:
        simulated.write(tmp_path / "a.jsonl.gz", ["berlin", "hamburg"], datetime(2026, 1, 1, tzinfo=UTC), 3)
        replay(opened, [tmp_path / "a.jsonl.gz"])
        cycle(opened)
        yield opened


def test_what_a_cycle_checked_is_published_with_it(observatory: Observatory, ask: Ask):
    kept = observatory.lake.read(quality.TABLE)
    told = ask("SELECT table_name, rule, n_failed FROM gold.quality WHERE rule <> 'reconciled' ORDER BY 1, 2")
    rows = (tuple(row[name] for name in ("table_name", "rule", "n_failed")) for row in kept.to_pylist() if row["rule"] != "reconciled")
    assert told == sorted(rows)
    assert {("gold.trends", "ranks_without_gaps", 0), ("gold.trends", "rank.range", 0)} <= set(told)


def test_a_run_of_the_checks_holds_whether_postgresql_agrees_as_well(observatory: Observatory, tmp_path: Path, ask: Ask):
    kept = observatory.lake.read(quality.TABLE)
    assert len(kept["run"].unique()) == 1
    assert {"ranks_without_gaps", "rank.range", reconciled.NAME} <= set(kept["rule"].to_pylist())
    with closing(Facts(observatory.lake, observatory.ledger)) as facts:
        assert lately(facts).n_rules == kept.num_rows
    simulated.write(tmp_path / "b.jsonl.gz", ["berlin", "hamburg"], datetime(2026, 1, 1, 3, tzinfo=UTC), 1)
    replay(observatory, [tmp_path / "b.jsonl.gz"])
    cycle(observatory)
    (first, _) = sorted(observatory.lake.read(quality.TABLE)["run"].unique().to_pylist())
    assert ask(f"SELECT count(*) FROM gold.quality WHERE run = '{first.isoformat()}'") == [(kept.num_rows,)]


def test_of_old_results_those_that_failed_stay(observatory: Observatory, ask: Ask):
    with observatory.lake.locked():
        results.record(
            observatory.lake, datetime(2026, 1, 1, tzinfo=UTC), Judged(FOUND.counts[:2], FOUND.failures), {"gold.trends": (run(),)}
        )
    cycle(observatory)
    now = datetime.now(UTC) + timedelta(minutes=1)
    newest = max(observatory.lake.read(quality.TABLE)["run"].to_pylist())
    thin_quality(observatory, now)
    # Of the newest run nothing goes: an older one would pass for how it stands.
    kept = {(row["run"], row["rule"]) for row in observatory.lake.read(quality.TABLE).to_pylist() if row["run"] != newest}
    assert kept == {(datetime(2026, 1, 1, tzinfo=UTC), "rank.range")}
    assert ask("SELECT count(*) > 1, count(DISTINCT run) FROM gold.quality WHERE n_failed = 0") == [(True, 1)]
