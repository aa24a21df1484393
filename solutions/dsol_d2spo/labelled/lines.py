"""Read FinRE's lines, `head tail relation sentence` with tabs between."""

from __future__ import annotations

from pathlib import Path

from dsol.records import Problems
from dsol_d2spo.document import Document, Entity, Gold
from dsol_d2spo.labelled.places import spans_of
from dsol_d2spo.labelled.plain import NAMES, NO_RELATION, PARTS
from dsol_d2spo.language import language_of
from dsol_d2spo.triple import Triple

CELLS = ("head", "tail", "relation", "sentence")


def is_lines(path: Path) -> bool:
    """Tell whether a file holds such lines: a .txt, or a .tsv of four cells without a header."""
    if path.suffix.lower() != ".tsv" or not path.is_file():
        return path.suffix.lower() == ".txt"
    with open(path, "rb") as file:
        cells = file.readline(1 << 16).decode("utf-8-sig", "replace").lower().split("\t")
    known = {*NAMES, *PARTS, *PARTS.values()}
    return len(cells) == len(CELLS) and not known & {cell.strip() for cell in cells}


def read_lines(path: Path, text: str, problems: Problems) -> list[Document]:
    """Read each line as a document with one triple, or none; what doesn't fit goes to `problems`."""
    found: list[Document] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        cells = line.rstrip("\r").split("\t")
        if number == 1 and tuple(cell.strip().lower() for cell in cells) == CELLS:
            continue
        if len(cells) != len(CELLS):
            count = f"{len(cells)} cell{'s' if len(cells) > 1 else ''}"
            hint = "; is it a document? then it has no labels" if number == 1 and len(cells) == 1 else ""
            problems.add(place, f"{count} where there should be 4 with tabs between ({', '.join(CELLS)}){hint}")
            if hint:
                return []
            continue
        subject, object, predicate, sentence = (cell.strip() for cell in cells)
        empty = next((name for name, cell in zip(CELLS, cells, strict=True) if not cell.strip()), "")
        if empty:
            problems.add(place, f"field {empty!r}: is empty")
            continue
        gold = Gold(Triple(subject=subject, predicate=predicate, object=object), (subject,), (object,))
        found.append(
            Document(
                f"{path.stem}-{number}",
                sentence,
                () if predicate.lower() in NO_RELATION else (gold,),
                tuple(Entity((name,), mentions=spans_of(sentence, name)) for name in dict.fromkeys((subject, object))),
                language=language_of(sentence),
                origin=place,
            )
        )
    if found and not any(entity.mentions for one in found for entity in one.entities):
        problems.add(
            str(path), f"no head or tail stands in its sentence; is the order of the cells {', '.join(CELLS)}?"
        )
    return found
