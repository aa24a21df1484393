"""One normal form for names and words, so that spellings of one thing compare equal (Mediaș: medias, 法國: 法国)."""

from __future__ import annotations

import unicodedata

from dsol.han import TO_SIMPLIFIED

_QUOTES = str.maketrans("‘’‛′`“”„″", "'" * 5 + '"' * 4)


def fold(text: str) -> str:
    """Lose case, width, accents, curved quotes and the traditional forms of Chinese characters."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_QUOTES)).casefold()
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return kept.translate(TO_SIMPLIFIED)


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """Fold a text and say for every folded character which character of the text it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        folded = fold(letter)
        letters.append(folded)
        places.extend([place] * len(folded))
    return "".join(letters), places
