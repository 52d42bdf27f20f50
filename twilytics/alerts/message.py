"""One message of all that is new and all that is over, as plain text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from twilytics.alerts import ALERTS
from twilytics.alerts.alert import Alert
from twilytics.visible import visible

#: Of an alert; of the rest only how many they are: 467 places can be stale at once, and channels cut long messages.
SUBJECTS = 10
#: Characters of a line.
LONGEST = 300


@dataclass(frozen=True)
class Matter:
    """Something that is, or was, the matter: which alert tells it (by key), of what, how it stood, and since when."""

    alert: str
    subject: str
    says: str
    since: datetime


def title(news: Sequence[Matter], over: Sequence[Matter]) -> str:
    told = [f"{len(news):,} new" for _ in news[:1]] + [f"{len(over):,} over" for _ in over[:1]]
    return f"Twilytics: {', '.join(told)}"


def body(news: Sequence[Matter], over: Sequence[Matter]) -> str:
    """A paragraph an alert, the worst first, then what is over. What strangers wrote in it stays one line, in which nothing acts."""
    return "\n\n".join([*(_new(alert, of) for alert, of in _by_alert(news)), *(_over(alert, of) for alert, of in _by_alert(over))])


def _by_alert(matters: Iterable[Matter]) -> Iterator[tuple[Alert, list[Matter]]]:
    found = [(alert, [one for one in matters if one.alert == alert.key]) for alert in ALERTS]
    return ((alert, of) for alert, of in found if of)


def _new(alert: Alert, matters: Sequence[Matter]) -> str:
    return "\n".join([f"{alert.title} ({alert.severity})", *_lines([f"{one.subject}: {one.says}" for one in matters]), alert.todo])


def _over(alert: Alert, matters: Sequence[Matter]) -> str:
    told = [f"{one.subject}: {alert.over}; since {one.since:%Y-%m-%d %H:%M} UTC: {one.says}" for one in matters]
    return "\n".join([f"Over: {alert.title}", *_lines(told)])


def _lines(told: Sequence[str]) -> list[str]:
    more = [f"- and {len(told) - SUBJECTS:,} more"] if len(told) > SUBJECTS else []
    return [f"- {_cut(visible(line))}" for line in told[:SUBJECTS]] + more


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"
