"""Train and load models with torch, transformers, peft and trl; nothing heavy is imported before it is used."""

from __future__ import annotations

from collections.abc import Mapping

from dsol import Backend, hookimpl
from dsol_trl.backend import TrlBackend


@hookimpl
def dsol_backends() -> Mapping[str, Backend]:
    return {"trl": TrlBackend()}
