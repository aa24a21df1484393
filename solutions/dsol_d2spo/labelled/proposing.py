"""A schema proposed from texts that no one has labelled, for a person to edit.

What stands between two names of a sentence, if it comes again with other names, is the candidate for a predicate: the
patterns of open extraction (Fader et al., Identifying relations for open information extraction, 2011), without a
parser.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dsol.folding import fold
from dsol_d2spo.document import Document
from dsol_d2spo.labelled.clauses import clauses
from dsol_d2spo.labelled.schemas import of_documents
from dsol_d2spo.language import language_of
from dsol_d2spo.names.mentions import Gazetteer, find_mentions
from dsol_d2spo.names.patterns import dates
from dsol_d2spo.passages.pieces import sentences
from dsol_d2spo.schema import Predicate, Schema

MOST = 40  # predicates
LONGEST = 6  # words; characters of Chinese
OFTEN = 2  # different pairs of names
TYPES = {"date": "TIME", "number": "NUM"}
_SMALL = (
    "a an the his her its their this that these those very also then later first now who which where when had has have "
    "was were is are be been being both all some many more most other such only just not"
)
_ALONE = (
    "and or but nor so with without within of to in on at by for from as into onto over under up down out off about "
    "against among between through during since until till before after above below near like than per via upon toward "
    "towards around across along behind beyond despite except inside outside past plus versus if while because though "
    "early late mid north south east west again away back instead including 和 与 及 或 的 在 等 到 至 了 是 以及 并且"
)
_SKIPPED, _NOTHING = frozenset(_SMALL.split()), frozenset(_ALONE.split())
_FIRST = (
    "the a an in on at of by for from to with as after before during when while he she it they we i this that these "
    "those his her its their there then however although but and or if since until also"
)
_OPENERS = frozenset(_FIRST.split())  # words that begin sentences and are no names
_PRONOUN = re.compile(r"(?:It|He|She|They|The (?:company|firm|group|band|club|school|university|bank|city|film))\b")
_INNER = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)*\Z")


def propose(documents: Sequence[Document] = (), texts: Iterable[str] = ()) -> Schema:
    """Propose a schema: that of labelled documents, or else what bare texts say between two names.

    From texts the commonest phrases come first, each with an example as its description; dates alone are typed. A
    draft, to be named, typed and thinned out by who knows better.
    """
    labelled = [one for one in documents if one.gold]
    if labelled:
        return of_documents(labelled)
    pairs: dict[str, set[tuple[str, str]]] = defaultdict(set)
    types: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    examples: dict[str, str] = {}
    for text in (*(one.text for one in documents), *texts):
        for sentence in sentences(text):
            for one, phrase, two in _said(text[sentence.start : sentence.end]):
                pairs[phrase].add((fold(one.text), fold(two.text)))
                types[phrase][TYPES.get(one.shape, ""), TYPES.get(two.shape, "")] += 1
                examples.setdefault(phrase, f"as in: {one.text or '…'} - {phrase} - {two.text}")
    often = sorted((phrase for phrase in pairs if len(pairs[phrase]) >= OFTEN), key=lambda phrase: -len(pairs[phrase]))
    return Schema(
        predicates=tuple(
            Predicate(
                predicate=phrase,
                subject_type=types[phrase].most_common(1)[0][0][0],
                object_type=types[phrase].most_common(1)[0][0][1],
                description=examples[phrase],
            )
            for phrase in often[:MOST]
        )
    )


@dataclass(frozen=True)
class _Thing:
    """One side of a candidate: its words, and by which shape of mention it was found ("" where by none)."""

    text: str
    shape: str = ""


def _said(sentence: str) -> Iterator[tuple[_Thing, str, _Thing]]:
    """Yield two things that a sentence names with the phrase that it says of them."""
    chinese = language_of(sentence) == "zh"
    read = list(clauses(sentence)) if chinese else []
    for clause in read:
        yield _Thing(clause.subject), clause.phrase, _Thing(clause.object, _shape(clause.object))
    known = {(clause.phrase, clause.object) for clause in read}
    mentions = find_mentions(sentence, Gazetteer({}), _OPENERS)
    spoken = _PRONOUN.match(sentence)
    things = [(0, spoken.end(), _Thing(spoken.group()))] if spoken else []
    things += [(one.span.start, one.span.end, _Thing(one.text, one.shape)) for one in mentions]
    for (_, end, one), (start, _, two) in pairwise(things):
        if one.shape not in TYPES and two.shape != "number" and start > end:
            phrase = _phrase(sentence[end:start], chinese)
            if phrase and (phrase, two.text) not in known:
                yield one, phrase, two


def _shape(text: str) -> str:
    return "date" if any(span == (0, len(text)) for span in dates(text)) else ""


def _phrase(between: str, chinese: bool) -> str:
    bare = fold(between).strip()
    if not _INNER.match(bare):
        return ""
    if chinese:
        joins = bare[0] in _NOTHING and bare[0] not in "在是到至"
        return bare if 1 < len(bare) <= LONGEST and bare not in _NOTHING and not joins else ""
    words = [word for word in bare.split() if word not in _SKIPPED]
    if not 0 < len(words) <= LONGEST or all(word in _NOTHING for word in words):
        return ""
    return " ".join(words)
