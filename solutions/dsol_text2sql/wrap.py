"""The object that a product embeds: candidates, guard, vote, repair, confidence, and who answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dsol import Answer, Baseline, Chat, Completion, Generate, unknown
from dsol_text2sql.baseline import draft
from dsol_text2sql.candidates import Candidate, attempt, signals, vote, weigh
from dsol_text2sql.databases.database import Database, open_databases
from dsol_text2sql.databases.results import asks_order, same
from dsol_text2sql.examples.samples import read_numberings
from dsol_text2sql.mending.meaning import mend_meaning
from dsol_text2sql.mending.oddities import WHOLE, oddities
from dsol_text2sql.mending.shown import mend_shown
from dsol_text2sql.mending.values import mend_values
from dsol_text2sql.notation.pointers import Pointers
from dsol_text2sql.notation.shorthand import Shorthand
from dsol_text2sql.prompt import make_prompt, prompt_values
from dsol_text2sql.question.linking import NameIndex
from dsol_text2sql.question.literals import Literal
from dsol_text2sql.question.questions import language_of, orders_a_change, tidy
from dsol_text2sql.question.strange import named, strange
from dsol_text2sql.question.values import Match, ValueIndex
from dsol_text2sql.rules.pieces import Knowledge, Question, cut
from dsol_text2sql.settings import Input, Output, Settings

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from dsol.calibration import Calibration

DOUBT = 0.5  # below this confidence an answer comes with a question back, where there is something to ask
CLEAR = 0.15  # how much better one column's match must be than another's to be no question
READ_ONLY = {
    "en": "I only read the database and change nothing in it; what would you like to see?",
    "zh": "我只能查询，不会改动数据库里的任何内容；您想查看什么？",
}


@dataclass(frozen=True)
class Place:
    """A database with what linking needs of it, made at first use."""

    database: Database
    aliases: Mapping[str, Any]
    order: Sequence[tuple[str, str]] = ()  # of the pointers' numbers
    heard: frozenset[str] = frozenset()  # what the questions that were learned from are made of

    @cached_property
    def shorthand(self) -> Shorthand:
        return Shorthand(self.database.schema, Pointers.of(self.knowledge.schema, known=self.order))

    @cached_property
    def values(self) -> ValueIndex:
        index = ValueIndex.build(self.database)
        return index.with_aliases(self.aliases) if self.aliases else index

    @cached_property
    def known(self) -> frozenset[str]:
        return self.heard | named(self.database.schema)

    @cached_property
    def names(self) -> NameIndex:
        return NameIndex(self.database.schema)

    @cached_property
    def knowledge(self) -> Knowledge:
        return Knowledge.of(self.database.schema, self.values)


@dataclass(frozen=True)
class Asked:
    """A question with what of the database it mentions, and the chat that asks the model."""

    question: str
    place: Place
    matches: tuple[Match, ...]
    literals: tuple[Literal, ...]
    values: Mapping[str, str]
    chat: Chat
    draft: str = ""

    @cached_property
    def pieces(self) -> Question:
        """The question cut into pieces, once for all queries that answer it."""
        return cut(self.question, self.place.knowledge)


def wrap(
    generate: Generate,
    settings: Settings,
    *,
    calibration: Calibration,
    baseline: Baseline | None,
    files: Mapping[str, Any],
) -> Runnable[Any, Answer[Output]]:
    """Make the Runnable: Input -> Answer[Output]; see the reason codes in `decide`."""
    from dsol.wrapping import Answering

    prompt = make_prompt(settings)
    aliases = files.get("aliases", {})
    orders, words = read_numberings(files), frozenset(files.get("heard", ()))
    places = {
        name: Place(database, aliases, orders.get(name, ()), words)
        for name, database in open_databases(settings).items()
    }

    def answer_all(inputs: Sequence[Input]) -> list[Answer[Output]]:
        answers: dict[int, Answer[Output]] = {}
        asked: dict[int, Asked] = {}
        for at, one in enumerate(inputs):
            name = one.database or (next(iter(places)) if len(places) == 1 else "")
            if name not in places:
                hint = "name one of them in `database`"
                message = unknown("database", one.database, places, hint)
                answers[at] = Answer(reason="unknown_database", ask=message)
            elif not one.question.strip():
                answers[at] = Answer(reason="empty_question", ask="What would you like to know?")
            elif orders_a_change(one.question):
                answers[at] = Answer(reason="read_only", ask=READ_ONLY[language_of(one.question)])
            else:
                asked[at] = ask(one.question, places[name])
        found = candidates(list(asked.values()))
        for at, some in zip(asked, found, strict=True):
            old = with_rows(baseline(inputs[at]), asked[at].place.database, settings) if baseline else (None, 0.0)
            rules = asked[at].draft
            run = attempt(rules, asked[at].place.database, settings.row_limit, settings.timeout) if rules else None
            answers[at] = decide(asked[at], some, calibration, old, run)
        return [answers[at] for at in range(len(inputs))]

    def ask(typed: str, place: Place) -> Asked:
        question = tidy(typed)
        matches = place.values.match(question, settings.matches)
        literals = place.values.literals(question)
        rules = draft(question, place.knowledge) if settings.draft else ""
        values = prompt_values(
            question,
            place.database.schema,
            matches,
            settings,
            literals=literals,
            names=place.names,
            draft=rules,
            shorthand=place.shorthand if settings.notation == "pointers" else None,
        )
        return Asked(question, place, matches, literals, values, prompt.chat(values), rules)

    def candidates(asked: Sequence[Asked]) -> list[list[Candidate]]:
        chats = [one.chat for one in asked]
        if not chats:
            return []
        greedy = generate(chats, max_new_tokens=settings.max_new_tokens)
        sampled: list[list[Completion]] = [[] for _ in chats]
        if settings.samples:
            sampled = generate(
                chats,
                samples=settings.samples,
                temperature=settings.temperature,
                max_new_tokens=settings.max_new_tokens,
            )
        known: dict[tuple[int, str], Candidate] = {}  # what samples agree on is read, and a slow query run, only once
        tried = [
            [tried_once(one, completion, False, known) for completion in some]
            for one, some in zip(asked, sampled, strict=True)
        ]
        for one, some, completion in zip(asked, tried, greedy, strict=True):
            some.insert(0, tried_once(one, completion[0], True, known))
        failed = [at for at, some in enumerate(tried) if not any(candidate.ran for candidate in some)]
        if settings.repair and failed:
            again = [repair_chat(chats[at], tried[at][0]) for at in failed]
            for at, completion in zip(failed, generate(again, max_new_tokens=settings.max_new_tokens), strict=True):
                tried[at].append(tried_once(asked[at], completion[0], False, known))
        return tried

    def tried_once(
        one: Asked, completion: Completion, greedy: bool, known: dict[tuple[int, str], Candidate]
    ) -> Candidate:
        key = (id(one), completion.text)
        if key not in known:
            output = prompt.parse(completion.text, one.values)
            known[key] = (
                attempted(one, output.sql) if output else Candidate("", None, "no_query", "the model wrote no query")
            )
        return weigh(known[key], completion, greedy)

    def attempted(one: Asked, written: str) -> Candidate:
        database = one.place.database
        sql = mend_values(written, database.schema, one.matches, one.literals, one.question)
        sql = mend_meaning(mend_shown(sql, one.place.knowledge, one.pieces), one.place.knowledge, one.pieces)
        tried = attempt(sql, database, settings.row_limit, settings.timeout)
        return replace(tried, odd=oddities(sql, database.schema, one.matches, one.literals)) if tried.ran else tried

    return Answering(Input, answer_all)


def with_rows(old: tuple[Output | None, float], database: Database, settings: Settings) -> tuple[Output | None, float]:
    """Run a baseline's query where it gave the SQL alone, as products' own do; one that can't be run stays as it is."""
    output, confidence = old
    if output is None or output.columns:
        return old
    result = attempt(output.sql, database, settings.row_limit, settings.timeout).result
    if result is None:
        return old
    return Output(sql=output.sql, columns=result.columns, rows=result.rows, truncated=result.truncated), confidence


def repair_chat(chat: Chat, failed: Candidate) -> Chat:
    """Ask once more, with the query that failed and the database's or the guard's message."""
    return [
        *chat,
        {"role": "assistant", "content": failed.sql or "SELECT"},
        {"role": "user", "content": f"That query fails: {failed.message}\nWrite it correctly."},
    ]


def decide(
    asked: Asked,
    tried: Sequence[Candidate],
    calibration: Calibration,
    old: tuple[Output | None, float],
    draft: Candidate | None = None,
) -> Answer[Output]:
    """Choose who answers. Reasons: ok, low_confidence (nobody is sure enough), no_query (nothing ran), fallback (the
    baseline is likelier right), ambiguous and unknown_value (abstained, with a question back).
    """
    elected = vote(tried, draft)
    measured: dict[str, float] | None = None
    output: Output | None = None
    if elected:
        chosen, agreeing = elected
        measured = signals(tried, chosen, agreeing, draft)
        measured["unlinked"] = float(bool(unfound(asked)))
        measured["strange"] = strange(asked.question, asked.place.known, asked.matches)
        assert chosen.result is not None
        output = Output(
            sql=chosen.sql, columns=chosen.result.columns, rows=chosen.result.rows, truncated=chosen.result.truncated
        )
    agree = None
    if output is not None and old[0] is not None:
        agree = same(output.rows, old[0].rows, ordered=asks_order(output.sql))
    evidence: dict[str, Any] = {
        "agree": agree,
        "signals": measured or {},
        "candidates": [{"sql": one.sql, "reason": one.reason} for one in tried],
        "matches": [f"{match.table}.{match.column} = {match.value}" for match in asked.matches],
    }
    who, confidence = calibration.decide(measured, old[1] if old[0] is not None else None, agree)
    reason, question = _question_back(asked)
    if who == "none":
        reason = reason or ("low_confidence" if elected else "no_query")
        return Answer(confidence=confidence, source="none", reason=reason, ask=question, evidence=evidence)
    return Answer(
        value=output if who == "model" else old[0],
        confidence=confidence,
        source=who,
        reason="ok" if who == "model" else "fallback",
        ask=question if confidence < DOUBT else "",
        evidence=evidence,
    )


def unfound(asked: Asked) -> list[str]:
    """List quoted strings of the question that are nothing in the database."""
    return [one.text for one in asked.literals if one.kind == "string"]


def _question_back(asked: Asked) -> tuple[str, str]:
    """Word a question where a name matches several columns about equally well, or nothing; ("", "") where neither."""
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in asked.question)
    for text in unfound(asked):
        return "unknown_value", (
            f"数据库里没有找到“{text}”，您指的是什么？" if chinese else f"I found no “{text}” here; what is it called?"
        )
    spans: dict[tuple[int, int], list[Match]] = {}
    for match in asked.matches:
        spans.setdefault((match.start, match.end), []).append(match)
    for matches in spans.values():
        best = max(match.score for match in matches)
        columns = sorted({f"{match.table}.{match.column}" for match in matches if match.score >= best - CLEAR})
        if best >= WHOLE and len(columns) > 1:
            text, names = matches[0].text, ", ".join(columns)
            return "ambiguous", (f"“{text}”指的是哪一个：{names}？" if chinese else f"Which one is “{text}”: {names}?")
    return "", ""
