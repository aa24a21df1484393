"""HTML and SVG from nested calls, in which text can't become markup by accident."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

EMPTY = frozenset({"br", "circle", "col", "line", "path", "polygon", "polyline", "rect"})


class Markup(str):
    """Text that is markup already; any other text is escaped where it enters an element."""

    __slots__ = ()


def element(name: str, *children: object, **attributes: object) -> Markup:
    """Write one element.

    Children that aren't Markup are escaped; None is left out. Attribute names lose a trailing underscore (`class_`)
    and get hyphens for the others (`stroke_width`); those that are None are left out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in EMPTY and not children:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[object]) -> Markup:
    """Put pieces beside each other, escaping those that aren't Markup."""
    return Markup(
        "".join(one if isinstance(one, Markup) else escape(_text(one)) for one in children if one is not None)
    )


def _text(value: object) -> str:
    # Coordinates in SVG need no more than a hundredth of a pixel.
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
