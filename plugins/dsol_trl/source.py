"""Find a base's files and look them over by names, headers and settings; no weights are loaded for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from dsol import BackendError

# The names that transformers looks for: weights in one file, or in parts that an index lists.
WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
WEIGHTS = ("*.safetensors",)
# Everything else that a model needs and that can't run code: no pickles, no Python.
PAPERS = ("*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken", "LICENSE*", "NOTICE*")
CODE = ("*.py",)
# What tells a base's shape.
SETTINGS = ("config.json", "tokenizer_config.json", "chat_template.jinja", "*.index.json")
PICKLES = ("*.bin", "*.pt*")
TOKENIZERS = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json")
CAUSES = 6  # lines of a library's message that may be needed to find the one that says what is wrong


def patterns(code: bool) -> tuple[str, ...]:
    """List the files that are taken of a base; Python only where the user trusts its repository."""
    return (*WEIGHTS, *PAPERS, *(CODE if code else ()))


def find(base: str, code: bool) -> Path:
    """Give the folder with all of a base's files, fetched from the hub where it isn't a local one."""
    return _local(base) or _download(base, patterns(code))


def look(base: str, code: bool) -> tuple[Path, set[str]]:
    """Give a folder with a base's files and the names of all that it has; weights aren't fetched for it."""
    folder = _local(base)
    if folder is not None:
        return folder, _names(folder)
    folder = _download(base, (*PAPERS, *(CODE if code else ())))
    return folder, _names(folder) | _listed(base)


def settings(base: str) -> Path:
    """Give a folder with a base's settings: its own, the hub's cache, or fetched (a few kilobytes)."""
    folder = _local(base)
    if folder is not None:
        return folder
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(base, "config.json")
    return Path(cached).parent if isinstance(cached, str) else _download(base, SETTINGS, etag_timeout=5)


def check_folder(folder: Path, base: str, code: bool, names: Iterable[str] = ()) -> None:
    """Check that a folder holds a model that can be used safely; a BackendError names what it lacks.

    `names`: all files of the base, where not all of them are in the folder yet.
    """
    there = set(names) or _names(folder)
    if "config.json" not in there:
        raise BackendError(f"base {base}: {folder} has no config.json, so it isn't a model in transformers' format")
    if not there & {WHOLE, INDEX}:
        pickles = sorted(name for name in there if any(fnmatch(name, pattern) for pattern in PICKLES))
        if pickles:
            raise BackendError(
                f"base {base}: only pickled weights ({', '.join(pickles[:3])}), which can run code when "
                "loaded; convert them to safetensors or take a base that has them"
            )
        raise BackendError(f"base {base}: {folder} has no weights ({WHOLE}, or parts with {INDEX})")
    if not there & set(TOKENIZERS):
        raise BackendError(f"base {base}: {folder} has no tokenizer (tokenizer.json); copy the base's tokenizer there")
    _check_config(folder, base, code)
    parts = [WHOLE] if WHOLE in there else _parts(folder, base)
    missing = sorted(set(parts) - there)
    if missing:
        raise BackendError(f"base {base}: {folder} lacks weights that {INDEX} lists: {', '.join(missing[:3])}")
    for name in parts:
        _check_weights(folder / name, base)


def _check_config(folder: Path, base: str, code: bool) -> None:
    """Check that transformers knows the model type, and that it writes text."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig, __version__

    path = folder / "config.json"
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackendError(f"base {base}: {path} can't be read: {error}; copy it again") from error
    if not isinstance(given, dict):
        raise BackendError(f"base {base}: {path} holds a {type(given).__name__}, not a model's settings; copy it again")
    if "auto_map" in given and code:
        return  # the repository's own code says what it takes
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StrictDataclassError) as error:
        if "auto_map" in given:
            hint = "the model needs Python code of its own repository; if you trust it: trust_remote_code: true"
        elif not isinstance(given.get("model_type"), str):
            hint = "`model_type` is missing"
        elif "does not recognize this architecture" in str(error):
            hint = f"transformers {__version__} knows no model_type {given['model_type']!r}; a newer one may"
        else:
            hint = "; ".join(line.strip() for line in str(error).splitlines()[:CAUSES] if line.strip())
        raise BackendError(f"base {base}: {path} can't be used: {hint}") from error
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING and "auto_map" not in given:
        raise BackendError(f"base {base}: a {config.model_type!r} model doesn't write text; take a language model")


def _parts(folder: Path, base: str) -> list[str]:
    path = folder / INDEX
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["weight_map"].values()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackendError(f"base {base}: {path} is damaged; copy it again") from error
    return sorted({str(name) for name in listed})


def _check_weights(path: Path, base: str) -> None:
    """Check header and length of a safetensors file that is here; the library compares both when it opens one."""
    from safetensors import SafetensorError, safe_open

    if not path.exists():
        return
    try:
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        reason = str(error).removeprefix("Error while deserializing header: ")
        raise BackendError(
            f"base {base}: the weights in {path} are cut, damaged or a Git LFS pointer ({reason}); copy them again"
        ) from error


def _local(base: str) -> Path | None:
    """Give a base's folder; None where the name can only be a hub id."""
    folder = Path(base).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or base.startswith((".", "~")) or base.count("/") != 1:
        raise BackendError(f"base {base!r} is no folder; give a folder, a hub id (owner/name) or scratch:<size>")
    return None


def _names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def _download(base: str, wanted: Sequence[str], **more: Any) -> Path:
    """Fetch some of a hub model's files into the hub's own cache; offline, what is cached already."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError
    from huggingface_hub.errors import HTTPError as LineError  # type: ignore[attr-defined]  # of the client's library

    try:
        return Path(snapshot_download(base, allow_patterns=list(wanted), **more))
    except RepositoryNotFoundError as error:
        raise BackendError(f"base {base}: the hub has no such model (or it needs a login); check the id") from error
    except LocalEntryNotFoundError as error:
        raise BackendError(_unreachable(base)) from error
    except HfHubHTTPError as error:
        raise BackendError(f"base {base}: the hub answered with an error: {error}") from error
    except LineError as error:
        raise BackendError(_unreachable(base)) from error


def _unreachable(base: str) -> str:
    return (
        f"base {base}: the hub can't be reached and the model isn't in its cache; this machine seems to be offline: "
        "give the path of a local folder, or base: scratch:small"
    )


def _listed(base: str) -> set[str]:
    """List the weights that the hub has of a model, pickled ones too; none where it can't be reached."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import DryRunError

    try:
        return {one.filename for one in snapshot_download(base, allow_patterns=[*WEIGHTS, *PICKLES], dry_run=True)}
    except DryRunError:
        return set()
