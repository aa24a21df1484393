"""What the model says of a document alone, for the column beside the wrapper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsol import Generate, Prompt, Sample
from dsol_d2spo.passages.pieces import cut
from dsol_d2spo.prompt import prompts
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Found, Output
from dsol_d2spo.world import read_world


def bare(
    generate: Generate, prompt: Prompt, settings: Settings, samples: Sequence[Sample], files: Mapping[str, Any]
) -> list[Output]:
    """Answer documents with the model alone: the greedy completions to all of a document's prompts, read and united."""
    world = read_world(settings, files)
    texts = [str(sample.meta["text"]) for sample in samples]
    asked = [
        [
            values
            for piece in cut(text, settings)
            for values in prompts(piece.text, world.schema, settings, world.knowledge)
        ]
        for text in texts
    ]
    every = [values for some in asked for values in some]
    written = iter(prompt.ask(generate, every, max_new_tokens=settings.max_new_tokens) if every else ())
    found = []
    for some in asked:
        reads = [prompt.parse(next(written)[0].text, values) for values in some]
        triples = dict.fromkeys(triple for read in reads for triple in read.triples)
        dropped = tuple(one for read in reads for one in read.dropped)
        found.append(Output(triples=tuple(Found(**one.model_dump()) for one in triples), dropped=dropped))
    return found
