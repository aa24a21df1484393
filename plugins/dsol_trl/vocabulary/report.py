"""Look a base and a text over: what its tokenizer makes of the text, what would help, what that would buy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsol.progress import Watch
from dsol_trl import source
from dsol_trl.model import load_tokenizer
from dsol_trl.quiet import quiet
from dsol_trl.vocabulary import candidates, extension, gain, measure, pieces, spelling, texts
from dsol_trl.vocabulary.candidates import Candidate

LEARN = 4_000_000  # characters that candidates are taken from; more hardly change the first thousands
SHARES = (8, 4, 2, 1)  # the gain is shown for an eighth, a quarter, a half and all of the tokens


@dataclass(frozen=True)
class Found:
    """What was found: the candidates for the base in `folder`, and the report for people and programs.

    `learnt`: what tokens come from, and further text to train on; `heldout`: what is measured on, which is in no other.
    """

    base: str
    folder: Path
    candidates: list[Candidate]
    learnt: list[str]
    heldout: list[str]
    report: dict[str, Any]


def look(
    base: str,
    folder: str,
    paths: Sequence[Path],
    count: int,
    watch: Watch,
    whole: bool = False,
    more: Sequence[Path] = (),
) -> Found:
    """Look a base over for a text: characters per token, candidates, predicted gain, advice.

    `base` is what the user calls it, `folder` where it is (or a hub id). `whole`: fetch the weights of a hub model too,
    since they will be needed. `more`: further text to train on. What can be wrong is found before the work starts.
    """
    from tokenizers import Tokenizer

    documents = texts.read(paths)
    learnt, heldout = texts.part(documents)
    further = texts.without(texts.read(more), heldout)
    with quiet():
        place = source.find(folder, False) if whole else source.look(folder, False)[0]
        if whole:
            source.check_folder(place, base, False)
        tokenizer = load_tokenizer(place)
        spelled = spelling.spelling(tokenizer, base)
        shape = gain.look(place)
    backend = tokenizer.backend_tokenizer
    with watch.step("split the text") as advance:
        runs = pieces.count_runs(backend, spelled, _limited(learnt), advance)
    with watch.step("choose tokens") as advance:
        chosen = candidates.learn(runs, spelled, count, advance)
    facts = backend.to_str()
    start = extension.first_id(facts)
    before, _ = measure.count(backend, heldout)
    curve: list[dict[str, Any]] = []
    after, uses = before, Counter[str]()
    for number in sorted({len(chosen) // share for share in SHARES} - {0}):
        extended = Tokenizer.from_str(extension.extend(facts, chosen[:number]))
        after, uses = measure.count(extended, heldout)
        rows = max(shape.rows, start + number)
        predicted = gain.predict(shape, before[measure.ALL].tokens, after[measure.ALL].tokens, rows)
        saved = 100 * (1 - after[measure.ALL].tokens / before[measure.ALL].tokens)
        curve.append({"tokens": number, "rows": rows, "saved": round(saved, 1), "gain": round(predicted, 1)})
    report = {
        "base": base,
        "characters": {"learnt": sum(map(len, learnt)), "heldout": sum(map(len, heldout))},
        "shape": asdict(shape),
        "per_token": measure.compared(before, after),
        "curve": curve,
        "gain": curve[-1]["gain"] if curve else 0.0,
        "worth": bool(curve) and curve[-1]["gain"] >= gain.WORTH,
        "advice": gain.advise(curve[-1]["gain"] if curve else 0.0, len(chosen)),
        "candidates": _described(chosen, spelled, uses),
    }
    return Found(base, place, chosen, list(dict.fromkeys([*learnt, *further])), heldout, report)


def _described(
    chosen: Sequence[Candidate], spelled: spelling.Spelling, uses: Mapping[str, int]
) -> list[dict[str, Any]]:
    """List candidates by the tokens that they save in held-out text; those that only lead to others save none there."""
    rows = [
        {
            "token": _shown(spelled.bytes(one.token)),
            "pieces": [_shown(spelled.bytes(piece)) for piece in one.pieces],
            "uses": uses.get(one.token, 0),
            "saved": uses.get(one.token, 0) * (len(one.pieces) - 1),
            "learnt": one.saved,
        }
        for one in chosen
    ]
    return sorted(rows, key=lambda row: -int(row["saved"]))


def _limited(learnt: Sequence[str]) -> list[str]:
    """Take text up to the limit; the order of the files says which."""
    taken: list[str] = []
    length = 0
    for text in learnt:
        if length >= LEARN:
            break
        taken.append(text)
        length += len(text)
    return taken


def _shown(spelled: bytes) -> str:
    try:
        return spelled.decode().replace(" ", "␣")
    except UnicodeDecodeError:
        return "".join(chr(byte) if 0x20 < byte < 0x7F else f"<{byte:02X}>" for byte in spelled)
