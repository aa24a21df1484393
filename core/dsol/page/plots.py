"""Plots as inline SVG: their text stays text, their colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dsol.page.markup import Markup, element, join

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 20, 12, 44

Pair = tuple[float, float]
Format = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    """One line of a plot: (x, y) points in order; `style` is the name of a CSS class (colour and stroke).

    `dots`: draw a dot for each point, with its hint as a tooltip. `spread`: (low, high) of each point, as error bars.
    """

    label: str
    points: Sequence[Pair]
    style: str
    dots: bool = False
    hints: Sequence[str] = ()
    spread: Sequence[Pair] = field(default=())


def percent(value: float) -> str:
    """Word a share for an axis."""
    return f"{value * 100:g}%"


def number(value: float) -> str:
    """Word a number for an axis."""
    return f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{value:g}"


def lines(
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    *,
    x_range: Pair | None = None,
    y_range: Pair | None = None,
    x_format: Format = number,
    y_format: Format = number,
    diagonal: bool = False,
) -> Markup:
    """Draw lines over two axes with a grid; ranges that aren't given are taken from the points."""
    xs = [x for one in series for x, _ in one.points]
    ys = [y for one in series for _, y in one.points] + [v for one in series for pair in one.spread for v in pair]
    left, right = x_range or (min(xs), max(xs))
    x_ticks = [tick for tick in ticks(left, right) if left <= tick <= right * (1 + 1e-9)]
    y_ticks = ticks(*(y_range or (min(ys), max(ys))))
    low, high = y_range or (y_ticks[0], y_ticks[-1])

    def at(x: float, y: float) -> Pair:
        across = (x - left) / ((right - left) or 1.0)
        up = (min(max(y, low), high) - low) / ((high - low) or 1.0)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    drawn = [_grid(x_ticks, y_ticks, at, x_format, y_format, (left, right), (low, high)), _labels(x_label, y_label)]
    if diagonal:
        (x1, y1), (x2, y2) = at(left, low), at(right, high)
        drawn.append(element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_="diagonal"))
    drawn += [_line(one, at) for one in series]
    return join((_svg(WIDTH, HEIGHT, f"{y_label} over {x_label}", drawn), legend([(s.label, s.style) for s in series])))


def shares(
    series: Sequence[Series], x_label: str, y_label: str, highest: float = 1.0, *, diagonal: bool = False
) -> Markup:
    """Draw lines over two axes in percent, the first from 0 to 100, the second from 0 to `highest`."""
    ranges: dict[str, Pair] = {"x_range": (0.0, 1.0), "y_range": (0.0, highest)}
    return lines(series, x_label, y_label, x_format=percent, y_format=percent, diagonal=diagonal, **ranges)


def legend(entries: Sequence[tuple[str, str]]) -> Markup | None:
    """Name the series of a plot; a single one needs no legend."""
    if len(entries) < 2:
        return None
    items = [element("span", element("i", class_=f"swatch {style}"), label) for label, style in entries]
    return element("div", *items, class_="legend")


def interval(value: float, low: float, high: float, style: str) -> Markup:
    """Draw a mean score on [0, 1] with its interval, small enough for a table cell."""
    width, height = 120, 14

    def x(share: float) -> float:
        return 4 + share * (width - 8)

    drawn = [
        element("line", x1=x(0), x2=x(1), y1=height / 2, y2=height / 2, class_="rail"),
        element("line", x1=x(low), x2=x(high), y1=height / 2, y2=height / 2, class_=f"whisker {style}"),
        element("circle", cx=x(value), cy=height / 2, r=4.0, class_=f"dot {style}"),
    ]
    return element(
        "svg",
        *drawn,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        class_="interval",
        aria_hidden="true",
    )


def bars(table: Mapping[str, Mapping[str, int]], styles: Mapping[str, str]) -> Markup:
    """Draw one stacked bar a row: row label -> segment -> count; `styles` orders the segments and gives their class."""
    longest = max((sum(row.values()) for row in table.values()), default=0) or 1
    rows = []
    for label, row in table.items():
        total = sum(row.values())
        parts = [
            element(
                "span",
                title=f"{label}, {segment}: {row[segment]}" if segment else f"{label}: {row[segment]}",
                class_=f"segment {style}",
                style=f"width:{100 * row[segment] / longest:.2f}%",
            )
            for segment, style in styles.items()
            if row.get(segment)
        ]
        rows.append(
            element(
                "div",
                element("span", label, class_="bar-label"),
                element("span", *parts, element("b", total, class_="bar-total"), class_="bar"),
                class_="bar-row",
            )
        )
    entries = [(segment, style) for segment, style in styles.items() if segment]
    return element("div", *rows, legend(entries), class_="bars")


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Choose round numbers, 1, 2 or 5 times a power of ten apart, that enclose a range."""
    if not high > low:
        low, high = low - (abs(low) or 1.0) / 2, low + (abs(low) or 1.0) / 2
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(at * step, 12) for at in range(first, last + 1)]


def _grid(
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    at: Callable[[float, float], Pair],
    x_format: Format,
    y_format: Format,
    x_range: Pair,
    y_range: Pair,
) -> Markup:
    drawn: list[Markup] = []
    for tick in y_ticks:
        (x1, y), (x2, _) = at(x_range[0], tick), at(x_range[1], tick)
        drawn.append(element("line", x1=x1, x2=x2, y1=y, y2=y, class_="grid"))
        drawn.append(element("text", y_format(tick), x=x1 - 7, y=y + 4, text_anchor="end"))
    for tick in x_ticks:
        x, y = at(tick, y_range[0])
        drawn.append(element("line", x1=x, x2=x, y1=y, y2=y + 4, class_="axis"))
        drawn.append(element("text", x_format(tick), x=x, y=y + 17, text_anchor="middle"))
    (x1, y), (x2, _) = at(*(x_range[0], y_range[0])), at(x_range[1], y_range[0])
    drawn.append(element("line", x1=x1, x2=x2, y1=y, y2=y, class_="axis"))
    return join(drawn)


def _labels(x_label: str, y_label: str) -> Markup:
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    turned = element(
        "text", y_label, transform=f"translate(12 {middle_y:g}) rotate(-90)", text_anchor="middle", class_="label"
    )
    return join((element("text", x_label, x=middle_x, y=HEIGHT - 6, text_anchor="middle", class_="label"), turned))


def _line(one: Series, at: Callable[[float, float], Pair]) -> Markup:
    placed = [at(x, y) for x, y in one.points]
    drawn = [element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in placed), class_=f"line {one.style}")]
    for (x, _), (low, high) in zip(one.points, one.spread, strict=False):
        (x1, y1), (_, y2) = at(x, low), at(x, high)
        drawn.append(element("line", x1=x1, x2=x1, y1=y1, y2=y2, class_=f"whisker {one.style}"))
    if one.dots:
        hints = [*one.hints, *[""] * (len(placed) - len(one.hints))]
        for (x, y), hint in zip(placed, hints, strict=True):
            title = element("title", hint) if hint else None
            drawn.append(element("circle", title, cx=x, cy=y, r=3.6, class_=f"dot {one.style}"))
    return element("g", *drawn)


def _svg(width: int, height: int, label: str, drawn: Sequence[Markup]) -> Markup:
    return element("svg", *drawn, viewBox=f"0 0 {width} {height}", class_="plot", role="img", aria_label=label)
