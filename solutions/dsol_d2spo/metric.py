"""Micro F1 of triples, and what else is to be known of an extraction: grounding, schema, yield by length."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dsol import Metric, Sample, Score, counted
from dsol.folding import fold
from dsol.item_scores import share
from dsol.significance import weighted_bootstrap
from dsol_d2spo.answers.fitting import fits
from dsol_d2spo.matching import DEFINITIONS, Definition, Wanted, distinct, match, read_wanted, typed
from dsol_d2spo.names.mentions import tokens_of
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Found, Output

LEVEL = 0.95
LENGTHS = (50, 100, 200, 400, 1000)  # words; a longer text is in the last group
NUMBERS = (0, 1, 5, 20)  # triples that a text holds
KINDS = ("right", "given", "wanted")


class TripleF1:
    """Micro F1 by one definition: what is given and not flagged, against what people labelled."""

    higher_is_better = True

    def __init__(self, definition: Definition, schema: Schema) -> None:
        self.name = f"{definition.name}_f1"
        self._by = definition
        self._schema = schema

    def score(self, sample: Sample, output: Output | None) -> Score:
        """Score an answer, or None.

        `sample.meta`: `text`, `gold` (rows of `subject` and `object`, each all names that count, `predicate`, types),
        and for Ign F1 `known`, the facts (subject, predicate, object) that training rows state as well.
        """
        text, wanted = str(sample.meta["text"]), distinct(read_wanted(sample.meta), self._by)
        triples = output.triples if output is not None else ()
        matches = match(triples, wanted, text, self._by)
        counting = [one.counts and not triple.flag for one, triple in zip(matches, triples, strict=True)]
        given = [triple for triple, counts in zip(triples, counting, strict=True) if counts]
        right = [
            (triple, one.wanted)
            for triple, one, counts in zip(triples, matches, counting, strict=True)
            if counts and one.wanted is not None
        ]
        known = {tuple(fact) for fact in sample.meta.get("known") or ()}
        items = [one.wanted is not None for one in matches]
        folded = fold(text)
        detail: dict[str, Any] = {
            "right": len(right),
            "given": len(given),
            "wanted": len(wanted),
            "typed": sum(typed(*pair) for pair in right),
            "known": sum(
                any((one, pair.predicate, two) in known for one in pair.subject for two in pair.object)
                for _, pair in right
            ),
            "in_text": sum(fold(one.subject) in folded and fold(one.object) in folded for one in given),
            "grounded": sum(one.grounded for one in given),
            "proved": sum(_proved(one, text) for one in given),
            "in_schema": sum(fits(self._schema, one) for one in given) if self._schema.predicates else None,
            "words": sum(token.isalnum() for token, _, _ in tokens_of(text)),
            "predicates": _by_predicate([pair for _, pair in right], given, wanted),
            "hardness": _group(len(wanted), NUMBERS),
            "language": sample.meta.get("language") or "en",
        }
        score = counted(items, len(wanted) - sum(items), detail, counting)
        if score.value < 1:
            score.detail["error_class"] = _mistake(len(right), len(given), len(wanted))
            found = {id(one.wanted) for one, counts in zip(matches, counting, strict=True) if counts}
            score.detail["expected"] = [
                _line(id(one) in found, one.subject[0], one.predicate, one.object[0]) for one in wanted
            ]
            score.detail["answered"] = [
                _line(right, one.subject, one.predicate, one.object)
                for one, right, counts in zip(triples, items, counting, strict=True)
                if counts
            ]
        return score

    def reduce(self, scores: Sequence[Score]) -> dict[str, Any]:
        """Sum up: micro F1, precision and recall with intervals, and by predicate, length and number of triples.

        `ign_f1` leaves out of the precision what the training rows state (DocRED); `f1_with_types` wants the labelled
        types as well. `grounding_rate`: given triples whose ends both stand in the text; `proof_rate`: of those given
        as grounded, how many have places that hold their very words. `schema_valid_rate`: predicate and types fit the
        schema (None without one).
        """
        details = [one.detail for one in scores]
        sums = {name: sum(one[name] or 0 for one in details) for name in (*KINDS, "typed", "known", "in_text")}
        grounded, proved = (sum(one[name] for one in details) for name in ("grounded", "proved"))
        checked = [one for one in details if one["in_schema"] is not None]
        words = sum(one["words"] for one in details)
        return {
            "value": f1(sums["right"], sums["given"], sums["wanted"]),
            "precision": _estimate([(one["right"], one["given"]) for one in details]),
            "recall": _estimate([(one["right"], one["wanted"]) for one in details]),
            "ign_f1": ign_f1(sums["right"], sums["known"], sums["given"], sums["wanted"]),
            "f1_with_types": f1(sums["typed"], sums["given"], sums["wanted"]),
            "grounding_rate": sums["in_text"] / sums["given"] if sums["given"] else None,
            "proof_rate": proved / grounded if grounded else None,
            "schema_valid_rate": _rate(sum(one["in_schema"] for one in checked), sum(one["given"] for one in checked)),
            "right_per_1000_words": 1000 * sums["right"] / words if words else 0.0,
            "wanted_per_1000_words": 1000 * sums["wanted"] / words if words else 0.0,
            "by_triples": _grouped(details, "hardness", [_group(one, NUMBERS) for one in (*NUMBERS, NUMBERS[-1] + 1)]),
            "by_length": _by_length(details),
            "by_predicate": _predicates(details),
        }


def make_metrics(settings: Settings, files: Mapping[str, Any] = MappingProxyType({})) -> Sequence[Metric]:
    """Make the metric of every definition, that of the settings first."""
    schema = Schema.model_validate(files.get("schema") or {})
    order = sorted(DEFINITIONS, key=lambda name: name != settings.definition)
    return [TripleF1(DEFINITIONS[name], schema) for name in order]


def f1(right: float, given: float, wanted: float) -> float:
    """Give F1 of counts; 1 where nothing is given and nothing wanted."""
    return 2 * right / (given + wanted) if given + wanted else 1.0


def ign_f1(right: int, known: int, given: int, wanted: int) -> float:
    """Give DocRED's F1 whose precision leaves out right triples that the training rows state."""
    precision = _rate(right - known, given - known) or 0.0
    recall = _rate(right, wanted) or 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _proved(one: Found, text: str) -> bool:
    """Check the places of a triple's ends by what stands there, and nothing that the wrapper says."""
    ends = ((one.subject, one.subject_spans), (one.object, one.object_spans))
    return all(spans and all(fold(text[at.start : at.end]) == fold(name) for at in spans) for name, spans in ends)


def _line(right: bool, subject: str, predicate: str, object: str) -> str:
    """Write a triple for people: ✓ what is found or right, ✗ what is missed or wrong."""
    ends = (" ".join(end.split()) for end in (subject, predicate, object))
    return f"{'✓' if right else '✗'} {' — '.join(ends)}"


def _by_predicate(
    right: Sequence[Wanted], given: Sequence[Found], wanted: Sequence[Wanted]
) -> dict[str, tuple[int, int, int]]:
    """Count right, given and wanted triples by predicate."""
    counts = [Counter(one.predicate for one in some) for some in (right, given, wanted)]
    names = sorted({name for count in counts for name in count})
    return {name: (counts[0][name], counts[1][name], counts[2][name]) for name in names}


def _mistake(right: int, given: int, wanted: int) -> str:
    if not given:
        return "nothing found"
    if not wanted:
        return "nothing was there"
    return "more missed than wrong" if wanted >= given else "more wrong than missed"


def _predicates(details: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    counts: dict[str, list[list[int]]] = defaultdict(list)
    for one in details:
        for name, some in one["predicates"].items():
            counts[name].append(some)
    found = {name: _measured(some) for name, some in counts.items()}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1]["wanted"], pair[0])))


def _measured(counts: Sequence[Sequence[int]]) -> dict[str, float]:
    """Measure counts of right, given and wanted; the interval is of F1, over documents."""
    right, given, wanted = (sum(column) for column in zip(*counts, strict=True))
    weights = [float(gave + want) for _, gave, want in counts]
    values = [f1(*some) for some in counts]
    low, high = weighted_bootstrap([(values, weights)], lambda means: means[0], LEVEL)
    return {
        "f1": f1(right, given, wanted),
        "low": low,
        "high": high,
        "precision": _rate(right, given) or 0.0,
        "recall": _rate(right, wanted) or 0.0,
        "given": given,
        "wanted": wanted,
    }


def _grouped(details: Sequence[Mapping[str, Any]], name: str, order: Sequence[str]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[list[int]]] = defaultdict(list)
    for one in details:
        groups[one[name]].append([one[kind] for kind in KINDS])
    return {group: _measured(groups[group]) for group in order if group in groups}


def _by_length(details: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Say how much is found in texts of each length: recall, and triples per 1,000 words."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in details:
        groups[_group(one["words"], LENGTHS)].append(one)
    found = {}
    for name in [_group(length, LENGTHS) for length in (*LENGTHS, LENGTHS[-1] + 1)]:
        if name in groups:
            words, right, wanted = (sum(one[kind] for one in groups[name]) for kind in ("words", "right", "wanted"))
            found[f"{name} words"] = {
                "documents": len(groups[name]),
                "recall": _rate(right, wanted) or 0.0,
                "right_per_1000_words": 1000 * right / words if words else 0.0,
                "wanted_per_1000_words": 1000 * wanted / words if words else 0.0,
            }
    return found


def _group(number: int, bounds: Sequence[int]) -> str:
    """Name the group that a number is in: 0, 1, 2 to 5, over 20."""
    below = -1
    for bound in bounds:
        if number <= bound:
            return str(bound) if bound == below + 1 else f"{below + 1} to {bound}"
        below = bound
    return f"over {bounds[-1]}"


def _estimate(counts: Sequence[tuple[float, float]]) -> dict[str, float]:
    found = share(counts, LEVEL)
    return {"value": found.value, "low": found.low, "high": found.high}


def _rate(part: float, whole: float) -> float | None:
    return part / whole if whole else None
