"""What was measured, as a Markdown table and as small plots on a logarithmic scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import vl_convert

WIDTH, ROW_HEIGHT, COLUMNS = 230, 22, 3
#: Told apart by those who see few colours, too (Okabe & Ito).
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
INK, PALE = "#333333", "#888888"
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


@dataclass(frozen=True)
class Measured:
    """One run. ``seconds`` is None where a contender can't be expected to finish: it was not run."""

    case: str
    places: int
    history: str
    contender: str
    seconds: float | None
    peak_mib: float | None = None

    @property
    def panel(self) -> str:
        return f"{self.case}: {self.places} places, {self.history}"


def readable(seconds: float) -> str:
    """Three digits at most, in the unit that people would say it in."""
    if seconds >= 600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if seconds >= 20 else f"{seconds:.1f} s" if seconds >= 2 else f"{seconds:.2f} s"


def markdown(rows: Sequence[Measured]) -> str:
    """A line a case, a column a contender, each in the order of their first rows; the fastest of a line in bold."""
    contenders = list(dict.fromkeys(row.contender for row in rows))
    lines = [["case", "places", "history", *contenders], ["---", "---:", "---", *["---:"] * len(contenders)]]
    for case in dict.fromkeys((row.case, row.places, row.history) for row in rows):
        told = {row.contender: row for row in rows if (row.case, row.places, row.history) == case}
        fastest = min((row.seconds for row in told.values() if row.seconds is not None), default=None)
        lines.append([*map(str, case), *(_cell(told.get(name), fastest) for name in contenders)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(row: Measured | None, fastest: float | None) -> str:
    if row is None or row.seconds is None:
        return "–"
    seconds = f"**{readable(row.seconds)}**" if row.seconds == fastest else readable(row.seconds)
    return seconds if row.peak_mib is None else f"{seconds}, {row.peak_mib:,.0f} MiB"


def svg(rows: Sequence[Measured]) -> str:
    """A panel a case, a line in it a contender: a dot at its seconds. All panels share the scale, so that they compare."""
    contenders = list(dict.fromkeys(row.contender for row in rows))
    panels = list(dict.fromkeys(row.panel for row in rows))
    told = [{"panel": row.panel, "contender": row.contender, "seconds": row.seconds, "label": _label(row)} for row in rows]
    seconds = [row.seconds for row in rows if row.seconds is not None]
    # Whole powers of ten around all that was measured, with room for the label of the slowest.
    powers = [10.0**power for power in range(math.floor(math.log10(min(seconds))), math.ceil(math.log10(4 * max(seconds))) + 1)]

    every = alt.Chart(alt.Data(values=told), width=WIDTH, height=ROW_HEIGHT * len(contenders)).encode(
        y=alt.Y("contender:N", title=None, sort=contenders, scale=alt.Scale(domain=contenders)), text="label:N"
    )
    was_run = every.transform_filter("datum.seconds !== null").encode(
        x=alt.X("seconds:Q", title="seconds", scale=alt.Scale(type="log", domain=[powers[0], powers[-1]]), axis=alt.Axis(values=powers))
    )
    colour = alt.Color("contender:N", legend=None, scale=alt.Scale(domain=contenders, range=COLOURS))
    dots = was_run.mark_circle(size=90, opacity=1).encode(color=colour)
    labels = was_run.mark_text(align="left", dx=9, fontSize=11, color=INK)
    not_run = every.transform_filter("datum.seconds === null").mark_text(align="left", fontSize=11, color=PALE).encode(x=alt.value(4))
    header = alt.Header(labelFontSize=12, labelFontWeight="bold", labelAnchor="start")
    chart = alt.layer(dots, labels, not_run).facet(alt.Facet("panel:N", sort=panels, title=None, header=header), columns=COLUMNS)
    return vl_convert.vegalite_to_svg(chart.configure(background="white").to_json(), vl_version=VEGA_LITE)


def _label(row: Measured) -> str:
    return "not run" if row.seconds is None else readable(row.seconds)
