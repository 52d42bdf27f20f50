"""Charts as inline SVG: drawn by Altair and vl-convert, in the page's own colours, with nothing in them but shapes and text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert
from markupsafe import Markup

from twilytics.report.names import shown

VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
INK, MUTED, LINE, CARD = "var(--ink)", "var(--muted)", "var(--line)", "var(--card)"
ACCENT, SECOND, ALERT = "var(--accent)", "var(--second)", "var(--alert)"
#: Columns of a heat map that half a page, or a phone, has room for.
MOST_CELLS = 14
#: Fills from little to much, and what is written on each.
STEPS = tuple(f"var(--step-{step})" for step in range(6))
ON_STEPS = tuple(f"var(--on-step-{step})" for step in range(6))
#: What Altair makes of the charts here.
Drawing = alt.Chart | alt.LayerChart | alt.FacetChart
THEME: dict[str, Any] = {
    "aria": False,
    "background": None,
    "padding": {"left": 8, "right": 8, "top": 4, "bottom": 2},
    "view": {"stroke": None},
    "axis": {
        "domain": False, "ticks": False, "gridColor": LINE, "labelColor": MUTED, "labelFontSize": 11, "labelPadding": 6,
        "titleColor": MUTED, "titleFontSize": 11, "titleFontWeight": "normal", "titlePadding": 8, "labelLimit": 140,
    },
    "scale": {"bandPaddingInner": 0.12, "bandPaddingOuter": 0.06},
    "text": {"fontSize": 11, "color": INK},
}  # fmt: skip

SHAPES = {"svg", "g", "path", "rect", "line", "circle", "text"}
ATTRIBUTES = {
    "transform", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "fill", "fill-opacity", "stroke",
    "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "opacity", "text-anchor",
    "font-size", "font-weight",
}  # fmt: skip
#: Attributes that say what is so without them.
USUAL = {("opacity", "1"), ("stroke-width", "1"), ("text-anchor", "start"), ("font-weight", "normal"), ("fill-opacity", "1")}
LONG_FRACTION = re.compile(r"\d+\.\d{2,}")


def data(rows: Iterable[Mapping[str, Any]]) -> alt.InlineData:
    """Rows as a chart takes them: instants as ISO 8601, doubles to four digits."""
    return alt.InlineData(values=[{name: _plain(value) for name, value in row.items()} for row in rows])


def step(value: float, ends: tuple[float, float]) -> int:
    """Which of :data:`STEPS` a value between the lowest and the highest gets."""
    lowest, highest = ends
    return min(int((value - lowest) / (highest - lowest) * len(STEPS)), len(STEPS) - 1) if highest > lowest else len(STEPS) // 2


def stepped(field: str = "step", *, on: bool = False) -> alt.Color:
    """The colour of a step; with ``on`` of what is written on it."""
    return alt.Color(f"{field}:O", legend=None, scale=alt.Scale(domain=list(range(len(STEPS))), range=list(ON_STEPS if on else STEPS)))


def time_axis(days: int, most: int) -> alt.Axis:
    """Ticks at whole days, or at the first of months where there are many, about ``most`` of them."""
    if days <= 60:
        form, step = "%-d %b", alt.TimeIntervalStep(interval="day", step=-(-days // most))
    else:
        form, step = "%b %Y", alt.TimeIntervalStep(interval="month", step=-(-days // (30 * most)))
    return alt.Axis(format=form, tickCount=step, grid=False, labelOverlap="greedy", labelSeparation=8, labelFlush=False)


def heat_map(cells: Sequence[Mapping[str, Any]], order: tuple[Sequence[str], Sequence[str]], size: int, titles: tuple[str, str]) -> Drawing:
    """Cells with ``row``, ``column``, ``step`` and a ``text`` that says the number: colour is not the only sign."""
    rows, columns = order
    # As domains, never as `sort`: of that Vega-Lite makes an expression, in which a stranger's name would stand as code.
    base = alt.Chart(data(cells), width=size * len(columns), height=size * len(rows)).encode(
        x=alt.X("column:N", title=titles[1], axis=alt.Axis(labelAngle=-50, orient="top"), scale=alt.Scale(domain=list(columns))),
        y=alt.Y("row:N", title=titles[0], scale=alt.Scale(domain=list(rows))),
    )
    texts = base.mark_text(fontSize=9.5).encode(text="text:N", color=stepped(on=True))
    drawn: Drawing = alt.layer(base.mark_rect(cornerRadius=2).encode(color=stepped()), texts).resolve_scale(color="independent")
    return drawn


def svg(chart: Drawing, label: str) -> Markup:
    """The chart; ``label`` says in words and numbers what it shows."""
    spec = _harmless({**chart.to_dict(validate=False), "config": THEME})
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
    return Markup(_cleaned(ET.fromstring(drawn), label))  # noqa: S314, S704  (our own renderer's; only shapes and escaped text are left)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return round(value, 4) if isinstance(value, float) else value


def _harmless(part: Any) -> Any:
    """The same with every text shown as text, wherever it stands: a name is data and part of a domain."""
    if isinstance(part, dict):
        return {name: _harmless(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_harmless(value) for value in part]
    return shown(part) if isinstance(part, str) else part


def _cleaned(root: ET.Element, label: str) -> str:
    width, height = (float(root.get(side, "0")) for side in ("width", "height"))
    (kept,) = _kept(root)
    kept.attrib = {
        "viewBox": f"0 0 {width:g} {height:g}", "width": f"{width:g}", "height": f"{height:g}", "role": "img", "aria-label": shown(label),
    }  # fmt: skip
    return ET.tostring(kept, encoding="unicode")


def _kept(element: ET.Element) -> list[ET.Element]:
    """The element without what is not seen; in place of a group that says nothing, its members."""
    name = element.tag.rpartition("}")[2]
    if name not in SHAPES or element.get("display") == "none":
        return []
    told = {key: _rounded(value) for key, value in element.attrib.items() if key in ATTRIBUTES and (key, value) not in USUAL}
    members = [kept for child in element for kept in _kept(child)]
    if name in ("path", "rect", "line", "circle") and not {"fill", "stroke"} & told.keys():
        return []
    if name == "g" and told.get("transform") in ("translate(0,0)", "translate(0.5,0.5)"):
        del told["transform"]
    if name == "g" and (not members or not told):
        return members
    found = ET.Element(name, told)
    found.text = element.text if name == "text" else None
    found.extend(members)
    return [found]


def _rounded(value: str) -> str:
    return LONG_FRACTION.sub(lambda match: f"{float(match.group()):.1f}".removesuffix(".0"), value)
