"""Decide which words of a question mention which cell value: whole, in part, or misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rapidfuzz.distance import OSA

from dsol_text2sql.question.literals import Literal
from dsol_text2sql.question.lookup import Lookup, Mention, Reading, read
from dsol_text2sql.question.text import is_cjk, keys
from dsol_text2sql.question.vocabulary import others
from dsol_text2sql.question.words import edge_characters, stop_characters, stop_words

SMALL = 50  # distinct values: below this a column is a category, and one Chinese character may name its value
CODE = 3  # letters of a country's code
LARGE = 200  # distinct values: above this a column holds titles, which common words happen to be as well
AT_ONCE = 3  # values of one column that a mention in part, or a misspelling, may stand for
COMMON = 40  # a word that occurs in more values than this tells nothing about which is meant


def find(lookup: Lookup, question: str) -> list[Mention]:
    """Find all mentions, the best of every span first."""
    reading = read(question)
    named = _longest(lookup, reading, list(_exact(lookup, reading)))
    free = [True] * len(reading.tokens)
    _occupy(free, named)
    for search in (_partial, _misspelt):
        more = list(search(lookup, reading, free))
        _occupy(free, more)
        named += more
    best: dict[tuple[int, str | int], Mention] = {}
    for mention in named:
        key = (mention.column, mention.value)
        if key not in best or best[key].score < mention.score:
            best[key] = mention
    hinted = [
        replace(mention, score=min(1.0, mention.score + _hint(lookup, reading, mention))) for mention in best.values()
    ]
    return sorted(hinted, key=lambda mention: (-mention.score, mention.start, mention.column))


def quoted_or_counted(lookup: Lookup, named: Sequence[Mention], found: Sequence[Literal]) -> tuple[Literal, ...]:
    """Keep the literals of a question that no whole value of the database accounts for; `named` are its mentions."""
    spans = [(m.start, m.end) for m in named if m.whole]
    return tuple(
        literal
        for literal in found
        # A bare number may equal some postal code and still be a count: it stays.
        if not any(s <= literal.start and literal.end <= e and (s, e) != (literal.start, literal.end) for s, e in spans)
        and not (literal.kind == "string" and " ".join(keys(literal.text)) in lookup.whole)
    )


def _exact(lookup: Lookup, reading: Reading) -> Iterator[Mention]:
    """Find values that are named whole, and the phrases that stand for one."""
    count = len(reading.tokens)
    for first in range(count):
        key = ""
        for last in range(first + 1, min(count, first + lookup.longest) + 1):
            key = f"{key} {reading.tokens[last - 1].key}" if key else reading.tokens[first].key
            for entry in lookup.whole.get(key, ()):
                score = _whole_score(lookup, reading, first, last, entry)
                if score:
                    yield _mention(lookup, reading, entry, first, last, score)
            aliases = lookup.aliases.get(key, ())
            if aliases and not _small_code(reading.surface(first, last)):
                for entry in dict.fromkeys(aliases):
                    yield _mention(lookup, reading, entry, first, last, 0.9)


def _small_code(surface: str) -> bool:
    """Tell whether what could be a country's code isn't written as one, in capitals: "Can you" is no Canada."""
    return len(surface) <= CODE and surface.isascii() and not surface.isupper()


def _mention(lookup: Lookup, reading: Reading, entry: int, first: int, last: int, score: float) -> Mention:
    column, value, _ = lookup.entries[entry]
    start, end = reading.span(first, last)
    return Mention(column, value, first, last, start, end, score)


def _whole_score(lookup: Lookup, reading: Reading, first: int, last: int, entry: int) -> float:
    """Score a whole mention by how it is written; 0 where the words are more likely just words."""
    column, value, _ = lookup.entries[entry]
    surface, written = reading.surface(first, last), str(value)
    inside = [reading.tokens[i].key for i in range(first, last)]
    if reading.in_quotes(first, last):
        return 1.0 if surface == written else 0.97
    if isinstance(value, int):
        return 0.5
    score = 1.0 if surface == written else 0.95 if surface.lower() == written.lower() else 0.9
    proper = surface == written and reading.capital(first, last)
    size = lookup.sizes[column]
    if not proper and all(word in stop_words() for word in inside):
        return 0.0
    if len(inside) == 1 and len(inside[0]) == 1:
        if is_cjk(inside[0]):
            return 0.6 if size <= SMALL and inside[0] not in stop_characters() else 0.0
        return 0.7 if surface == written and not inside[0].isdigit() else 0.0
    if is_cjk(inside[0]):
        return score
    if not proper and all(w in lookup.schema_words or w in stop_words() or others(w) for w in inside):
        return 0.6 if size <= SMALL else 0.0
    if surface.isdigit():
        return 0.7 if any(word in reading.keys for word in lookup.names[column][1]) else 0.5
    if len(written) <= 2 and written.isupper() and surface != written:
        return 0.0
    if written != written.lower() and surface == surface.lower():
        if reading.cased and size > LARGE and len(inside) == 1:
            return 0.0
        return score * (0.75 if len(inside) == 1 else 0.9)
    return score


def _longest(lookup: Lookup, reading: Reading, found: list[Mention]) -> list[Mention]:
    """Let the longest mention win over those that overlap it.

    A part that lacks only words of the schema stays as a second reading: "mississippi river" is a place of its own,
    and a river named "mississippi".
    """
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda mention: (mention.first - mention.last, -mention.score)):
        over = [k for k in kept if k.first < mention.last and mention.first < k.last]
        same = [k for k in over if (k.first, k.last) == (mention.first, mention.last)]
        if over and not same:
            holder = over[0]
            rest = [*range(holder.first, mention.first), *range(mention.last, holder.last)]
            inside = holder.first <= mention.first and mention.last <= holder.last
            if not (inside and all(reading.tokens[i].key in lookup.schema_words for i in rest)):
                continue
            mention = replace(mention, score=mention.score * 0.9)
        kept.append(mention)
    return kept


def _occupy(free: list[bool], found: Sequence[Mention]) -> None:
    for mention in found:
        free[mention.first : mention.last] = [False] * (mention.last - mention.first)


def _content(lookup: Lookup, reading: Reading, place: int) -> bool:
    """Tell whether a token could be a piece of a name."""
    token = reading.tokens[place]
    if token.key in stop_words() or token.word in stop_words() or token.key.isdigit():
        return False
    return token.key not in lookup.schema_words or reading.capital(place, place + 1)


def _partial(lookup: Lookup, reading: Reading, free: list[bool]) -> Iterator[Mention]:
    """Find values of which only a part is named ("Bach", 北京大学出版社 by 北京大学)."""
    first, count = 0, len(reading.tokens)
    while first < count:
        last, held = _run(lookup, reading, free, first)
        if held:
            yield from _parts_score(lookup, reading, first, last, held)
        first = max(last, first + 1)


def _run(lookup: Lookup, reading: Reading, free: list[bool], first: int) -> tuple[int, list[int]]:
    """Extend a part from `first` as far as some value holds it; give its end and the values."""
    width = 2 if is_cjk(reading.tokens[first].key) else 1
    last = first + width
    if last > len(reading.tokens) or not all(free[first:last]):
        return first, []
    words = [reading.tokens[i].key for i in range(first, last)]
    if width == 1 and not _content(lookup, reading, first):
        return first, []
    if width == 2 and (not is_cjk(words[1]) or "".join(words) in stop_words() or words[0] in edge_characters()):
        return first, []
    held = lookup.parts.get(" ".join(words), [])
    if len(held) > 20 * COMMON:
        return first, []
    while held and last < len(reading.tokens) and free[last]:
        longer = " ".join([*words, reading.tokens[last].key])
        still = [entry for entry in held if f" {longer} " in f" {lookup.entries[entry][2]} "]
        if not still:
            break
        words.append(reading.tokens[last].key)
        held, last = still, last + 1
    return last, held


def _parts_score(lookup: Lookup, reading: Reading, first: int, last: int, held: Sequence[int]) -> Iterator[Mention]:
    """Score the values that hold a part by how much of them it is; a vague part yields nothing."""
    while last > first + 1 and reading.tokens[last - 1].key in stop_words():
        last -= 1
    part = " ".join(reading.tokens[i].key for i in range(first, last))
    named = reading.capital(first, last) or reading.in_quotes(first, last)
    chinese = is_cjk(part)
    if len(held) > COMMON:
        return
    shares = sorted((-len(part) / len(lookup.entries[entry][2]), entry) for entry in held)
    used: dict[int, int] = {}
    for share, entry in shares:
        column = lookup.entries[entry][0]
        vague = -share < 0.5 and (chinese or not named)
        common = reading.cased and not named and not chinese and lookup.sizes[column] > LARGE
        if vague or common or used.get(column, 0) >= AT_ONCE:
            continue
        used[column] = used.get(column, 0) + 1
        score = (0.45 if named or chinese else 0.3) + 0.35 * -share
        yield replace(_mention(lookup, reading, entry, first, last, score), whole=False)


def _misspelt(lookup: Lookup, reading: Reading, free: list[bool]) -> Iterator[Mention]:
    """Find values that differ by one or two letters from words that mention nothing else."""
    count = len(reading.tokens)
    taken: set[int] = set()
    for width in (4, 3, 2, 1):
        for first in range(count - width + 1):
            places = range(first, first + width)
            if not all(free[i] and i not in taken for i in places) or not any(
                _content(lookup, reading, i) for i in places
            ):
                continue
            if (
                width == 1
                and reading.cased
                and not (reading.capital(first, first + 1) or reading.in_quotes(first, first + 1))
            ):
                continue
            if (
                width > 1
                and not (reading.capital(first, first + width) or reading.in_quotes(first, first + width))
                and (reading.cased or sum(reading.tokens[i].key not in stop_words() for i in places) < 2)
            ):
                continue
            written = "".join(reading.tokens[i].key for i in places)
            # In a question without capitals a short word is rather a word than a misspelt name.
            plain = width == 1 and not reading.cased and len(written) < 6 and written not in lookup.joined
            near = [] if plain else list(_near(lookup, written, width))
            if near:
                taken.update(places)
            for entry, score in near:
                yield replace(_mention(lookup, reading, entry, first, first + width, score), whole=score > 0.8)


def _near(lookup: Lookup, written: str, width: int) -> Iterator[tuple[int, float]]:
    """Find values spelt nearly as `written`: one letter off from 5 letters on, two from 9 letters on."""
    if not written.isascii() or len(written) < 3:
        return
    for entry in lookup.joined.get(written, ())[: 2 * AT_ONCE]:
        yield entry, 0.88
    if written in lookup.joined or len(written) < (5 if width == 1 else 7):
        return
    allowed = 1 if len(written) < 9 else 2
    found: list[tuple[int, str]] = []
    for length in range(len(written) - allowed, len(written) + allowed + 1):
        for spelling in lookup.spellings.get((written[0], length), ()):
            distance = OSA.distance(written, spelling, score_cutoff=allowed)
            if distance <= allowed:
                found.append((distance, spelling))
    for distance, spelling in sorted(found)[:AT_ONCE]:
        for entry in lookup.joined[spelling][: 2 * AT_ONCE]:
            yield entry, 0.8 - distance / len(written)


def _hint(lookup: Lookup, reading: Reading, mention: Mention) -> float:
    """Prefer columns whose own or whose table's name stands in the question."""
    table, column = lookup.names[mention.column]
    hint = 0.02 * any(word in reading.keys for word in column if word in lookup.schema_words)
    return hint + 0.02 * any(word in reading.keys for word in table if word in lookup.schema_words)
