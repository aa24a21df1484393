"""Documents for continued pre-training, in pieces that fit a context, and what of them is kept back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dsol_seed.public import plain, stories
from dsol_seed.row import kept_back

LONGEST = {"en": 5000, "zh": 1400}  # characters of a piece
BLOCK = 6  # neighbouring pieces that are kept back together
NEWEST = ("3.1.2.md", "3.2.0.md", "2.0.md")  # the versions of one specification nearly repeat each other
BLANK = re.compile(r"\n\s*\n")
HIDDEN = re.compile(r"<!--.*?-->|^---\n.*?\n---\n|data:image/\S+|<svg.*?</svg>", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Corpus:
    """A folder of the public data: `kind` as recipes say it."""

    name: str
    kind: str
    language: str = "en"


CORPORA = (
    Corpus("nist_800_63", "standard"),
    Corpus("otel_spec", "standard"),
    Corpus("openapi_spec", "standard"),
    Corpus("owasp_cheatsheets", "site"),
    Corpus("d2l_zh", "book", "zh"),
    Corpus("zh_classics", "book", "zh"),
    Corpus("standardebooks_en", "book"),
    Corpus("tinyshakespeare", "book"),
    Corpus("wikitext2_small", "general"),
    Corpus("fairytales", "book"),
)


@dataclass(frozen=True)
class Piece:
    """A part of a document; pieces of one `about` are kept back together."""

    about: str
    text: str
    language: str


def pieces(public: Path, corpus: Corpus) -> list[Piece]:
    """Cut a corpus's documents into pieces along their paragraphs."""
    found = []
    for name, text in _texts(public, corpus):
        for number, piece in enumerate(_cut(text, LONGEST[corpus.language])):
            found.append(Piece(f"{corpus.name}/{name}/{number // BLOCK}", piece, corpus.language))
    return found


def trained_on(piece: Piece) -> bool:
    """Say whether a piece is trained on."""
    return not kept_back(piece.about)


def _texts(public: Path, corpus: Corpus) -> Iterator[tuple[str, str]]:
    if corpus.name == "fairytales":
        yield from ((name, "\n\n".join(sections)) for name, sections in stories(public).items())
        return
    folder = public / "corpora" / corpus.name
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".md", ".txt") or path.name.startswith(("LICENSE", "README")) or not path.is_file():
            continue
        if corpus.name == "openapi_spec" and path.name not in NEWEST:
            continue
        text = HIDDEN.sub("", path.read_text(encoding="utf-8"))
        if corpus.name == "wikitext2_small":
            text = "\n".join(_known(line) for line in text.splitlines())
        yield str(path.relative_to(folder)), text


def _known(line: str) -> str:
    """Leave out the sentences with a word that the set's makers took out."""
    return plain(" . ".join(sentence for sentence in line.strip().split(" . ") if "<unk>" not in sentence))


def _cut(text: str, longest: int) -> Iterator[str]:
    kept: list[str] = []
    size = 0
    for paragraph in BLANK.split(text):
        words = "\n".join(line.rstrip().replace("\u3000", " ") for line in paragraph.strip().splitlines())
        for start in range(0, len(words), longest):
            part = words[start : start + longest]
            if kept and size + len(part) > longest:
                yield "\n\n".join(kept)
                kept, size = [], 0
            kept.append(part)
            size += len(part) + 2
    if kept and size > longest // 20:
        yield "\n\n".join(kept)
