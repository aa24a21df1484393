"""Make a recipe's base ready: a hub id, a local folder, or `scratch:<size>`, resolved into one folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from dsol import BackendError, Chat
from dsol_trl import scratch, template
from dsol_trl.disk import writing
from dsol_trl.model import CARD, Card, Origin, load_tokenizer, write_card
from dsol_trl.quiet import quiet

if TYPE_CHECKING:
    from dsol.recipe import Recipe

WEIGHTS = ("*.safetensors", "*.safetensors.index.json")
# Everything a model needs that can't run code: no pickles, no Python.
FILES = (*WEIGHTS, "*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken", "LICENSE*", "NOTICE*")
CODE = ("*.py",)
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

    The folder appears only when it is complete. A BackendError says what a base lacks and what to do.
    """
    if (folder / CARD).exists():
        return template.check(load_tokenizer(folder), folder)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with writing(folder), quiet():
        partial.mkdir(parents=True)
        codec = _fill(recipe, partial, texts)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        os.replace(partial, folder)
    return codec


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
    kind, colon, size = recipe.base.partition(":")
    if kind == "scratch" and colon:
        scratch.make(size, recipe.seed, texts(), folder)
        return Card(recipe.base, "scratch", recipe.seed)
    source = Path(recipe.base).expanduser()
    if source.is_dir():
        found = source
    elif source.is_absolute() or recipe.base.startswith((".", "~")) or recipe.base.count("/") != 1:
        raise BackendError(f"base {recipe.base!r} is no folder; give a folder, a hub id (owner/name) or scratch:<size>")
    else:
        found = _download(recipe.base, recipe.trust_remote_code)
    check_folder(found, recipe.base)
    _bring(found, folder, FILES + (CODE if recipe.trust_remote_code else ()))
    tokenizer = load_tokenizer(folder, recipe.trust_remote_code)
    origin: Origin = "chat" if tokenizer.chat_template else "base"
    return Card(recipe.base, origin, recipe.seed, trust_remote_code=recipe.trust_remote_code)


def check_folder(folder: Path, base: str) -> None:
    """Check that a folder holds a model that can be used safely; a BackendError names what it lacks."""
    names = [entry.name for entry in folder.iterdir()]
    if "config.json" not in names:
        raise BackendError(f"base {base}: {folder} has no config.json, so it isn't a model in transformers' format")
    if not any(fnmatch(name, "*.safetensors") for name in names):
        pickles = [name for name in names if fnmatch(name, "*.bin") or fnmatch(name, "*.pt*")]
        if pickles:
            raise BackendError(
                f"base {base}: only pickled weights ({', '.join(sorted(pickles)[:3])}), which can run code when "
                "loaded; convert them to safetensors or take a base that has them"
            )
        raise BackendError(f"base {base}: {folder} has no weights (*.safetensors)")
    if not any(name in names for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json")):
        raise BackendError(f"base {base}: {folder} has no tokenizer (tokenizer.json); copy the base's tokenizer there")


def _download(base: str, code: bool) -> Path:
    """Fetch a hub model's safe files into the hub's own cache; offline, what is cached already."""
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(base, allow_patterns=[*FILES, *(CODE if code else ())]))
    except RepositoryNotFoundError as error:
        raise BackendError(f"base {base}: the hub has no such model (or it needs a login); check the id") from error
    except (LocalEntryNotFoundError, httpx.TransportError) as error:
        raise BackendError(
            f"base {base}: the hub can't be reached and the model isn't in its cache; this machine seems to be "
            "offline: give the path of a local folder, or base: scratch:small"
        ) from error
    except HfHubHTTPError as error:
        raise BackendError(f"base {base}: the hub answered with an error: {error}") from error


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
