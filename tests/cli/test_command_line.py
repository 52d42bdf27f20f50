"""The command line as a shell sees it: exit codes, stdout and stderr."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from twilytics.cli.commands import app

REPOSITORY = str(Path(__file__).parents[2])
COMMANDS = [
    "demo",
    "run",
    "backfill",
    "maintain",
    "forget",
    "comply",
    "serve",
    "land",
    "plan",
    "replay",
    "simulate",
    "query",
    "status",
    "report",
    "export",
    "quarantine",
    "places",
    "doctor",
]


def in_a_shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line in which `twilytics` stands for the command, in a process of its own."""
    words = line.replace("twilytics", f"{sys.executable} -m twilytics.cli")
    return subprocess.run(
        ["sh", "-c", words], cwd=folder, env={**os.environ, "PYTHONPATH": REPOSITORY}, capture_output=True, text=True, check=False
    )


def test_help_answers_within_half_a_second(tmp_path):
    def seconds() -> float:
        """Of the processor: it waits for nothing, and other tests may keep it waiting."""
        begun = os.times()
        assert in_a_shell(tmp_path, "twilytics --help").returncode == 0
        ended = os.times()
        return ended.children_user + ended.children_system - begun.children_user - begun.children_system

    assert min(seconds() for _ in range(3)) < 0.5


def test_help_names_every_command_and_ends_in_an_example(in_an_empty_folder):
    told = in_an_empty_folder("--help").out
    assert [command for command in COMMANDS if command not in told] == []
    assert told.rstrip().endswith("Example: twilytics demo")


@pytest.mark.parametrize(
    "command", [*([name] for name in COMMANDS), *(["quarantine", name] for name in ("list", "show", "retry", "drop"))], ids=" ".join
)
def test_the_help_of_every_command_ends_in_an_example_of_it(command, capsys):
    app.help_print(command)
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("Example: ")
    assert f"twilytics {' '.join(command)}" in last


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nonsense"], "error: Unknown command"),
        (["simulate", "--places", "x", "--hours", "1", "--out", "f"], 'error: Invalid value for --places: unable to convert "x" into int.'),
        (["simulate", "--places", "1", "--hours", "1"], 'error: Command "simulate" parameter --out requires an argument.'),
        (["simulate", "--places", "500", "--hours", "1", "--out", "f"], "error: --places 500: choose from 1 to 467"),
        (["simulate", "--places", "1", "--hours", "0", "--out", "f"], "error: --hours 0: choose at least 1"),
        (
            ["simulate", "--places", "1", "--hours", "1", "--out", "f", "--since", "soon"],
            "error: Invalid value for --since: 'soon' is no time: write it as 2020-07-18",
        ),
        (["replay", "missing.jsonl"], "error: "),
        (["backfill", "--since", "2020-07-02", "--until", "2020-07-01"], "error: --since has to be before --until"),
        (["query", "SELECT 1"], "error: "),
        (["status", "--verbose"], "error: Unknown option"),
        (["forget"], "error: nothing was named"),
        (["forget", "--tweet", "12x"], "error: --tweet '12x' is no ID"),
        (["forget", "--topic", " # "], "error: --topic is empty"),
        (["quarantine", "list", "--since", "2020-07-02", "--until", "2020-07-01"], "error: --since has to be before --until"),
        (["quarantine", "drop", "--yes"], "error: drop takes out what was set aside for one reason: name it with --reason"),
        (["comply", "missing.jsonl"], "error: missing.jsonl cannot be read: No such file or directory"),
        (["comply", "missing.jsonl", "--tweets", "--authors"], "error: a file lists posts or authors"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_exits_with_1(in_an_empty_folder, words, told):
    ended = in_an_empty_folder(*words)
    assert ended.code == 1
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith(told)


def test_debug_shows_where(in_an_empty_folder, monkeypatch):
    monkeypatch.setenv("TWILYTICS_INTERVAL_MINUTES", "7")
    ended = in_an_empty_folder("--debug", "status")
    assert ended.code == 1
    assert "Traceback (most recent call last):" in ended.err
    assert ended.err.splitlines()[-1].startswith("error: TWILYTICS_INTERVAL_MINUTES")


def test_an_empty_home_has_an_empty_status_and_stays_empty(in_an_empty_folder, tmp_path):
    told = json.loads(in_an_empty_folder("status", "--json").out)
    assert (told["captured_until"], told["spooled"], told["rows"]) == (None, 0, {})
    assert not (tmp_path / "home").exists()


def test_simulated_archives_of_one_seed_are_the_same_and_say_what_they_are(in_an_empty_folder, tmp_path):
    options = ("--places", "2", "--hours", "3", "--since", "2020-07-18", "--json")
    first, second = (json.loads(in_an_empty_folder("simulate", *options, "--out", name).out) for name in ("a.gz", "b.gz"))
    assert (first["answers"], first["since"]) == (6, "2020-07-18T00:00:00Z")
    assert second == {**first, "file": "b.gz"}
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_places_are_found_by_country(in_an_empty_folder):
    found = json.loads(in_an_empty_folder("places", "germany", "--json").out)
    assert {place["country_code"] for place in found} == {"DE"}
    assert len(found) == 13


def test_a_word_that_no_place_has_gets_the_nearest(in_an_empty_folder):
    assert "berlin" in in_an_empty_folder("places", "berlni").out


def test_the_reader_of_a_pipe_may_leave_early(tmp_path):
    assert in_a_shell(tmp_path, "twilytics places | head -1").stderr == ""


def test_exit_codes_and_streams_are_those_of_a_command(tmp_path):
    ended = in_a_shell(tmp_path, "TWILYTICS_INTERVAL_MINUTES=7 twilytics status")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "error: TWILYTICS_INTERVAL_MINUTES: has to divide a day of 1440 minutes, as 5, 15, 60 or 480 do\n"
