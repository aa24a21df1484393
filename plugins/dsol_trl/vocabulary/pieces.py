"""A text as the base splits it: runs of tokens within which new ones may join their neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dsol_trl.vocabulary.spelling import BYTE, Spelling, script

Run = tuple[str, ...]
SPACES = "\u0120\u2581"  # how byte-level tokenizers and SentencePiece write a space
BATCH = 64


def count_runs(backend: Any, spelled: Spelling, texts: Sequence[str], advance: Callable[..., None]) -> Counter[Run]:
    """Split texts with a tokenizer and count the runs of tokens that could become fewer.

    A run lies within one word of the pre-tokenizer, holds letters of one script, and only its first token may begin
    with a space. A character that the base spells in bytes for want of a token stands in it as itself.
    """
    cuts: dict[str, str] = {}
    runs: Counter[Run] = Counter()
    for start in range(0, len(texts), BATCH):
        for encoding in backend.encode_batch(list(texts[start : start + BATCH]), add_special_tokens=False):
            words = zip(encoding.tokens, encoding.ids, encoding.word_ids, strict=True)
            for run in _runs(spelled, cuts, words):
                if len(run) > 1 or run[0] not in spelled.names:
                    runs[run] += 1
        advance(min(start + BATCH, len(texts)), len(texts))
    return runs


def _runs(spelled: Spelling, cuts: dict[str, str], words: Iterable[tuple[str, int, int | None]]) -> Iterator[Run]:
    run: list[str] = []
    before: tuple[str, int | None] = ("", None)
    for token, word in _characters(spelled, words):
        if token not in cuts:
            cuts[token] = _kind(spelled, token)
        kind = cuts[token]
        joins = kind and (kind == before[0] or "part" in (kind, before[0])) and word == before[1]
        if run and not (joins and token[0] not in SPACES):
            yield tuple(run)
            run = []
        if kind:
            run.append(token)
        before = (kind, word)
    if run:
        yield tuple(run)


def _kind(spelled: Spelling, token: str) -> str:
    """Name what a token holds; "" breaks a run, "part" is a part of a character and goes with anything."""
    if not token:
        return ""
    found = script(spelled.bytes(token))
    if found or spelled.kind == "byte-fallback":
        return found or ("letters" if token == "\u2581" else "")
    whole = spelled.bytes(token)
    if whole == b" ":
        return "letters"
    try:
        whole.decode()
    except UnicodeDecodeError:
        return "part" if all(byte >= 0x80 for byte in whole) else ""
    return ""


def _characters(spelled: Spelling, words: Iterable[tuple[str, int, int | None]]) -> Iterator[tuple[str, int | None]]:
    """Put characters back together that are spelled in byte tokens; an empty token breaks the run."""
    waiting = b""
    for token, number, word in words:
        match = BYTE.fullmatch(token) if spelled.kind == "byte-fallback" else None
        if not match:
            waiting = b""
            yield ("" if number in spelled.apart else token), word
            continue
        waiting += spelled.bytes(token)
        try:
            character = waiting.decode()
        except UnicodeDecodeError:
            if len(waiting) == 4:
                waiting = b""
                yield "", word
            continue
        waiting = b""
        # A byte token that spells a sign of its own (a line end) has one byte.
        yield (character if len(character.encode()) > 1 else ""), word
