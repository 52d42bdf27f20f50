"""What came of asking what a credential may do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Granted:
    """Of one credential: what it may do, what it needs and may not, and what it may without need."""

    may: tuple[str, ...]
    may_not: tuple[str, ...]
    needless: tuple[str, ...]
    #: Who grants what is missing.
    remedy: str

    def __str__(self) -> str:
        told = [f"may {', '.join(self.may)}"] if self.may else []
        told += [f"may not {', '.join(self.may_not)}: {self.remedy}"] if self.may_not else []
        told += [f"may also {', '.join(self.needless)}, which is not needed: take it away"] if self.needless else []
        return "; ".join(told)
