"""The command line. Commands are thin: they read their options, call one function, and tell what came of it."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from twilytics.errors import GateError, TwilyticsError
from twilytics.stopping import EXIT_CODE, Stopped

FAILURE = 1


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 when it did what it was asked for, 1 when not, 130 when Ctrl-C ended it."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = words[: words.index("--")] if "--" in words else words
    debug = "--debug" in options
    if debug:
        words.remove("--debug")
    code = 0
    try:
        _run(words, debug=debug)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        code = _told(error, debug=debug)
    _leave(code)


def _run(words: list[str], *, debug: bool) -> None:
    from twilytics.cli import tell
    from twilytics.cli.commands import app

    with tell.warnings(debug=debug):
        app(words, exit_on_error=False, print_error=False, result_action="return_value")


def _told(error: BaseException, *, debug: bool) -> int:
    """Say on stderr what ended the command; return its exit code."""
    from cyclopts import CycloptsError

    from twilytics.cli import tell

    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILURE
    if isinstance(error, BrokenPipeError):  # the reader of a pipe (`head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    if debug:
        tell.trace(error)
    if isinstance(error, KeyboardInterrupt):
        tell.note("stopped")
        return EXIT_CODE
    if isinstance(error, Stopped):
        tell.note(str(error))
        return EXIT_CODE
    if isinstance(error, TwilyticsError):
        tell.error(error.in_full if isinstance(error, GateError) else str(error))
    elif isinstance(error, CycloptsError):
        command = " ".join(["twilytics", *(error.command_chain or ())])
        tell.error(f"{str(error).strip()} (`{command} --help` tells more)")
    elif not debug:
        tell.error(f"a bug in Twilytics, please report it: {type(error).__name__}: {error} (--debug shows where)")
    return FAILURE


def _leave(code: int) -> NoReturn:
    """Exit; at once where work may still run in its thread, which the end of the interpreter would trip over."""
    if code == EXIT_CODE:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
