"""What a batch was and what it took, as people are told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchRun:
    """``url`` is its page in Google's console, ``state`` is as Dataproc names it, ``seconds`` from when it was created to when it
    ended. ``dcu_hours``, ``shuffle_gb_hours`` and ``usd`` are None where Dataproc has not told the usage (yet); ``prices_of`` says of
    when and where the prices are. ``output`` is the end of what it wrote, line by line."""

    batch: str
    url: str
    state: str
    seconds: float
    dcu_hours: float | None = None
    shuffle_gb_hours: float | None = None
    usd: float | None = None
    prices_of: str = ""
    output: tuple[str, ...] = ()
