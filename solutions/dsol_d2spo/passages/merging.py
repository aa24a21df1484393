"""Many findings of one document as one list: mentions of one thing under one name, each triple once, with its proof."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dsol.folding import fold_with_places
from dsol_d2spo.language import inside_word
from dsol_d2spo.names.naming import Names, is_person, key, stated
from dsol_d2spo.names.pronouns import Mention, antecedent, kind_of
from dsol_d2spo.passages.pieces import sentence_at, sentences
from dsol_d2spo.schema import Schema
from dsol_d2spo.triple import Found, Span

UNRESOLVED = "unresolved_pronoun"
MOST = 1000  # places of one name that are looked at
BEGINNING = 8  # letters of a name by which the places where it may stand are found


@dataclass(frozen=True)
class _End:
    """One end of a triple under its full name; `spans` where that stands, `aliases` where it is called otherwise."""

    name: str
    type: str
    spans: tuple[Span, ...]
    aliases: tuple[Span, ...]
    open: bool = False  # a pronoun of which no one knows what it stands for


def merge(text: str, found: Sequence[Found], schema: Schema, *, aliases: bool = True) -> list[Found]:
    """Merge what passages of a text gave, spans already in the text, best first.

    With `aliases` both ends are named as fully as the text names them (aliases, abbreviations, pronouns); without, only
    spellings of one name (case, width, simplified and traditional) are one. Confidence is that of the best finding,
    `count` the sum; every span is kept, those of the best finding first. Pronouns that nothing stands for are flagged.
    """
    typed = [_typed(one, schema) for one in found]
    bounds = sentences(text)
    names, mentions = _names(text, typed, aliases)
    groups: dict[tuple[str, str, str], list[tuple[Found, _End, _End]]] = defaultdict(list)
    for one in typed:
        subject = _end(one.subject, one.subject_type, one.subject_spans, names, mentions, bounds, aliases)
        object = _end(one.object, one.object_type, one.object_spans, names, mentions, bounds, aliases)
        if key(subject.name) == key(object.name) and key(one.subject) != key(one.object):
            # "WHO, short for World Health Organization" says something about names, not about one thing twice.
            subject, object = (
                _as_it_is(one.subject, one.subject_type, one.subject_spans),
                _as_it_is(one.object, one.object_type, one.object_spans),
            )
        groups[key(subject.name), one.predicate, key(object.name)].append((one, subject, object))
    merged = [_merged(group, bounds, names) for group in groups.values()]
    return sorted(merged, key=_rank)


def _typed(one: Found, schema: Schema) -> Found:
    """Fill in types that the predicate leaves no choice of."""
    kinds = [kind for kind in schema.predicates if kind.predicate == one.predicate]
    if len(kinds) != 1 or (one.subject_type and one.object_type):
        return one
    types = {
        "subject_type": one.subject_type or kinds[0].subject_type,
        "object_type": one.object_type or kinds[0].object_type,
    }
    return one.model_copy(update=types)


def _names(text: str, found: Sequence[Found], aliases: bool) -> tuple[Names, list[Mention]]:
    """Gather the names at the ends of triples, where they stand in the text, and what the text says about them."""
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    types: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found:
        for name, kind, spans in (
            (one.subject, one.subject_type, one.subject_spans),
            (one.object, one.object_type, one.object_spans),
        ):
            if spans and kind_of(name) is None:
                spelled[key(name)][name] += 1
                types[key(name)][kind] += bool(kind)
    told = stated(text, spelled) if aliases and spelled else []
    told = [pair for pair in told if pair.spelled or _same_kind(types.get(key(pair.short)), types.get(key(pair.long)))]
    for pair in told:
        spelled[key(pair.short)][pair.short] += 1
        spelled[key(pair.long)][pair.long] += 1
        types[key(pair.long)] += types.get(key(pair.short), Counter())
    # How it is written most; among equals the first.
    words = {name: max(counts, key=counts.__getitem__) for name, counts in spelled.items()}
    kinds = {name: max(counts, key=counts.__getitem__, default="") for name, counts in types.items()}
    places = _places(text, words) if aliases else {}
    persons = [name for name in words if is_person(kinds.get(name, ""))]
    mentions = sorted(
        (
            Mention(start, end, words[name], kinds.get(name, ""))
            for name, spots in places.items()
            for start, end in spots
        ),
        key=lambda one: (one.start, -one.end),
    )
    return Names(words, places, persons, told), mentions


def _same_kind(one: Counter[str] | None, two: Counter[str] | None) -> bool:
    """Tell whether two names may be one thing: no types are known of one, or some that both have."""
    some, others = +(one or Counter()), +(two or Counter())
    return not some or not others or bool(some.keys() & others.keys())


def _places(text: str, words: Iterable[str]) -> dict[str, list[tuple[int, int]]]:
    """Find where each name (a key) stands in the text, whatever its spelling.

    The text is gone through once for all names: a long one holds many, and a search for each takes the square.
    """
    folded, origin = fold_with_places(text)
    names = [name for name in words if name]
    starts: dict[str, list[int]] = {name[:BEGINNING]: [] for name in names}
    sizes = sorted({len(beginning) for beginning in starts})
    for at in range(len(folded)):
        if inside_word(folded, at):
            continue
        for size in sizes:
            some = starts.get(folded[at : at + size]) if at + size <= len(folded) else None
            if some is not None:
                some.append(at)
    found: dict[str, list[tuple[int, int]]] = {}
    for name in names:
        spots: list[tuple[int, int]] = []
        free = 0
        for at in starts[name[:BEGINNING]]:
            end = at + len(name)
            if at >= free and folded.startswith(name, at) and not inside_word(folded, end):
                spots.append((origin[at], origin[end - 1] + 1))
                free = end
                if len(spots) == MOST:
                    break
        found[name] = spots
    return found


def _end(
    name: str,
    kind: str,
    spans: tuple[Span, ...],
    names: Names,
    mentions: Sequence[Mention],
    bounds: Sequence[Span],
    aliases: bool,
) -> _End:
    """Name an end as fully as the text does."""
    points = kind_of(name) if aliases else None
    if not spans or not aliases:
        words = names.words.get(key(name), name)
        return _End(words if key(words) == key(name) else name, kind, spans, ())
    place = spans[0].start
    if points is not None:
        meant = antecedent(points, place, mentions, bounds)
        if meant is None:
            return _End(name, kind, spans, (), open=True)
        full = names.resolve(meant.name, place)
        return _End(full, kind or meant.type, _nearest(full, place, names) or spans, spans[:1])
    full = names.resolve(name, place)
    if key(full) == key(name):
        return _End(full, kind, spans, ())
    own = _nearest(full, place, names)
    return _End(full, kind, own, spans) if own else _as_it_is(name, kind, spans)


def _as_it_is(name: str, kind: str, spans: tuple[Span, ...]) -> _End:
    return _End(name, kind, spans, ())


def _nearest(name: str, place: int, names: Names) -> tuple[Span, ...]:
    spot = names.nearest(name, place)
    return (Span(start=spot[0], end=spot[1]),) if spot else ()


def _merged(group: Sequence[tuple[Found, _End, _End]], bounds: Sequence[Span], names: Names) -> Found:
    ordered = sorted(group, key=lambda one: _rank(one[0]))
    best, subject, object = ordered[0]
    subject_spans = _union(one.spans for _, one, _ in ordered)
    object_spans = _union(two.spans for _, _, two in ordered)
    open_end = all(one.open or two.open for _, one, two in group)
    sources = {one.source for one, _, _ in group}
    proofs = [one.evidence or _proving(one, bounds) for one, _, _ in ordered]
    return best.model_copy(
        update={
            "subject": subject.name,
            "object": object.name,
            "subject_type": next((one.type for _, one, _ in ordered if one.type), ""),
            "object_type": next((two.type for _, _, two in ordered if two.type), ""),
            "subject_spans": subject_spans,
            "object_spans": object_spans,
            "subject_aliases": _otherwise([one for _, one, _ in ordered], subject_spans, names),
            "object_aliases": _otherwise([two for _, _, two in ordered], object_spans, names),
            "evidence": _union(proofs),
            "count": sum(one.count for one, _, _ in group),
            "source": sources.pop() if len(sources) == 1 else "both",
            "signals": {name: value for one, _, _ in reversed(ordered) for name, value in one.signals.items()},
            "flag": best.flag or (UNRESOLVED if open_end else ""),
        }
    )


def _otherwise(ends: Sequence[_End], spans: Sequence[Span], names: Names) -> tuple[Span, ...]:
    """Give where an end is called otherwise; a part of its own name is no other one."""
    called = tuple(Span(start=start, end=end) for start, end in names.called(ends[0].name)) if spans else ()
    found = _union([*(one.aliases for one in ends), called])
    return tuple(one for one in found if not any(own.start <= one.start and one.end <= own.end for own in spans))


def _proving(one: Found, bounds: Sequence[Span]) -> tuple[Span, ...]:
    """Give the sentences in which the first places of both ends stand."""
    firsts = [spans[0].start for spans in (one.subject_spans, one.object_spans) if spans]
    places = {sentence_at(first, bounds) for first in firsts}
    return tuple(bounds[at] for at in sorted(places) if at >= 0)


def _union(groups: Iterable[Sequence[Span]]) -> tuple[Span, ...]:
    """Keep every span once: the first group's own order, then the others by place."""
    ordered = [tuple(group) for group in groups]
    first = dict.fromkeys(ordered[0]) if ordered else {}
    rest = sorted(
        {span for group in ordered[1:] for span in group} - first.keys(), key=lambda one: (one.start, one.end)
    )
    return (*first, *rest)


def _rank(one: Found) -> tuple[bool, float, int, int]:
    place = min((span.start for span in (*one.subject_spans[:1], *one.object_spans[:1])), default=0)
    return bool(one.flag), -one.confidence, -one.count, place
