"""Put tokens back into text as people write it, with the place of each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dsol_d2spo.triple import Span

Place = tuple[int, int]  # where it starts and ends

_WIDE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_OPENING = frozenset("([{“‘«$£€¥#@")
_CLOSING = frozenset(",.;:?!)]}”’»%…") | {"'s", "n't", "'re", "'ve", "'ll", "'d", "'m", "''", "'"}
_PLAIN = {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}


def joined(tokens: Sequence[str], start: int = 0) -> tuple[str, list[Place]]:
    """Join one sentence's tokens; give its text, and the span of each token, counted from `start`.

    Chinese stands without spaces, punctuation and hyphens close to their words, and a pair of quotes around what it
    quotes.
    """
    text, glued = "", True
    spans: list[Place] = []
    quoted: dict[str, bool] = {}
    for at, raw in enumerate(tokens):
        token = _PLAIN.get(raw, raw)
        hyphen = (
            token == "-" and 0 < at < len(tokens) - 1 and tokens[at - 1][-1:].isalnum() and tokens[at + 1][:1].isalnum()
        )
        close = glued or hyphen or raw in _CLOSING or bool(text and _WIDE.match(text[-1])) or bool(_WIDE.match(token))
        glued = hyphen or token in _OPENING
        if token == '"':
            inside = raw == "''" or (raw != "``" and quoted.get(token, False))
            close, glued = inside or not text, not inside
            quoted[token] = not inside
        if text and not close:
            text += " "
        spans.append((start + len(text), start + len(text) + len(token)))
        text += token
    return text, spans


def covering(spans: Sequence[Place], first: int, last: int) -> Span:
    """Give the span of tokens `first` to `last` (excluded)."""
    return Span(start=spans[first][0], end=spans[last - 1][1])
