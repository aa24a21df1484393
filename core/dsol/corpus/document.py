"""A document on its way from a file to the rows."""

from __future__ import annotations

from dataclasses import dataclass


class Unreadable(Exception):
    """A file, or a row of one, can't be read; the message is the reason, in one line."""


@dataclass(frozen=True)
class Document:
    """Text with where it came from.

    `place` within the file ("line 7", "part 2", empty: the whole file); `headings`: those that the text stands under;
    `ends` is False for a part that another part follows.
    """

    text: str
    file: str
    place: str = ""
    headings: tuple[str, ...] = ()
    ends: bool = True
