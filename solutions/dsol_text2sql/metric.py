"""Execution accuracy: a prediction is right if it returns the rows of the gold query, here and on altered copies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from dsol import DataError, Metric, Sample, Score, unknown
from dsol_text2sql.databases.database import Database, open_databases
from dsol_text2sql.databases.results import asks_order, joined_operators, same, same_set, without_distinct
from dsol_text2sql.databases.suite import COPIES, ROWS, Agreement, Suite
from dsol_text2sql.query import QueryError, Result
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.diagnosis import error_class, hardness
from dsol_text2sql.sql.guard import Refused, check


@dataclass(frozen=True)
class Gold:
    """An accepted query as it is run: with DISTINCT kept, and without as the test-suite scorer does by default."""

    sql: str
    plain: str
    kept: Result
    dropped: Result


@dataclass(frozen=True)
class Verdict:
    """What running a prediction told; `reason` is the code of why it didn't run, empty if it did."""

    reason: str = ""
    right: bool = False
    right_with_distinct: bool = False
    right_as_set: bool = False
    on_copies: bool = False
    copies: int = 0


class ExecutionAccuracy:
    """Run gold and predicted query, compare rows, and keep what was run.

    `value` follows the test-suite scorer with its default of dropping DISTINCT; `detail` has the other readings too. A
    prediction runs only as the guard wrote it anew, and on read-only connections; so do the gold queries. Results are
    compared up to 100,000 rows, not up to the row limit of the settings.
    """

    name = "execution_accuracy"
    higher_is_better = True

    def __init__(self, settings: Settings, *, copies: int = COPIES) -> None:
        self._settings = settings
        self._copies = copies
        self._suites: dict[str, Suite] = {}
        self._golds: dict[tuple[str, str], Gold | str] = {}
        self._verdicts: dict[tuple[str, tuple[str, ...], str], Verdict] = {}

    def score(self, sample: Sample, output: Any) -> Score:
        """Score an answer with a field `sql`, or None.

        `sample.meta`: `sql` (the gold query or a list of accepted ones), `database` (its name, "" for the only one),
        `language`, and if wanted `template` and `hardness`. A sample whose gold query can't be run is a DataError.
        """
        database = self._database(sample)
        golds = self._accepted(sample, database)
        predicted = str(output.sql) if output is not None else ""
        key = (database.name, tuple(gold.sql for gold in golds), predicted)
        if key not in self._verdicts:
            verdict, right = self._judge(database, golds, predicted)
            self._verdicts[key] = self._on_copies(verdict, database, right, predicted)
        verdict = self._verdicts[key]
        first = golds[0].sql
        wrong = "" if verdict.right else error_class(first, predicted, database.schema, verdict.reason)
        detail = {
            "valid": not verdict.reason,
            "error_class": wrong,
            "hardness": sample.meta.get("hardness") or hardness(first, database.dialect),
            "language": sample.meta.get("language") or "en",
            "on_copies": verdict.on_copies,
            "copies": verdict.copies,
            "with_distinct": verdict.right_with_distinct,
            "as_set": verdict.right_as_set,
        }
        if "template" in sample.meta:
            detail["template"] = sample.meta["template"]
        return Score(1.0 if verdict.right else 0.0, detail)

    def brief(self, sample: Sample, output: Any) -> Score:
        """Score an answer without drawing copies, which is most of the work: they change no `value`."""
        database = self._database(sample)
        predicted = str(output.sql) if output is not None else ""
        verdict, _ = self._judge(database, self._accepted(sample, database), predicted)
        return Score(1.0 if verdict.right else 0.0)

    def reduce(self, scores: Sequence[Score]) -> dict[str, Any]:
        """Sum up: accuracy, and the same on the copies, with DISTINCT kept and as sets of rows; then tables.

        `copied` is the share of right answers that there were copies for; it is 0 for a server's database, where
        `on_copies` is the accuracy on the original alone.
        """
        right = [score for score in scores if score.value]
        return {
            "value": _share(scores, "value"),
            "valid_rate": _share(scores, "valid"),
            "on_copies": _share(scores, "on_copies"),
            "copied": sum(score.detail["copies"] > 0 for score in right) / len(right) if right else 0.0,
            "with_distinct": _share(scores, "with_distinct"),
            "as_set": _share(scores, "as_set"),
            "by_hardness": _table(scores, "hardness", ("easy", "medium", "hard", "extra")),
            "by_language": _table(scores, "language"),
            "error_classes": dict(
                Counter(score.detail["error_class"] for score in scores if not score.value).most_common()
            ),
        }

    @cached_property
    def _databases(self) -> Mapping[str, Database]:
        return open_databases(self._settings)

    def _database(self, sample: Sample) -> Database:
        name = str(sample.meta.get("database") or "")
        if not name and len(self._databases) == 1:
            return next(iter(self._databases.values()))
        if name not in self._databases:
            raise DataError([f"sample {sample.id}: {unknown('database', name, self._databases)}"])
        return self._databases[name]

    def _accepted(self, sample: Sample, database: Database) -> list[Gold]:
        """Run the accepted queries; those of a list that fail are left out, unless all do."""
        given = sample.meta.get("sql") or []
        queries = [given] if isinstance(given, str) else list(given)
        if not queries:
            raise DataError([f"sample {sample.id}: no gold query in meta.sql; every sample that is scored needs one"])
        found = [self._gold(query, database) for query in queries]
        golds = [gold for gold in found if isinstance(gold, Gold)]
        if not golds:
            reasons = dict.fromkeys(gold for gold in found if isinstance(gold, str))
            raise DataError(
                [f"sample {sample.id}: its gold query doesn't run on {database.name!r}: {reason}" for reason in reasons]
            )
        return golds

    def _gold(self, query: str, database: Database) -> Gold | str:
        key = (database.name, query)
        if key not in self._golds:
            sql = joined_operators(query)
            plain = without_distinct(sql)
            try:
                kept = database.execute(sql, row_limit=ROWS)
                dropped = kept if plain == sql else database.execute(plain, row_limit=ROWS)
                self._golds[key] = Gold(sql, plain, kept, dropped)
            except QueryError as error:
                self._golds[key] = f"{error} ({query})"
        return self._golds[key]

    def _judge(self, database: Database, golds: Sequence[Gold], predicted: str) -> tuple[Verdict, list[Gold]]:
        """Compare on the database alone; give the gold queries too that the prediction equals there."""
        if not predicted.strip():
            return Verdict(reason="no_answer"), []
        sql = joined_operators(predicted)
        plain = without_distinct(sql)
        try:
            kept = self._run(database, sql)
        except (Refused, QueryError) as error:
            return Verdict(reason=error.reason), []
        try:
            dropped = kept if plain == sql else self._run(database, plain)
            right = [gold for gold in golds if same(gold.dropped.rows, dropped.rows, ordered=asks_order(gold.sql))]
        except (Refused, QueryError):
            right = []
        with_distinct = any(same(gold.kept.rows, kept.rows, ordered=asks_order(gold.sql)) for gold in golds)
        as_set = any(same_set(gold.kept.rows, kept.rows) for gold in golds)
        return Verdict("", bool(right), with_distinct, as_set), right

    def _on_copies(self, verdict: Verdict, database: Database, right: Sequence[Gold], predicted: str) -> Verdict:
        """Compare on copies with the gold queries that the prediction equals on the database."""
        plain = without_distinct(joined_operators(predicted))
        on_copies, copies = False, 0
        for gold in right:
            guarded = check(plain, database.schema, row_limit=ROWS).sql
            # The gold query itself, written anew, agrees wherever it is run.
            alike = database.file is not None and guarded == _guarded(gold.plain, database)
            agreement = Agreement(True, self._copies) if alike else self._suite(database).agreement(gold.plain, guarded)
            copies = max(copies, agreement.copies)
            on_copies = on_copies or agreement.agrees
        return replace(verdict, on_copies=on_copies, copies=copies)

    def _run(self, database: Database, sql: str) -> Result:
        """Run a model's query: only what the guard let through and wrote anew."""
        return database.execute(check(sql, database.schema, row_limit=ROWS).sql, row_limit=ROWS)

    def _suite(self, database: Database) -> Suite:
        if database.name not in self._suites:
            self._suites[database.name] = Suite(database, timeout=self._settings.timeout, copies=self._copies)
        return self._suites[database.name]


def make_metrics(settings: Settings, files: Mapping[str, Any] = MappingProxyType({})) -> Sequence[Metric]:
    """Make the metrics of Text2SQL, the headline first; databases are opened when the first answer is scored."""
    return (ExecutionAccuracy(settings),)


def _guarded(sql: str, database: Database) -> str:
    """Write a gold query as the guard does; "" where it is none that the guard lets through."""
    try:
        return check(sql, database.schema, row_limit=ROWS).sql
    except Refused:
        return ""


def _share(scores: Sequence[Score], name: str) -> float:
    values = [score.value if name == "value" else float(score.detail[name]) for score in scores]
    return sum(values) / len(values) if values else 0.0


def _table(scores: Sequence[Score], name: str, order: Sequence[str] = ()) -> dict[str, dict[str, float]]:
    groups: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        groups[str(score.detail[name])].append(score.value)
    names = [name for name in order if name in groups] + sorted(groups.keys() - set(order))
    return {name: {"value": sum(groups[name]) / len(groups[name]), "count": len(groups[name])} for name in names}
