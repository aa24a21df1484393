"""Learn from examples which phrases of a question stand for which cell values (内布拉斯加 for nebraska).

Phrases and values that occur together more than apart are linked, best first, one phrase to one value in each example
(competitive linking, Melamed 2000, Computational Linguistics 26:2), scored by the Dice coefficient.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dsol_text2sql.question.text import Token, is_cjk, keys, name_words, tokens
from dsol_text2sql.question.words import edge_characters, stop_words
from dsol_text2sql.schema import Schema
from dsol_text2sql.sql.constants import constants

Target = tuple[str, str, str | int]

WORDS = 4  # words of a phrase at most
CHARACTERS = 8  # characters of a Chinese phrase at most
ROUNDS = 3
FAINT = 0.2  # a pair that scores less is no link
SURPRISING = 2.0  # nats: a word that goes with a value less than this adds nothing to its name
SURE = 0.6  # how often a phrase has to stand for the value, of all the times it occurs


@dataclass(frozen=True)
class _Pair:
    """One example: its phrases as [first, last) spans by key, and the folded values that its words don't explain.

    `cut`: the question is Chinese with spaces between its words.
    """

    cut: bool
    tokens: tuple[Token, ...]
    phrases: Mapping[str, tuple[int, int]]
    values: tuple[str, ...]


def learn_aliases(
    examples: Iterable[tuple[str, str]], schema: Schema, *, sure: float = SURE
) -> dict[str, list[Target]]:
    """Learn phrases for values from (question, SQL) pairs; give phrase -> [(table, column, value), ...].

    Only values that the question doesn't name literally are learned. Deterministic; the result is JSON.
    """
    places: dict[str, dict[Target, None]] = defaultdict(dict)
    pairs = []
    grammar = _grammar(schema)
    for question, sql in examples:
        values: dict[str, None] = {}
        read = tuple(tokens(question))
        text = " ".join(token.key for token in read)
        for constant in constants(sql, schema):
            key = " ".join(keys(str(constant.value)))
            if isinstance(constant.value, str) and not constant.pattern and key and not key.replace(" ", "").isdigit():
                places[key][constant.table, constant.column, constant.value] = None
                if f" {key} " not in f" {text} ":
                    values[key] = None
        cut = _is_cut(read)
        pairs.append(_Pair(cut, read, _phrases(read, grammar, cut), tuple(values)))
    return {
        phrase.replace(" ", "") if is_cjk(phrase) else phrase: sorted(
            (target for value in values for target in places[value]), key=str
        )
        for phrase, values in sorted(_link(pairs, sure).items())
    }


def _grammar(schema: Schema) -> frozenset[str]:
    """List the words that no name begins or ends with: grammar, and English names of the schema."""
    names = {word for table in schema.tables for word in name_words(table.name)}
    names |= {word for _, column in schema.columns() for word in name_words(column.name)}
    grammar = {word for word in stop_words() if not is_cjk(word)} | {word for word in names if not is_cjk(word)}
    return frozenset(grammar) | edge_characters()


def _is_cut(read: Sequence[Token]) -> bool:
    chinese = sum(is_cjk(token.key) for token in read)
    breaks = sum(one.end < two.start for one, two in pairwise(read))
    return chinese > 1 and breaks >= len(read) / 4


def _phrases(read: Sequence[Token], grammar: frozenset[str], cut: bool) -> dict[str, tuple[int, int]]:
    """List the phrases that might name a value; where a Chinese question is cut into words, only whole words."""
    found: dict[str, tuple[int, int]] = {}
    for first in range(len(read)):
        if read[first].key in grammar or (cut and first and read[first - 1].end == read[first].start):
            continue
        longest = CHARACTERS if is_cjk(read[first].key) else WORDS
        for last in range(first + 1, min(len(read), first + longest) + 1):
            end = read[last - 1]
            if is_cjk(end.key) != is_cjk(read[first].key):
                break
            whole = not cut or last == len(read) or end.end < read[last].start
            vague = end.key in grammar or (is_cjk(end.key) and last - first < 2)
            said = "".join(token.key for token in read[first:last])
            if whole and not vague and said not in stop_words():
                found.setdefault(" ".join(token.key for token in read[first:last]), (first, last))
    return found


def _link(pairs: Sequence[_Pair], sure: float) -> dict[str, list[str]]:
    """Link phrases to values over some rounds; what is linked in one round sharpens the next."""
    seen = Counter(phrase for pair in pairs for phrase in pair.phrases)
    association = _Association(
        seen,
        Counter(value for pair in pairs for value in pair.values),
        Counter((phrase, value) for pair in pairs for value in pair.values for phrase in pair.phrases),
        Counter(word for pair in pairs for word in {token.key for token in pair.tokens}),
        Counter((word, value) for pair in pairs for value in pair.values for word in {t.key for t in pair.tokens}),
        len(pairs),
    )
    links: Counter[tuple[str, str]] = Counter()
    for _ in range(ROUNDS):
        habit = _Habit(links)
        links = Counter(link for pair in pairs for link in _best(pair, association, habit))
    cut = {phrase for pair in pairs if pair.cut for phrase in pair.phrases}
    owners: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for (phrase, value), count in links.items():
        # One example shows which phrase it is only where the words are cut already.
        if count / seen[phrase] >= (sure if count == 1 else sure / 2) and (count > 1 or phrase in cut):
            owners[phrase].append((-count, value))
    return {phrase: [value for _, value in sorted(values)] for phrase, values in owners.items()}


@dataclass(frozen=True)
class _Association:
    """How often phrases, words and values occur, alone and together, in so many examples."""

    phrases: Counter[str]
    values: Counter[str]
    together: Counter[tuple[str, str]]
    words: Counter[str]
    words_together: Counter[tuple[str, str]]
    examples: int

    def dice(self, phrase: str, value: str) -> float:
        """Give the Dice coefficient of a phrase and a value."""
        return 2 * self.together[phrase, value] / (self.phrases[phrase] + self.values[value])

    def surprise(self, word: str, value: str) -> float:
        """Give how much oftener a word stands with a value than by chance (pointwise mutual information, nats).

        What any word of the question has is taken off: half of what is possible, at most SURPRISING.
        """
        possible = math.log(self.examples / self.values[value])
        expected = self.words[word] * self.values[value]
        return math.log(self.examples * self.words_together[word, value] / expected) - min(SURPRISING, possible / 2)


class _Habit:
    """What the last round's links tell of words: which ones names are made of (斯 and 尼 rather than 最)."""

    def __init__(self, links: Counter[tuple[str, str]]) -> None:
        self.any = bool(links)
        self._linked: Counter[str] = Counter()
        self._own: Counter[tuple[str, str]] = Counter()
        for (phrase, value), count in links.items():
            for word in phrase.split(" "):
                self._linked[word] += count
                self._own[word, value] += count

    def weight(self, word: str, value: str, association: _Association) -> float:
        """Say by a number in (-0.5, 0.5) how namelike a word is: by the share of its uses elsewhere that are in names.

        A word that only ever stands with this value belongs to its name, if it does so more than once.
        """
        elsewhere = association.words[word] - association.words_together[word, value]
        if elsewhere <= 0:
            return 0.1 if association.values[value] > 1 else 0.0
        linked = self._linked[word] - self._own[word, value]
        return (linked + 0.5) / (elsewhere + 1) - 0.5


def _best(pair: _Pair, association: _Association, habit: _Habit) -> list[tuple[str, str]]:
    """Link an example's values to its phrases, best pair first, no word used twice.

    Among phrases that go equally well with the value, the one of namelike words wins: at first of surprising ones,
    later of those that other names are made of.
    """
    ranked = []
    for value in pair.values:
        for phrase, (first, last) in pair.phrases.items():
            score = association.dice(phrase, value)
            words = phrase.split(" ")
            if habit.any:
                name = sum(habit.weight(word, value, association) for word in words)
            else:
                name = sum(association.surprise(word, value) for word in words)
            ranked.append((-round(score, 2), -round(name, 3), last - first, phrase, value, first, last))
    free = [True] * len(pair.tokens)
    open_, found = set(pair.values), []
    for score, _, _, phrase, value, first, last in sorted(ranked):
        if value in open_ and all(free[first:last]) and -score > FAINT:
            free[first:last] = [False] * (last - first)
            open_.discard(value)
            found.append((phrase, value))
    return found
