"""What a tokenizer's tokens stand for, as bytes, and which byte strings may become a token."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dsol import BackendError
from dsol_trl.vocabulary.texts import HAN

Kind = Literal["byte-level", "byte-fallback"]
BYTE = re.compile(r"<0x([0-9A-F]{2})>")
SPACE = "\u2581"  # how SentencePiece writes a space
LONGEST = 16  # characters of a token


@dataclass(frozen=True)
class Spelling:
    """How a byte-pair tokenizer spells: its kind, its tokens by id, and which of them are cut out before merging.

    `names`: the strings that are taken, added tokens included.
    """

    kind: Kind
    tokens: Mapping[int, str]
    names: frozenset[str]
    apart: frozenset[int]

    def bytes(self, token: str) -> bytes:
        """Give the bytes that a token stands for."""
        if self.kind == "byte-level":
            return bytes(BYTES[sign] for sign in token) if all(sign in BYTES for sign in token) else token.encode()
        match = BYTE.fullmatch(token)
        return bytes([int(match[1], 16)]) if match else token.replace(SPACE, " ").encode()


def spelling(tokenizer: Any, base: str) -> Spelling:
    """Read how a tokenizer spells; one that can't be extended by merges is a BackendError that says why."""
    if not getattr(tokenizer, "is_fast", False):
        raise BackendError(
            f"base {base}: its tokenizer has no tokenizer.json and can't be turned into one, so it can't be extended; "
            "take a base with a fast tokenizer"
        )
    facts = json.loads(tokenizer.backend_tokenizer.to_str())
    model = facts["model"]
    reason = ""
    if model.get("type") != "BPE":
        reason = f"it is a {model.get('type') or 'nameless'} tokenizer, which has no merges"
    elif model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        reason = "it marks the inside or the end of words (as CLIP's does)"
    elif model.get("dropout"):
        reason = "it splits text at random (dropout)"
    elif not (model.get("byte_fallback") or _mentions(facts, "ByteLevel")):
        reason = "it spells in characters alone, without bytes"
    if reason:
        raise BackendError(
            f"base {base}: its tokenizer can't be extended: {reason}; byte-level BPE (GPT-2, Qwen, Llama 3) and "
            "BPE with byte fallback (Llama 2, Mistral) can"
        )
    added = facts.get("added_tokens", [])
    tokens = {number: token for token, number in model["vocab"].items()} | {one["id"]: one["content"] for one in added}
    kind: Kind = "byte-level" if _mentions(facts, "ByteLevel") else "byte-fallback"
    return Spelling(kind, tokens, frozenset(tokens.values()), frozenset(one["id"] for one in added))


def script(spelled: bytes) -> str:
    """Name what a byte string holds: "han", "letters", or "" for anything that isn't of one script's letters.

    A leading space may stand before letters of an alphabet.
    """
    try:
        text = spelled.decode()
    except UnicodeDecodeError:
        return ""
    if text and all(HAN.match(sign) for sign in text):
        return "han"
    word = text[1:] if text[:1] == " " else text
    alphabetic = word and all(unicodedata.category(sign)[0] in "LM" and not HAN.match(sign) for sign in word)
    return "letters" if alphabetic else ""


def admissible(spelled: bytes) -> bool:
    """Say whether a byte string may become a token: letters of one script, or the beginning of one such character.

    Digits, signs and markup stay as the base splits them: models reckon with digits one by one, and markup isn't what
    they write. No token ends within a character that isn't its only one.
    """
    if script(spelled):
        return len(spelled.decode()) <= LONGEST
    # UTF-8: three-byte letters begin with E0 to ED; E2 and E3 80 begin signs and punctuation.
    return (
        len(spelled) == 2
        and 0xE0 <= spelled[0] <= 0xED
        and spelled[0] != 0xE2
        and spelled != b"\xe3\x80"
        and 0x80 <= spelled[1] <= 0xBF
    )


def _mentions(facts: Mapping[str, Any], kind: str) -> bool:
    """Find a component, alone or within a sequence, among the pre-tokenizers and decoders."""
    return any(f'"type": "{kind}"' in json.dumps(facts.get(part)) for part in ("pre_tokenizer", "decoder"))


def _byte_signs() -> dict[str, int]:
    """Invert GPT-2's table: printable bytes stand for themselves, the others for signs from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + at): byte for at, byte in enumerate(others)}


BYTES = _byte_signs()
