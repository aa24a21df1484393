"""Make a base with the new tokens: tokenizer, embeddings, training of the new rows, and what came out."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, cast

from dsol import BackendError
from dsol.progress import Watch
from dsol.recipe import Recipe, Stage
from dsol_trl import source
from dsol_trl.base import prepare
from dsol_trl.disk import writing
from dsol_trl.generate import Writer, load_generate
from dsol_trl.model import load_tokenizer
from dsol_trl.quiet import quiet
from dsol_trl.vocabulary import bits, extension, rows, speed, training
from dsol_trl.vocabulary.candidates import Candidate
from dsol_trl.vocabulary.report import Found
from dsol_trl.vocabulary.texts import blocks

# Made anew from the extended tokenizer and model, or out of date beside them.
ANEW = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model", "config.json", "*.safetensors*", "dsol.json")
SCORED = 40_000  # characters of held-out text for bits per character
TIMED = 4  # held-out texts that are decoded against the clock, and prompts that are answered
PIECE = 400  # characters of a text that is scored; half of it is decoded
REPORT = "vocabulary.json"


@dataclass(frozen=True)
class Outcome:
    """What the new base does on held-out text.

    `bits`: per character, of the base, of the new base before its rows were trained, and after. `before`, `after`:
    characters per second.
    """

    bits: dict[str, float]
    before: speed.Speed
    after: speed.Speed
    trained_tokens: int

    @property
    def gain(self) -> float:
        """Give the measured gain in characters per second on the same text, in per cent."""
        return 100 * (self.after.same_text / self.before.same_text - 1)


def apply(found: Found, target: Path, tokens: int, watch: Watch) -> dict[str, Any]:
    """Write the base with its new tokens to `target`, train their rows, measure on held-out text; return the outcome.

    `tokens`: how many are trained on, at most three passes over the text. The folder appears only when it is complete.
    """
    if not found.candidates:
        raise BackendError(f"base {found.base}: there is no token to add for this text, so {target} isn't written")
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with writing(target), quiet():
            partial.mkdir(parents=True)
            outcome = _fill(found, partial, tokens, watch)
            shutil.rmtree(partial / "work")
            if target.is_dir():
                target.rmdir()
            os.replace(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return outcome


def write_base(base: Path, target: Path, candidates: Sequence[Candidate]) -> range:
    """Write the base with extended tokenizer and embeddings; return the new tokens' ids.

    Every paper of the base that the new tokens don't change, such as chat template and generation settings, is copied
    to the byte.
    """
    tokenizer = load_tokenizer(base)
    before = tokenizer.backend_tokenizer.to_str()
    start = extension.first_id(before)
    model = _load(base)
    known = tokenizer.get_vocab()
    rows.enlarge(model, [[known[piece] for piece in one.pieces] for one in candidates], start)
    model.save_pretrained(target)
    for entry in sorted(base.iterdir()):
        wanted = any(fnmatch(entry.name, pattern) for pattern in source.PAPERS)
        if entry.is_file() and wanted and not any(fnmatch(entry.name, pattern) for pattern in ANEW):
            shutil.copyfile(entry, target / entry.name)
    (target / "tokenizer.json").write_text(extension.extend(before, candidates), encoding="utf-8")
    return range(start, start + len(candidates))


def check_tokenizer(base: Path, target: Path, texts: Sequence[str]) -> None:
    """Check the written tokenizer on texts: it gives them back, and its tokens stand for the base's, in their order.

    Classes of tokenizers put themselves together in their own ways when they are loaded, so this is tried, not assumed.
    """
    old, new = load_tokenizer(base), load_tokenizer(target)
    for text in texts:
        ids = new(text, add_special_tokens=False)["input_ids"]
        plain = old(text, add_special_tokens=False)["input_ids"]
        if new.decode(ids) != old.decode(plain) or len(ids) > len(plain):
            raise BackendError(
                f"base {base}: its tokenizer ({type(old).__name__}), loaded with the new tokens, changes text such as "
                f"{text[:40]!r}; this kind can't be extended"
            )


def _fill(found: Found, target: Path, tokens: int, watch: Watch) -> dict[str, Any]:
    base, candidates, learnt, heldout = found.folder, found.candidates, found.learnt, found.heldout
    new = write_base(base, target, candidates)
    pieces = [piece for text in heldout for piece in blocks(text, PIECE) if len(piece) <= 4 * PIECE]
    check_tokenizer(base, target, pieces)
    scored = _some(pieces, SCORED // PIECE)
    timed = [piece[: PIECE // 2] for piece in _some([one for one in pieces if len(one) > PIECE // 2] or pieces, TIMED)]
    work = target / "work"
    writers = [_writer(folder, work / name) for folder, name in ((base, "before"), (target, "resized"))]
    loss = {}
    for name, writer in zip(("base", "resized"), writers, strict=True):
        with watch.step(f"held-out loss, {name}") as advance:
            loss[name] = bits.bits_per_character(writer.model, writer.codec, scored, advance)
    codec = writers[1].codec
    length = sum(len(codec.encode(None, text).input_ids) for text in learnt)
    tokens = min(tokens, 3 * length)
    with watch.step(f"train {len(new):,} rows on {tokens:,} tokens") as advance:
        trained = training.train(work / "resized", codec, new.start, learnt, tokens, 0, advance)
    model = _load(target)
    rows.copy(trained, model, new.start)
    shutil.rmtree(work / "resized")  # its weights are hard links to those that are written anew
    for file in target.glob("*.safetensors*"):
        file.unlink()
    model.save_pretrained(target)
    _restore(base, target, "generation_config.json")
    writers[1] = _writer(target, work / "after")
    with watch.step("held-out loss, trained") as advance:
        loss["trained"] = bits.bits_per_character(writers[1].model, writers[1].codec, scored, advance)
    with watch.step("decoding speed") as advance:
        before, after = speed.measure(writers, timed, timed, advance)
    outcome = Outcome({name: round(value, 4) for name, value in loss.items()}, before, after, tokens)
    facts = {"base": found.base, **asdict(outcome), "gain": round(outcome.gain, 1)}
    listed = [{"id": number, **asdict(one)} for number, one in zip(new, candidates, strict=True)]
    text = json.dumps({**facts, "tokens": listed}, ensure_ascii=False, indent=1)
    (target / REPORT).write_text(text + "\n", encoding="utf-8")
    return facts


def _writer(base: Path, folder: Path) -> Writer:
    """Load a base as it is served."""
    prepare(Recipe(solutions={"vocab": {}}, base=str(base), stages={"rows": Stage()}), folder, lambda: ())
    return cast(Writer, load_generate(folder))


def _load(folder: Path) -> Any:
    """Load a base's weights as they are saved, on the CPU."""
    from transformers import AutoModelForCausalLM

    with quiet():
        return AutoModelForCausalLM.from_pretrained(
            folder, dtype="auto", use_safetensors=True, local_files_only=True, trust_remote_code=False
        )


def _restore(base: Path, target: Path, name: str) -> None:
    if (base / name).exists():
        shutil.copyfile(base / name, target / name)


def _some(texts: Sequence[str], count: int) -> list[str]:
    """Take up to `count` texts, evenly spaced."""
    return list(texts) if len(texts) <= count else [texts[at * len(texts) // count] for at in range(count)]
