"""What the programs share: a range of slots from the command line, the lake and the engine from the settings."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from twilytics import settings
from twilytics.engines import Made
from twilytics.errors import TwilyticsError
from twilytics.noting import captured_in, note_new_answers
from twilytics.observatory import Observatory
from twilytics.refine import chunks
from twilytics.refinement import rows_of
from twilytics.slots import Slots, floor

Build = Callable[[Observatory, Slots], list[Made]]


def main(description: str, build: Build, at_the_end: Callable[[Observatory], list[Made]] = lambda _: []) -> None:
    """Run ``build`` over the range in chunks under the lake's lock, and tell the rows written by table."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", type=_instant, required=True, help="first slot, ISO 8601; without a zone: UTC")
    parser.add_argument("--until", type=_instant, required=True, help="the end, not included")
    asked = parser.parse_args()
    try:
        chosen = settings.load()
        interval = chosen.interval
        run = Slots(floor(asked.since, interval), floor(asked.until, interval))
        rows: Counter[str] = Counter()
        with Observatory(chosen) as observatory, observatory.lake.locked():
            note_new_answers(observatory)  # gold needs the pairs of their places
            for chunk in chunks((run,), captured_in(observatory.lake, (run,)), observatory.engine.chunk_answers, interval):
                rows.update(rows_of(build(observatory, chunk)))
            rows.update(rows_of(at_the_end(observatory)))
    except TwilyticsError as error:
        sys.exit(f"error: {error}")
    for table, written in rows.items():
        print(f"{written:>12,} {table}")


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
