"""Make a recipe's base ready: a hub id, a local folder, or `scratch:<size>`, resolved into one folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from dsol import BackendError, Chat, unknown
from dsol_trl import scratch, source, template
from dsol_trl.disk import writing
from dsol_trl.model import CARD, Card, Origin, load_tokenizer, write_card
from dsol_trl.quiet import quiet

if TYPE_CHECKING:
    from dsol.recipe import Recipe

# A base without a chat template was trained on plain text: turns are named in plain words and end with the
# end-of-text token.
PLAIN = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}"
    "{{ '### assistant\\n' + message['content'] + eos_token + '\\n' }}{% else %}"
    "{{ '### ' + message['role'] + '\\n' + message['content'] + '\\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### assistant\\n' }}{% endif %}"
)


def prepare(recipe: Recipe, folder: Path, texts: Callable[[], Iterable[tuple[Chat | None, str]]]) -> template.ChatCodec:
    """Resolve the recipe's base into `folder` and return its codec; a base that is already there is kept.

    The folder appears only when it is complete, and nothing else stays. A BackendError says what a base lacks and what
    to do.
    """
    if (folder / CARD).exists():
        return template.check(load_tokenizer(folder), folder)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with writing(folder), quiet():
            partial.mkdir(parents=True)
            codec = _fill(recipe, partial, texts)
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
            os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return codec


def check(recipe: Recipe) -> None:
    """Look a recipe's base over before any work is done for it; a BackendError says what it lacks.

    Neither loads weights nor fetches them: `prepare` may still find what only they can tell.
    """
    size = _scratch(recipe.base)
    if size is not None:
        if size not in scratch.SIZES:
            raise BackendError(unknown("scratch size", size, scratch.SIZES, "write the base as scratch:<size>"))
        return
    with quiet():
        folder, names = source.look(recipe.base, recipe.trust_remote_code)
        source.check_folder(folder, recipe.base, recipe.trust_remote_code, names)
        tokenizer = load_tokenizer(folder, recipe.trust_remote_code)
        tokenizer.chat_template = tokenizer.chat_template or PLAIN
        template.codec(tokenizer)


def _fill(recipe: Recipe, folder: Path, texts: Callable[[], Iterable[tuple[Chat | None, str]]]) -> template.ChatCodec:
    card = _resolve(recipe, folder, texts)
    tokenizer = load_tokenizer(folder, recipe.trust_remote_code)
    if card.origin == "base":
        tokenizer.chat_template = PLAIN
        tokenizer.save_pretrained(folder)
    codec = template.codec(tokenizer)
    template.save(codec.contract, folder)
    write_card(card, folder)
    return codec


def _resolve(recipe: Recipe, folder: Path, texts: Callable[[], Iterable[tuple[Chat | None, str]]]) -> Card:
    size = _scratch(recipe.base)
    if size is not None:
        scratch.make(size, recipe.seed, texts(), folder)
        return Card(recipe.base, "scratch", recipe.seed)
    code = recipe.trust_remote_code
    found = source.find(recipe.base, code)
    source.check_folder(found, recipe.base, code)
    _bring(found, folder, source.patterns(code))
    tokenizer = load_tokenizer(folder, code)
    origin: Origin = "chat" if tokenizer.chat_template else "base"
    return Card(recipe.base, origin, recipe.seed, trust_remote_code=code)


def _scratch(base: str) -> str | None:
    """Give the size that `scratch:<size>` names; None for every other base."""
    kind, colon, size = base.partition(":")
    return size if kind == "scratch" and colon else None


def _bring(source: Path, target: Path, patterns: Iterable[str]) -> None:
    """Put a model's files into `target`, as hard links where the file system can (weights are large)."""
    wanted = tuple(patterns)
    for entry in sorted(source.iterdir()):
        if entry.is_file() and any(fnmatch(entry.name, pattern) for pattern in wanted):
            real = entry.resolve()
            if entry.suffix == ".safetensors":
                try:
                    os.link(real, target / entry.name)
                    continue
                except OSError:
                    pass  # another file system: a copy it is
            shutil.copyfile(real, target / entry.name)
