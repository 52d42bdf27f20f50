"""Which table is made from which, drawn in rows: a table stands below all that it is made from.

There is no renderer of Mermaid without a browser, so that this draws the boxes and lines itself. What several tables further
down look at goes down as one line, which branches off to each.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from twilytics.schema import Table

WIDTH, HEIGHT, DOWN, GAP, TRUNK = 120, 24, 58, 12, 8
MARGIN = 4
SWEEPS = 12
#: A table, or by the same name in a row further down the line that goes on from it.
Knot = tuple[int, str]


def diagram(tables: Sequence[Table]) -> Markup:
    """The tables as SVG."""
    rows = _rows(tables)
    steps = _steps(tables, rows)
    middles = _middles(tables, rows, steps)
    width = max(middles.values()) + WIDTH // 2 + MARGIN
    height = max(rows.values()) * DOWN + HEIGHT + 2 * MARGIN
    lines = [_line(steps[below], above, below, middles, rows) for below in sorted(steps) for above in steps[below]]
    trunks = [_trunk(knot, middles[knot], rows) for knot in sorted(middles) if knot[0] != rows[knot[1]]]
    boxes = [_box(table, middles[rows[table.name], table.name], rows[table.name]) for table in tables]
    label = f"{len(tables)} tables, each below those that it is made from; the dictionary names them."
    return Markup('<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">{drawn}</svg>').format(
        w=width, h=height, label=label, drawn=Markup("").join([*lines, *trunks, *boxes])
    )


def _rows(tables: Sequence[Table]) -> dict[str, int]:
    """In which row each stands: what has no input, just above the first that looks at it."""
    rows: dict[str, int] = {}
    for table in tables:  # inputs come first
        rows[table.name] = max((rows[made_of.name] + 1 for made_of in table.inputs), default=0)
    for table in tables:
        users = [rows[other.name] for other in tables if table in other.inputs]
        if not table.inputs and users:
            rows[table.name] = min(users) - 1
    return rows


def _steps(tables: Sequence[Table], rows: Mapping[str, int]) -> dict[Knot, list[Knot]]:
    """By knot those of the row above that it hangs on."""
    steps: dict[Knot, list[Knot]] = {}
    for table in tables:
        steps[rows[table.name], table.name] = [(rows[table.name] - 1, made_of.name) for made_of in table.inputs]
        for made_of in table.inputs:
            for row in range(rows[made_of.name] + 1, rows[table.name]):
                steps[row, made_of.name] = [(row - 1, made_of.name)]
    return steps


def _middles(tables: Sequence[Table], rows: Mapping[str, int], steps: Mapping[Knot, Sequence[Knot]]) -> dict[Knot, int]:
    """Where each knot stands across: drawn to the middle of what it hangs on, and what hangs on it, again and again."""
    order = {table.name: nth for nth, table in enumerate(tables)}
    by_row: dict[int, list[Knot]] = {}
    below: dict[Knot, list[Knot]] = {}
    for knot in sorted(steps, key=lambda knot: (knot[0], order[knot[1]])):
        by_row.setdefault(knot[0], []).append(knot)
        for above in steps[knot]:
            below.setdefault(above, []).append(knot)
    widths = {knot: WIDTH if knot[0] == rows[knot[1]] else TRUNK for knot in steps}
    total = max(sum(widths[knot] + GAP for knot in row) for row in by_row.values())
    middles = {knot: total * (2 * nth + 1) // (2 * len(row)) for row in by_row.values() for nth, knot in enumerate(row)}
    for sweep in range(SWEEPS):
        neighbours: Mapping[Knot, Sequence[Knot]] = steps if sweep % 2 == 0 else below
        for row in sorted(by_row, reverse=sweep % 2 == 1):
            wanted = {knot: _mean([middles[other] for other in neighbours.get(knot, ())], middles[knot]) for knot in by_row[row]}
            knots = sorted(by_row[row], key=lambda knot: (wanted[knot], knot))
            middles |= _apart(knots, wanted, widths, total)
    return middles


def _mean(values: Sequence[int], otherwise: int) -> int:
    return sum(values) // len(values) if values else otherwise


def _apart(knots: Sequence[Knot], wanted: Mapping[Knot, int], widths: Mapping[Knot, int], total: int) -> dict[Knot, int]:
    """As near to where they are wanted as they can be without touching: halfway between being pushed right and pushed left."""
    rightwards, at = {}, MARGIN
    for knot in knots:
        at = rightwards[knot] = max(wanted[knot], at + widths[knot] // 2)
        at += widths[knot] // 2 + GAP
    leftwards, at = {}, max(total, at - GAP)
    for knot in reversed(knots):
        at = leftwards[knot] = min(wanted[knot], at - widths[knot] // 2)
        at -= widths[knot] // 2 + GAP
    shift = max(0, MARGIN + widths[knots[0]] // 2 - (rightwards[knots[0]] + leftwards[knots[0]]) // 2)
    return {knot: (rightwards[knot] + leftwards[knot]) // 2 + shift for knot in knots}


def _top(row: int) -> int:
    return MARGIN + row * DOWN


def _line(ports: Sequence[Knot], above: Knot, below: Knot, middles: Mapping[Knot, int], rows: Mapping[str, int]) -> Markup:
    """From the bottom of one to the top of the other; lines that end in one box end beside each other."""
    is_box = below[0] == rows[below[1]]
    inwards = sorted(ports, key=lambda knot: (middles[knot], knot))
    spread = (2 * inwards.index(above) + 1 - len(inwards)) * min(WIDTH // 2 // len(inwards), 8) if is_box else 0
    x, y, to_x, to_y = middles[above], _top(above[0]) + HEIGHT, middles[below] + spread, _top(below[0])
    middle = (y + to_y) // 2
    return Markup('<path class="line" d="M{} {}C{} {} {} {} {} {}"/>').format(x, y, x, middle, to_x, middle, to_x, to_y)


def _trunk(knot: Knot, middle: int, rows: Mapping[str, int]) -> Markup:
    assert knot[0] > rows[knot[1]]
    return Markup('<path class="line" d="M{} {}v{}"/>').format(middle, _top(knot[0]), HEIGHT)


def _box(table: Table, middle: int, row: int) -> Markup:
    return Markup(
        '<g class="box {layer}"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="4"/>'
        '<text x="{middle}" y="{line}" text-anchor="middle">{name}</text></g>'
    ).format(
        layer=table.layer, x=middle - WIDTH // 2, y=_top(row), w=WIDTH, h=HEIGHT, middle=middle, line=_top(row) + 16, name=table.short_name
    )
