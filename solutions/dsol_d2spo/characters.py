"""What files can't hold of a text: half surrogates anywhere, control characters in XML and in names of a database."""

from __future__ import annotations

import re

_HALVES = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def sound(text: str) -> str:
    """Replace half surrogates, which no encoding has."""
    return _HALVES.sub("\ufffd", text)


def picture(match: re.Match[str]) -> str:
    """Show a control character by its Unicode picture (␀), another one as unknown."""
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def for_xml(text: str) -> str:
    """Show what XML 1.0 can't hold, or would change (a carriage return), as pictures."""
    return _XML.sub(picture, sound(text))


def without_control(text: str) -> str:
    """Show every control character as its picture."""
    return _CONTROL.sub(picture, sound(text))
