"""Cycles that fail, in a process where all that can log logs all it can. `test_secrets` runs it and looks at what it leaves behind.

Each argument is JSON: what the environment is changed to for a cycle, and with ``gate``, that its checks are to fail.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

from twilytics.pacer import pacer
from twilytics.patience import Patience

LOGGERS = ("", "twilytics", "flows", "prefect", "tweepy", "urllib3", "requests", "requests_oauthlib", "pymongo", "httpx", "httpcore")


def log_everything() -> None:
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, its causes, and what was being handled meanwhile, which `from None` only hides."""
    waiting, seen = [error], set()
    while waiting:
        if (one := waiting.pop()) is not None and id(one) not in seen:
            seen.add(id(one))
            waiting += [one.__cause__, one.__context__]
            yield one


def shown(error: BaseException) -> None:
    traceback.print_exception(error)
    for one in chain(error):
        sys.stderr.write(f"CHAIN {type(one).__name__}: {one} {one!r} {one.args!r} {vars(one)!r} {getattr(one, '__notes__', '')}\n")


def cycle(is_stopped_by_the_gate: bool) -> None:
    import flows
    from flows import blocks, stage
    from twilytics import cycle as whole
    from twilytics.errors import GateError
    from twilytics.observatory import Observatory

    def refuse(*_: object, **__: object) -> None:
        raise GateError("gold.trends: rank_minimum failed on 1 of 50 rows")

    stage.FIRST_DELAY_SECONDS = 0
    check = refuse if is_stopped_by_the_gate else whole.check
    with patch.object(whole, "check", check), Observatory(blocks.load()) as observatory:
        flows.run("cycle", observatory, lambda *_: None, is_asking=True)


def main(cycles: list[str]) -> None:
    log_everything()
    # Each place is asked as often as ever, but nobody waits in between.
    Patience.wait = lambda *_: timedelta()
    for told in cycles:
        changes = json.loads(told)
        gate, command = changes.pop("gate", False), changes.pop("command", None)
        os.environ |= changes
        pacer.cache_clear()  # as if each cycle had an hour of its own: together they are more calls than X allows
        try:
            if command:
                from twilytics import cli

                cli.main(command)
            cycle(gate)
        except (Exception, SystemExit) as error:
            log_everything()
            shown(error)
        else:
            sys.exit(f"nothing failed: {told}")


if __name__ == "__main__":
    main(sys.argv[1:])
