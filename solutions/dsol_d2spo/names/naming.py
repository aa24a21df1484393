"""Which names stand for one thing: the same but for spelling, a stated alias, an abbreviation, a person's short name.

Abbreviations are told as by Schwartz and Hearst (A simple algorithm for identifying abbreviation definitions in
biomedical text, 2003). Every rule asks for something in the text that says so; where two things may be meant, none is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dsol.folding import fold
from dsol_d2spo.language import inside_word

NEAR = 10_000  # characters: a short name is read as the full one that stands at most so far before it
_EDGES = " \t\r\n\u3000\"'“”‘’「」『』《》〈〉.,;:，。；：、"
_ARTICLE = re.compile(r"^(?:the|an?)\s+(?=\S)")
_OWNER = re.compile(r"\s?'s?$")
_SPACE = re.compile(r"\s+")
_HAN_SPACE = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
_COMPANY = re.compile(
    r"[,\s]*(?:\b(?:inc|incorporated|ltd|limited|corp|corporation|co|company|plc|llc|gmbh|ag|s\.?a|n\.?v)\b\.?\s*)+$"
    r"|(?:股份)?(?:有限)?(?:责任)?公司$|股份$|集团$"
)
_TITLE = re.compile(
    r"^(?:(?:mr|mrs|ms|dr|prof|sir|lord|lady|president|senator|king|queen|general|professor|captain|minister)\b\.?\s+)+"
)
_HAN_TITLE = re.compile(r"(?:先生|女士|小姐|夫人|教授|博士|老师|主席|总统|总理|部长|省长|市长|董事长|总经理|经理)$")
_BRACKETS = re.compile(r"[(（]\s{0,3}([^()（）]{1,60}?)\s{0,3}[)）]")
_SAID = re.compile(
    r"^(?:(?:also|better|formerly|commonly|previously)\s+(?:known\s+as|called)|a\.?k\.?a\.?|abbreviated(?:\s+as)?|"
    r"short\s+for|or\s+simply|formerly|or|以下)?\s*(?:简称为?|又称为?|亦称|又名|也称|别名|原名|英文名?称?为?)?[:：]?\s*",
    re.I,
)
_KNOWN_AS = re.compile(
    r"[,，]?\s{0,3}(?:(?:is|was|who\s+is|which\s+is)\s+)?(?:also|better|commonly|formerly|previously|popularly)\s+"
    r"(?:known\s+as|called)\s+|[,，]?\s{0,3}a\.?k\.?a\.?\s+|[,，]\s{0,3}abbreviated(?:\s+as)?\s+|"
    r"[,，]?\s{0,3}(?:以下)?(?:简称|又称|亦称|又名|也称|别名|也叫)为?\s*",
    re.I,
)
_SHORT = re.compile(r"[^\W\d_](?:[\w&./-]{0,8}[\w])(?:\.)?\Z")
_JOBS = "ceo cfo coo cto cio phd md mba usd rmb eur tv dvd cd"
_SMALL = "of the and for in on de la le du des von der und et a an to &"
_NO_NAMES, _LINKS = frozenset(_JOBS.split()), frozenset(_SMALL.split())


@lru_cache(maxsize=1 << 16)
def key(name: str) -> str:
    """Give the form in which spellings of a name are the same: case, width, script, article, quotes don't count."""
    bare = _SPACE.sub(" ", fold(name)).strip(_EDGES)
    bare = _OWNER.sub("", _ARTICLE.sub("", bare, count=1)) or bare
    return _HAN_SPACE.sub("", bare).strip(_EDGES) or bare or name


def is_person(kind: str) -> bool:
    """Tell whether a type is one of persons, in the words of the usual data sets."""
    folded = fold(kind)
    return folded in ("per", "person", "people", "human", "人", "人名") or "人物" in folded or "person" in folded


@dataclass(frozen=True)
class Stated:
    """The text says, at a place, that `short` stands for `long`; both are its own words.

    `spelled`: the long form spells the short one out, or the text names it as short, so that nothing else can be meant.
    """

    short: str
    long: str
    place: int
    spelled: bool = False


def stated(text: str, names: Iterable[str]) -> list[Stated]:
    """Find where a text itself says that two names are one thing, at least one of them among `names` (keys)."""
    known = frozenset(names)
    found = []
    for match in _BRACKETS.finditer(text):
        before = text[max(0, match.start() - 120) : match.start()].rstrip()
        said = _SAID.match(match[1])
        inner = match[1][said.end() if said else 0 :].strip(_EDGES)
        if inner and key(inner) not in _NO_NAMES:
            named = bool(said and said.end())
            pair = _bracketed(before, inner, named, known)
            if pair and (key(pair[0]) in known or key(pair[1]) in known):
                found.append(Stated(*pair, match.start(), named or _long_form(*pair) == pair[1]))
    for match in _KNOWN_AS.finditer(text):
        one = _ending(text[max(0, match.start() - 80) : match.start()].rstrip(_EDGES), known)
        two = _starting(text[match.end() : match.end() + 80].lstrip(_EDGES), known)
        if one and two and key(one) != key(two):
            found.append(Stated(two, one, match.start()))
    return found


def _bracketed(before: str, inner: str, said: bool, known: frozenset[str]) -> tuple[str, str] | None:
    """Read `before (inner)` as (short, long), either way round."""
    if _SHORT.match(inner) and any(map(str.isupper, inner)) and (long := _long_form(inner, before)):
        return inner, long
    last = before.split(" ")[-1].strip(_EDGES) if before else ""
    if _SHORT.match(last) and last.isupper() and _long_form(last, inner) == inner:
        return last, inner
    name = _ending(before, known)
    acronym = inner.isascii() and inner.isalpha() and inner.isupper() and not name.isascii()
    return (inner, name) if name and key(name) != key(inner) and (said or acronym) else None


def _long_form(short: str, before: str) -> str:
    """Find the words before a short form that it is made of: by their initials, else letter by letter from behind."""
    words = before.split(" ")
    letters = [letter.lower() for letter in short if letter.isalnum()]
    words = words[-min(len(letters) + 5, 2 * len(letters)) :]
    form = (_by_initials(letters, words) or _by_letters(letters, " ".join(words))).strip(_EDGES)
    fits = len(form) > len(short) and not re.search(r"[()（）.;。；]", form) and short not in form.split(" ")
    return form if fits else ""


def _by_initials(letters: list[str], words: list[str]) -> str:
    left = list(letters)
    for at in range(len(words) - 1, -1, -1):
        initial = words[at][:1].lower()
        if left and initial == left[-1]:
            left.pop()
            if not left:
                return " ".join(words[at:])
        elif words[at].lower() not in _LINKS and words[at].isalnum():
            return ""
    return ""


def _by_letters(letters: list[str], long: str) -> str:
    at = len(long)
    for number in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= 0 and (long[at].lower() != letters[number] or (number == 0 and at > 0 and long[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return ""
    return long[at:]


def _ending(before: str, known: frozenset[str]) -> str:
    """Give the longest known name that a text ends with, in its own words."""
    starts = [0, *(at for at in range(1, len(before)) if not inside_word(before, at))]
    return next((before[at:] for at in starts if before[at:].strip() and key(before[at:]) in known), "")


def _starting(after: str, known: frozenset[str]) -> str:
    ends = [len(after), *(at for at in range(len(after) - 1, 0, -1) if not inside_word(after, at))]
    return next((after[:at].rstrip(_EDGES) for at in ends if key(after[:at]) in known), "")


class Names:
    """The names of a document, and what each stands for.

    `words`: by key, as the text writes it most. `places`: where each stands in the text, in order. `persons`: those of
    people. `told`: what the text says about names.
    """

    def __init__(
        self,
        words: Mapping[str, str],
        places: Mapping[str, Sequence[tuple[int, int]]],
        persons: Collection[str],
        told: Iterable[Stated],
    ) -> None:
        self.words = words
        self.places = places
        self._persons = frozenset(persons)
        self._told: dict[str, list[Stated]] = defaultdict(list)
        self._forms: dict[str, set[str]] = defaultdict(set)  # by a company's bare name, or initials
        self._parts: dict[str, list[str]] = defaultdict(list)  # full names by first and last word, or first character
        for pair in told:
            self._told[key(pair.short)].append(pair)
        self._shorts: dict[str, list[str]] = defaultdict(list)  # by what they stand for, where that is one thing
        for short, pairs in self._told.items():
            if len(pairs) == 1:
                self._shorts[key(pairs[0].long)].append(short)
        for name in words:
            if name in self._persons:
                for part in {*name.split(" ")[:1], *name.split(" ")[-1:], name[0]} - {name}:
                    self._parts[part].append(name)
            else:
                for form in (_COMPANY.sub("", name), *_initials(name)):
                    if form and form != name:
                        self._forms[form].add(name)

    def resolve(self, name: str, place: int) -> str:
        """Give the fullest name of what a name stands for at a place of the text."""
        seen = {key(name)}
        while (fuller := self._fuller(name, place)) and key(fuller) not in seen:
            name = fuller
            seen.add(key(name))
        return self.words.get(key(name), name)

    def nearest(self, name: str, place: int) -> tuple[int, int] | None:
        """Give where a name stands nearest to a place, before it if it does."""
        spots = self.places.get(key(name), ())
        at = bisect_right(spots, place, key=lambda spot: spot[0])
        return spots[at - 1] if at else spots[0] if spots else None

    def called(self, name: str) -> list[tuple[int, int]]:
        """Give where what has this name is called otherwise, by a name that the text says to be its own."""
        return [spot for short in self._shorts.get(key(name), ()) for spot in self.places.get(short, ())]

    def _fuller(self, name: str, place: int) -> str:
        here = key(name)
        if told := self._told.get(here):
            before = [one for one in told if one.place <= place]
            if before or len({key(one.long) for one in told}) == 1:
                return (before[-1] if before else told[0]).long
        if here in self._persons:
            return self._full_name(here, place)
        same = self._forms.get(here, set())
        if len(same) != 1:
            return ""
        long = self.words[next(iter(same))]
        # Initials are written in capitals; a company's bare name begins the full one.
        return long if self.words.get(here, name).isupper() or key(long).startswith(here) else ""

    def _full_name(self, short: str, place: int) -> str:
        """Give the only full name that stands near before a surname, a first name, or one with a title."""
        bare = _HAN_TITLE.sub("", _TITLE.sub("", short))
        titled = bare != short
        # "Schneider" and "Wilfried Schneider"; 王教授 and 王小明.
        fitting = {
            name for name in self._parts.get(bare, ()) if " " in name or (titled and not _HAN_TITLE.search(name))
        }
        fitting |= {bare} if titled and bare in self.words else set()
        near = [
            name for name in fitting - {short} if (spot := self.nearest(name, place)) and 0 <= place - spot[0] <= NEAR
        ]
        longest = [name for name in near if not any(name != other and name in other for other in near)]
        return self.words[longest[0]] if len(longest) == 1 else ""


def _initials(name: str) -> tuple[str, ...]:
    words = [word for word in re.split(r"[\s-]+", name) if word]
    some = ("".join(word[0] for word in words), "".join(word[0] for word in words if word not in _LINKS))
    return tuple(form for form in some if len(form) >= 3 and form.isascii() and form.isalpha())
