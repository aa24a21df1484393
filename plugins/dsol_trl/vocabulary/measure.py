"""Characters per token on held-out text, before and after, by language."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsol_trl.vocabulary.pieces import BATCH
from dsol_trl.vocabulary.texts import blocks, language

ALL = "all"


@dataclass(frozen=True)
class Count:
    """Characters of some text, and how many tokens it is."""

    characters: int
    tokens: int

    @property
    def ratio(self) -> float:
        """Characters per token."""
        return self.characters / self.tokens if self.tokens else 0.0


def count(backend: Any, texts: Sequence[str]) -> tuple[dict[str, Count], Counter[str]]:
    """Count characters and tokens by language (and "all"), and how often each token occurs."""
    parts = [block for text in texts for block in blocks(text)]
    characters: defaultdict[str, int] = defaultdict(int)
    tokens: defaultdict[str, int] = defaultdict(int)
    uses: Counter[str] = Counter()
    for start in range(0, len(parts), BATCH):
        some = parts[start : start + BATCH]
        for text, encoding in zip(some, backend.encode_batch(some, add_special_tokens=False), strict=True):
            uses.update(encoding.tokens)
            for name in (language(text), ALL):
                characters[name] += len(text)
                tokens[name] += len(encoding.ids)
    order = sorted(characters, key=lambda name: (name == ALL, name))
    return {name: Count(characters[name], tokens[name]) for name in order}, uses


def compared(before: Mapping[str, Count], after: Mapping[str, Count]) -> dict[str, dict[str, float]]:
    """Set characters per token before and after side by side, with the tokens saved in per cent."""
    return {
        name: {
            "characters": count.characters,
            "before": round(count.ratio, 3),
            "after": round(after[name].ratio, 3),
            "saved": round(100 * (1 - after[name].tokens / count.tokens), 1),
        }
        for name, count in before.items()
    }
