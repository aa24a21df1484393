"""Compare who answers better on the same held-out samples, and say whether a run may replace the old feature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsol.errors import RunError, unknown
from dsol.risk import Selective, selective
from dsol.significance import Estimate, estimate, mcnemar, paired_difference, paired_p

Row = Mapping[str, Any]  # of answers.jsonl; see `dsol.evaluation.predict`

# With fewer, one sample moves the mean score by more than 5 points.
FEWEST = 20
NAMED = 5  # ids in an error message


@dataclass(frozen=True)
class Slice:
    """Rows that are looked at together: of one set, of one language, of both, or (both empty) all of them."""

    set: str
    language: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        if self.set:
            return f"{self.set} · {self.language}" if self.language else self.set
        return f"language {self.language}" if self.language else "all"


@dataclass(frozen=True)
class Comparison:
    """How `a` did against `b` on the same samples.

    `difference`: of the (weighted) mean scores, a - b, with a paired bootstrap interval. `wins`, `losses`, `ties`:
    samples on which a scored better, worse, the same. `p`: two-sided, of the paired `test`. `better` says which one won
    it at `level`: "a", "b" or "" for neither.
    """

    a: str
    b: str
    a_score: Estimate
    b_score: Estimate
    difference: Estimate
    wins: int
    losses: int
    ties: int
    test: str
    p: float
    level: float
    better: str


@dataclass(frozen=True)
class Verdict:
    """Whether a run may replace the old feature, why, and what to look at all the same."""

    released: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


def slices(rows: Iterable[Row]) -> list[Slice]:
    """Cut rows into all, each set, each language, each language of a set; a cut that repeats another is left out."""
    everything = tuple(rows)
    sets = dict.fromkeys(row["set"] for row in everything)
    languages = dict.fromkeys(_language(row) for row in everything)
    wanted = [("", ""), *((name, "") for name in sets), *(("", language) for language in languages)]
    wanted += [(name, language) for name in sets for language in languages]
    found: list[Slice] = []
    seen: set[tuple[str, ...]] = set()
    for name, language in wanted:
        part = tuple(r for r in everything if name in ("", r["set"]) and language in ("", _language(r)))
        key = tuple(row["id"] for row in part)
        if part and key not in seen:
            seen.add(key)
            found.append(Slice(name, language, part))
    return found


def contestants(rows: Sequence[Row]) -> list[str]:
    """List who answers in the rows; a baseline that was never there is left out."""
    names = dict.fromkeys(name for row in rows for name in row["answers"])
    return [name for name in names if any(row["answers"][name]["reason"] != "no_baseline" for row in rows)]


def scores(rows: Sequence[Row], contestant: str) -> list[float]:
    """Collect one contestant's scores; a RunError says who there is."""
    for row in rows:
        if contestant not in row["answers"]:
            raise RunError(unknown("contestant", contestant, row["answers"]))
    return [float(row["answers"][contestant]["score"]) for row in rows]


def weights(rows: Sequence[Row], contestant: str) -> list[float]:
    """Collect what one contestant's scores weigh."""
    return [float(row["answers"][contestant].get("weight", 1.0)) for row in rows]


def compare(
    rows_a: Sequence[Row],
    contestant_a: str,
    rows_b: Sequence[Row],
    contestant_b: str,
    level: float = 0.95,
    *,
    name_a: str = "",
    name_b: str = "",
    higher_is_better: bool = True,
    seed: int = 0,
) -> Comparison:
    """Compare two contestants, of one run or of two, sample by sample; the rows are matched by id.

    Other samples on one side, or a sample with another target, are a RunError that names them. The names default to
    the contestants'.
    """
    pairs = matched(rows_a, rows_b)
    if not pairs:
        raise RunError("there are no answers to compare; score some held-out samples with `dsol eval`")
    a = scores([one for one, _ in pairs], contestant_a)
    b = scores([other for _, other in pairs], contestant_b)
    weights_a = weights([one for one, _ in pairs], contestant_a)
    weights_b = weights([other for _, other in pairs], contestant_b)
    gains = [one - other for one, other in zip(a, b, strict=True)]
    sign = 1 if higher_is_better else -1
    wins, losses = sum(sign * gain > 0 for gain in gains), sum(sign * gain < 0 for gain in gains)
    test, p = paired_p(a, b, seed, weights_a, weights_b)
    difference = paired_difference(a, b, level, seed, weights_a, weights_b)
    winner = ("a" if sign * difference.value > 0 else "b") if p < 1 - level and difference.value else ""
    return Comparison(
        a=name_a or contestant_a,
        b=name_b or contestant_b,
        a_score=estimate(a, level, seed, weights_a),
        b_score=estimate(b, level, seed, weights_b),
        difference=difference,
        wins=wins,
        losses=losses,
        ties=len(gains) - wins - losses,
        test=test,
        p=p,
        level=level,
        better=winner,
    )


def compare_slices(
    rows_a: Sequence[Row],
    contestant_a: str,
    rows_b: Sequence[Row],
    contestant_b: str,
    level: float = 0.95,
    **options: Any,
) -> dict[str, Comparison]:
    """Compare as `compare` does, on all samples and on each set and language; name of the slice -> comparison."""
    pairs = matched(rows_a, rows_b)
    other = {str(a["id"]): b for a, b in pairs}
    return {
        cut.name: compare(
            cut.rows, contestant_a, [other[str(row["id"])] for row in cut.rows], contestant_b, level, **options
        )
        for cut in slices(rows_a)
    }


def matched(rows_a: Sequence[Row], rows_b: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Pair rows of the same sample, in the order of `rows_a`; a RunError names those that have no partner."""
    first, second = _by_id(rows_a), _by_id(rows_b)
    only_a = [name for name in first if name not in second]
    only_b = [name for name in second if name not in first]
    if only_a or only_b:
        sides = [
            f"only the {which} has {_listed(ids)}" for which, ids in (("first", only_a), ("second", only_b)) if ids
        ]
        raise RunError(
            f"the answers are not of the same samples: {'; '.join(sides)}; score both on the same held-out sets"
        )
    changed = [name for name in first if first[name].get("target") != second[name].get("target")]
    if changed:
        raise RunError(f"the samples {_listed(changed)} have another target on each side; score both on the same files")
    return [(first[name], second[name]) for name in first]


def confidence(
    rows: Sequence[Row], contestant: str, level: float = 0.95, higher_is_better: bool = True
) -> Selective | None:
    """Measure what a contestant's confidence is worth, item by item where its answers have items; None without any."""
    right = [score if higher_is_better else 1 - score for score in scores(rows, contestant)]
    answers = [row["answers"][contestant] for row in rows]
    items = [item for one in answers for item in one.get("items", ())]
    if items:
        sure = [item["confidence"] for item in items]
        return selective(sure, [float(item["right"]) for item in items], [True] * len(items), level)
    return selective([one["confidence"] for one in answers], right, [one["source"] != "none" for one in answers], level)


def fewest(level: float) -> int:
    """Count the held-out samples that a release needs at least: fewer can't show a difference at this level."""
    return max(FEWEST, next(n for n in range(1, 10_000) if mcnemar(n, 0) < 1 - level))


def verdict(
    rows: Sequence[Row],
    level: float = 0.95,
    contestant: str = "combined",
    against: str = "baseline",
    higher_is_better: bool = True,
) -> Verdict:
    """Release a run only when it beats the baseline in the paired test, and is worse on no held-out set.

    Without a baseline, or with too few samples for a test, it isn't released, and the reasons say why.
    """
    there = contestants(rows)
    if contestant not in there or against not in there:
        missing = against if against not in there else contestant
        return Verdict(False, (f"There is no {missing} to compare with, so nothing shows that this is an upgrade.",))
    needed = fewest(level)
    if len(rows) < needed:
        return Verdict(
            False, (f"{len(rows)} held-out samples are too few for a test at level {level:g}; give at least {needed}.",)
        )
    whole = compare(rows, contestant, rows, against, level, higher_is_better=higher_is_better)
    reasons = [_worded(whole)]
    sign = 1 if higher_is_better else -1
    worse: set[str] = set()
    lost: list[str] = []
    noticed: list[str] = []
    for cut in slices(rows)[1:]:
        one = compare(cut.rows, contestant, cut.rows, against, level, higher_is_better=higher_is_better)
        known = {cut.set, cut.language} & worse if cut.set and cut.language else set()
        if sign * one.difference.value < 0 and not known:
            worse.add(cut.set or cut.language)
            # A language of a set may be a handful of samples: worth a look, not a veto.
            (lost if cut.set and not cut.language else noticed).append(
                f"For {cut.name} it is worse than the {against}: {one.a_score.value:.1%} against "
                f"{one.b_score.value:.1%} ({one.difference.samples} samples, p {in_words(one.p)})."
            )
    return Verdict(whole.better == "a" and not lost, (*reasons, *lost), tuple(noticed))


def in_words(p: float) -> str:
    """Word a p-value for a sentence or a table cell: "= 0.012", "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def _worded(one: Comparison) -> str:
    points = f"{abs(one.difference.value) * 100:.1f} points"
    low, high = (f"{bound * 100:+.1f}".replace("-", "−") for bound in (one.difference.low, one.difference.high))
    direction = "above" if one.difference.value > 0 else "below"
    outcome = {"a": "significantly better", "b": "significantly worse", "": "not significantly different"}[one.better]
    return (
        f"The {one.a} answers score {one.a_score.value:.1%}, the {one.b} {one.b_score.value:.1%}: "
        + (f"{points} {direction}" if one.difference.value else "no difference")
        + f" ({one.level:.0%} interval {low} to {high}), {outcome} ({one.test}, p {in_words(one.p)}, "
        f"{one.wins} won, {one.losses} lost, {one.ties} alike)."
    )


def _by_id(rows: Sequence[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if str(row["id"]) in found:
            raise RunError(
                f"sample id {row['id']!r} is there twice in one run's answers; score the run again with `dsol eval`"
            )
        found[str(row["id"])] = row
    return found


def _listed(ids: Sequence[str]) -> str:
    more = len(ids) - NAMED
    return ", ".join(repr(name) for name in ids[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _language(row: Row) -> str:
    return str(row.get("meta", {}).get("language") or "")
