"""Propose a schema from bare texts: the words that stand often between two names, for a user to edit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from dsol.folding import fold
from dsol_d2spo.document import Document
from dsol_d2spo.knowledge import Knowledge, learn
from dsol_d2spo.language import language_of
from dsol_d2spo.mentions import Mention, tokens_of
from dsol_d2spo.pieces import sentences
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.schemas import of_documents

MOST = 30  # predicates that are proposed
PAIRS = 2  # different pairs of names that a phrase must stand between
WORDS = {"en": 5, "zh": 6}  # the longest phrase
KINDS = {"date": "TIME", "number": "NUMBER"}
_WORDS = (
    "a an the and or of in on at to for with as is are was were be been by its his her their it he she they that which "
    "who whose this these from into but not also had has have s "
    "的 了 和 与 及 在 是 为 于 而 其 有 等 也 都 并 或 以 对 这 那"
)
_SMALL = frozenset(_WORDS.split())
_EDGE = re.compile(r"^(?:[的了和与及而其等也都并或被由]|\s)+|(?:[的了和与及而其等也都并或]|\s)+$")


def propose(documents: Sequence[Document] = (), texts: Iterable[str] = ()) -> Schema:
    """Propose a schema: that of labelled documents, or else of what bare texts say between two names.

    From texts a predicate is a phrase of one sentence, in its own words, that stands between at least PAIRS different
    pairs; types are given for dates and numbers only. A draft, to be named, typed and thinned out by who knows better.
    """
    labelled = [one for one in documents if one.gold]
    if labelled:
        return of_documents(labelled)
    every = [*(one.text for one in documents), *texts]
    knowledge = learn([Document(str(at), text, language=language_of(text)) for at, text in enumerate(every)])
    pairs: dict[str, set[tuple[str, str]]] = {}
    kinds: dict[str, Counter[tuple[str, str]]] = {}
    for text in every:
        for one, phrase, two in _between(text, knowledge):
            pairs.setdefault(phrase, set()).add((fold(one.text), fold(two.text)))
            kinds.setdefault(phrase, Counter())[KINDS.get(one.shape, ""), KINDS.get(two.shape, "")] += 1
    found = sorted((one for one in pairs if len(pairs[one]) >= PAIRS), key=lambda one: (-len(pairs[one]), one))
    return Schema(predicates=tuple(_predicate(one, kinds[one]) for one in found[:MOST]))


def _predicate(phrase: str, kinds: Counter[tuple[str, str]]) -> Predicate:
    subject, object = max(kinds, key=lambda pair: (kinds[pair], pair))
    return Predicate(predicate=phrase, subject_type=subject, object_type=object)


def _between(text: str, knowledge: Knowledge) -> Iterable[tuple[Mention, str, Mention]]:
    language = language_of(text)
    mentions = knowledge.shaped(text)
    for sentence in sentences(text):
        here = [one for one in mentions if sentence.start <= one.span.start and one.span.end <= sentence.end]
        for one, two in pairwise(here):
            said = text[one.span.end : two.span.start]
            words = [token.lower() for token, _, _ in tokens_of(said)]
            if not 0 < len(words) <= WORDS[language] or not all(word.isalpha() for word in words):
                continue
            if set(words) - _SMALL:
                yield one, _EDGE.sub("", "".join(words) if language == "zh" else " ".join(words)), two
