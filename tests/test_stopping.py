"""Ending on request, in a process of its own as a terminal signals it."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

REPOSITORY = str(Path(__file__).parents[1])
PROGRAM = """
    import time
    from twilytics import stopping

    def work():
        for stage in ("snapshot", "refine"):
            stopping.check(stage)
            print(stage, "begins", flush=True)
            {stage}
            print(stage, "ends", flush=True)
        return 7

    try:
        print(stopping.attended(work), flush=True)
    except stopping.Stopped as stopped:
        print(stopped, flush=True)
    except KeyboardInterrupt:
        print("closed", flush=True)
        raise SystemExit(130)
"""


@pytest.fixture
def begun():
    """Start the program with what a stage does; give it when its first stage has begun."""
    started = []

    def begin(stage: str) -> subprocess.Popen[str]:
        program = textwrap.dedent(PROGRAM).format(stage=stage)
        process = subprocess.Popen(
            [sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "snapshot begins\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_the_first_request_ends_after_the_stage(begun, request_to_end):
    process = begun("stopping.requested.wait(60), time.sleep(0.1)")
    process.send_signal(request_to_end)
    told, notes = process.communicate(timeout=10)
    assert told == "snapshot ends\nstopped before refine, nothing is lost: the next `twilytics run` goes on from here\n"
    assert notes == "ending after this stage (once more to end at once; either way nothing is lost)\n"


def test_the_second_request_ends_at_once_and_lets_the_command_close(begun):
    process = begun("time.sleep(60)")
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline().startswith("ending after this stage")
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=10)
    assert (told, process.returncode) == ("closed\n", 130)
    assert time.monotonic() - begin < 5


def test_a_request_in_the_last_stage_lets_it_end_well():
    program = textwrap.dedent(PROGRAM).format(stage="stage == 'refine' and signal.raise_signal(signal.SIGINT)")
    ended = subprocess.run([sys.executable, "-c", f"import signal\n{program}"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.stdout.endswith("refine ends\n7\n")
