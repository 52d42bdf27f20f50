"""The commands on real services: what they do, tell and refuse."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest

NASTY = "'; DROP TABLE gold.trends; -- \x1b[31m \u202e <script> =1+1"


def line(hour: int, place: str = "638242", names: tuple[str, ...] = ("#hsv", "Werder")) -> str:
    """An answer of X 1.1, for Berlin (638242) unless told otherwise."""
    trends = [{"name": name, "tweet_volume": None} for name in names]
    payload = [
        {"trends": trends, "as_of": "2020-07-18T12:00:00Z", "created_at": "2020-07-18T12:00:00Z", "locations": [{"name": "x", "woeid": 1}]}
    ]
    return json.dumps({"source": "x-v1.1", "place": place, "captured_at": f"2020-07-18T{hour:02}:00:02Z", "payload": payload})


def archive(folder: Path, *lines: str | bytes) -> str:
    path = folder / "archive.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(row.encode() if isinstance(row, str) else row for row in lines)))
    return str(path)


def test_a_replay_lands_refines_and_publishes_and_again_changes_nothing(twilytics, tmp_path):
    path = archive(tmp_path, line(12), line(13), line(12, "641142"))
    first = twilytics("replay", path, "--json")
    assert (first.code, first.err) == (0, "")
    assert first.json["landed"] == {"n_answers": 3, "n_new": 3, "faults": {}, "asked": None}
    assert first.json["published"]["n_written"]["gold.trends"] == 6
    again = twilytics("replay", path, "--json").json
    assert (again["landed"]["n_new"], again["snapshot"]["n_new"], again["published"]) == (0, 0, None)
    assert "published  nothing, PostgreSQL has everything" in twilytics("run", "--no-land").out


def test_a_replay_says_how_many_of_what_it_could_not_read_and_where_they_are(twilytics, tmp_path):
    ended = twilytics("replay", archive(tmp_path, line(12), "{broken", "[]", b"\xff", '{"errors": [1]}', line(13, names=("", "#ok"))))
    assert ended.code == 0
    assert "1 of 6 lines could not be read; they are kept: The line of the archive is not JSON. See: twilytics quarantine" in ended.err
    assert "quarantine show --reason line_not_json\n" in ended.err
    assert "1 of 6 lines could not be read; they are kept: The line of the archive is not UTF-8." in ended.err
    assert "set aside  1 entry rows: " in ended.out
    shown = twilytics("quarantine", "show", "--reason", "line_not_json", "--json")
    (aside,) = json.loads(shown.out)
    assert aside["payload"] == "{broken"
    raw = twilytics("quarantine", "show", "--answer", aside["answer"], "--raw")
    assert raw.out == "{broken"
    counted = {reason["reason"]: reason["n"] for reason in json.loads(twilytics("quarantine", "list", "--json").out)}
    assert counted["line_not_json"] == counted["line_not_utf8"] == counted["line_not_an_object"] == 1


def test_status_tells_up_to_when_and_what_every_place_missed(twilytics, tmp_path):
    twilytics("replay", archive(tmp_path, line(9), line(12), line(9, "641142")))
    told = twilytics("status", "--json").json
    assert (told["captured_until"], told["refined_until"], told["published_until"]) == (
        "2020-07-18T12:00:02Z",
        "2020-07-18T12:00:00Z",
        "2020-07-18T12:00:00Z",
    )
    assert [(gap["since"], gap["until"]) for gap in told["gaps"]] == [("2020-07-18T10:00:00Z", "2020-07-18T12:00:00Z")]
    assert [(place["n_captured"], place["n_missing"]) for place in told["places"]] == [(2, 2), (1, 3)]
    assert (told["spooled"], told["landed"], told["rows"]["gold.captures"]) == (0, 0, 3)


def test_status_tells_how_long_ago_the_newest_list_is_and_that_the_source_fails_since(twilytics, tmp_path):
    refused = {"source": "x-v1.1", "place": "638242", "captured_at": "2020-07-19T13:00:02Z", "payload": {"errors": [{"code": 215}]}}
    twilytics("replay", archive(tmp_path, line(12), "{broken"))
    fine = twilytics("status").out
    (newest,) = [row for row in fine.splitlines() if row.startswith("newest ")]
    days = (datetime.now(UTC) - datetime(2020, 7, 18, 12, tzinfo=UTC)).days
    assert newest in [f"newest     the list of 2020-07-18 12:00 UTC, {n:,} days ago" for n in (days - 1, days)]
    assert "failing" not in fine
    twilytics("replay", archive(tmp_path, json.dumps(refused)))
    (failing,) = [row for row in twilytics("status").out.splitlines() if row.startswith("failing ")]
    assert failing.startswith("failing    25 slots have no list since then, up to 2020-07-19 13:00 UTC: ")
    told = twilytics("status", "--json").json
    assert (told["newest"], told["tried_until"], told["n_behind"]) == ("2020-07-18T12:00:00Z", "2020-07-19T13:00:00Z", 25)
    assert told["gaps"] == [{"since": "2020-07-18T13:00:00Z", "until": "2020-07-19T14:00:00Z"}]
    assert [(place["n_captured"], place["n_missing"]) for place in told["places"]] == [(1, 25)]


def test_a_topic_is_forgotten_everywhere_and_stays_away(twilytics, tmp_path):
    path = archive(tmp_path, line(12), line(13), line(12, "641142", names=("Werder",)))
    twilytics("replay", path)
    done = twilytics("forget", "--topic", "HSV", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["rewritten"] == {"n_rewritten": 2, "n_dropped": 0, "n_erased": 2}
    assert done.json["n_slots"] == 2
    twilytics("replay", path)
    assert json.loads(twilytics("query", "SELECT DISTINCT topic FROM gold.trends", "--json").out) == [{"topic": "werder"}]
    told = twilytics("forget", "--topic", "HSV")
    assert "rewritten  0 answers" in told.out
    assert "refined    nothing, no slot held it" in told.out
    assert "known      0 of 1 names and IDs; the other 1 were in nothing that is kept here, or are gone already" in told.out
    counted = {reason["reason"]: reason["n"] for reason in twilytics("quarantine", "list", "--json").json}
    assert counted == {"erased": 2}


def test_a_file_of_authors_that_is_taken_for_posts_is_told_and_is_no_success(twilytics, tmp_path):
    payload = {"data": [{"id": "12", "author_id": "7", "text": "x"}], "meta": {"result_count": 1}}
    told = {"source": "x-v2-search", "place": "1", "title": "HSV", "captured_at": "2020-07-18T12:00:02Z", "payload": payload}
    twilytics("replay", archive(tmp_path, line(12), json.dumps(told)))
    ids = tmp_path / "ids.txt"
    ids.write_text("7\n8\n")
    taken = twilytics("comply", str(ids))
    assert taken.code == 1
    assert "known      0 of 2 names and IDs" in taken.out
    assert taken.err == (
        "error: none of the posts that were named is known here: 1 of the IDs that were given as posts' are authors' here, and their posts "
        "stay: if authors are meant, give the same command again with --authors\n"
    )
    rightly = twilytics("comply", str(ids), "--authors")
    assert (rightly.code, rightly.err) == (0, "")
    assert "known      1 of 2 names and IDs" in rightly.out


def test_a_compliance_file_is_obeyed_or_refused_as_a_whole(twilytics, tmp_path):
    results = tmp_path / "results.jsonl"
    results.write_text('{"id": "7", "action": "delete", "reason": "suspended"}\n8\n')
    assert twilytics("comply", str(results), "--authors", "--json").json["rewritten"]["n_dropped"] == 0
    results.write_text("7\n{torn\n")
    refused = twilytics("comply", str(results))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == f"error: nothing was erased, as {results} has lines that can't be read (line 2: neither an ID nor JSON)\n"
    results.write_text("\n")
    empty = twilytics("comply", str(results))
    assert (empty.code, empty.err) == (0, f"{results} asks for nothing to be erased\n")


def test_a_backfill_is_planned_and_done_and_moves_no_watermark(twilytics, tmp_path):
    twilytics("replay", archive(tmp_path, line(9), line(12), line(13)))
    asked = ("--since", "2020-07-18T12:30", "--until", "2020-07-19", "--json")
    assert twilytics("backfill", *asked, "--plan").json["n_slots"] == 2
    assert twilytics("backfill", *asked, "--plan", "--missing").json["n_slots"] == 0
    ledger = (tmp_path / "home" / "lake" / "_ledger.json").read_text()
    done = twilytics("backfill", *asked).json
    assert done["refined"]["runs"] == [{"since": "2020-07-18T12:00:00Z", "until": "2020-07-18T14:00:00Z"}]
    assert sum(done["published"]["n_written"].values()) == 0
    after = json.loads((tmp_path / "home" / "lake" / "_ledger.json").read_text())
    assert after["refined_batch"] == json.loads(ledger)["refined_batch"]
    assert (after["to_refine"], after["to_publish"]) == ([], {})


def test_query_answers_as_table_csv_and_json(twilytics, tmp_path):
    twilytics("replay", archive(tmp_path, line(12, names=("#hsv", "=1+1"))))
    question = "SELECT rank, title, volume FROM gold.trends ORDER BY rank"
    assert list(csv.reader(io.StringIO(twilytics("query", question, "--format", "csv").out))) == [
        ["rank", "title", "volume"],
        ["1", "#hsv", ""],
        ["2", "'=1+1", ""],
    ]
    assert json.loads(twilytics("query", question, "--json").out)[0] == {"rank": 1, "title": "#hsv", "volume": None}
    table = twilytics("query", question)
    assert [row.split() for row in table.out.splitlines()[3:5]] == [["1", "#hsv", "–"], ["2", "=1+1", "–"]]
    assert table.err == "2 rows\n"


@pytest.mark.parametrize(
    "statement", ["DELETE FROM gold.trends", "DROP TABLE gold.trends", "SET default_transaction_read_only = off; DELETE FROM gold.trends"]
)
def test_a_query_that_writes_is_refused_by_the_database(twilytics, tmp_path, postgres_dsn, statement):
    twilytics("replay", archive(tmp_path, line(12)))
    ended = twilytics("query", statement)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (1, "", 1)
    with psycopg2.connect(postgres_dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM gold.trends")
        assert cursor.fetchone() == (2,)


def test_a_name_that_is_sql_markup_and_escapes_at_once_is_stored_and_shown_as_text(twilytics, tmp_path):
    assert twilytics("replay", archive(tmp_path, line(12, names=(NASTY,)))).code == 0
    (row,) = json.loads(twilytics("query", "SELECT title FROM gold.trends", "--json").out)
    assert row["title"].split() == NASTY.split()
    shown = twilytics("query", "SELECT title FROM gold.trends").out
    assert "DROP TABLE gold.trends" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_a_wrong_query_names_what_is_wrong(twilytics, tmp_path):
    twilytics("replay", archive(tmp_path, line(12)))
    assert twilytics("query", "SELECT * FROM gold.nonsense").err.startswith('error: relation "gold.nonsense" does not exist')


def test_an_archive_that_is_missing_lands_nothing_of_the_others(twilytics, tmp_path):
    ended = twilytics("replay", archive(tmp_path, line(12)), "missing.jsonl")
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert "missing.jsonl" in ended.err
    assert twilytics("status", "--json").json["spooled"] == 0


def test_the_demo_keeps_out_of_what_is_in_use(twilytics, tmp_path, monkeypatch):
    assert "TWILYTICS_MONGODB_URI is set" in twilytics("demo").err
    monkeypatch.delenv("TWILYTICS_MONGODB_URI")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "spool").touch()
    ended = twilytics("demo")
    assert ended.code == 1
    assert (
        ended.err == f"error: {tmp_path / 'home'} holds something already: let TWILYTICS_HOME name a folder that is empty or not there yet "
        "(a demo that was interrupted is finished by `twilytics run`)\n"
    )


def test_the_demo_keeps_out_of_a_filled_database(twilytics, tmp_path, monkeypatch):
    twilytics("replay", archive(tmp_path, line(12)))
    monkeypatch.delenv("TWILYTICS_MONGODB_URI")
    monkeypatch.setenv("TWILYTICS_HOME", str(tmp_path / "fresh"))
    assert "the database of TWILYTICS_POSTGRES_DSN holds a publication already" in twilytics("demo").err


def test_doctor_finds_every_part_well(twilytics):
    ended = twilytics("doctor", "--json")
    assert ended.code == 0
    verdicts = {finding["part"]: finding["verdict"] for finding in json.loads(ended.out)}
    assert verdicts.pop("credentials") == "warning"
    assert set(verdicts.values()) == {"ok"}


def test_doctor_says_what_to_mend(twilytics, monkeypatch):
    monkeypatch.setenv("TWILYTICS_POSTGRES_DSN", "postgresql://nobody:hunter2@127.0.0.1:1/x")
    monkeypatch.setenv("TWILYTICS_PAIRS", "berlin:stuttgrat")
    ended = twilytics("doctor", "--json")
    assert "TWILYTICS_PAIRS: neither the catalogue nor the lake has 'stuttgrat'. Nearest: stuttgart" in ended.out
    monkeypatch.setenv("TWILYTICS_PLACES", "berlni")
    ended = twilytics("doctor", "--json")
    problems = {finding["part"]: finding["told"] for finding in json.loads(ended.out) if finding["verdict"] == "problem"}
    assert set(problems) == {"database", "places"}
    assert "berlin" in problems["places"]
    assert "hunter2" not in ended.out + ended.err
    assert (ended.code, ended.err) == (1, "error: 2 of 8 parts have to be mended first: database, places\n")


def test_a_prefect_that_does_not_answer_is_told_in_one_line(twilytics, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    ended = twilytics("run", "--no-land")
    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith("error: no Prefect answers at http://127.0.0.1:1/api")
