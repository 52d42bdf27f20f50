"""A panel: a title, one sentence that says what one sees, its charts and tables, and the definitions behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from twilytics.panels.panel import Term

Cell = str | Markup


@dataclass(frozen=True)
class Figure:
    """A chart with what stands under it. ``is_wide``: a phone shows it by scrolling, ``starts_at_the_end``: with its right end first."""

    svg: Markup
    caption: Cell
    is_wide: bool = False
    starts_at_the_end: bool = False
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Group:
    """Charts and tables side by side as the page is wide: as many as fit, or two."""

    members: Sequence["Figure | Listing"]
    of_halves: bool = False
    kind: ClassVar[str] = "group"


@dataclass(frozen=True)
class Listing:
    """A table; ``numbers`` are the columns that are set to the right. ``is_folded``: one click away."""

    caption: Cell
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int] = ()
    is_folded: bool = False
    kind: ClassVar[str] = "listing"


@dataclass(frozen=True)
class Panel:
    """``key`` is its address on the page; one that ``is_wide`` has the page's whole width."""

    key: str
    title: str
    says: Cell
    parts: Sequence[Figure | Group | Listing] = ()
    terms: Sequence[Term] = ()
    is_wide: bool = False
