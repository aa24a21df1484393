"""The one prompt of D2SPO: the passage first, what is asked about it last.

All prompts of a passage begin alike, so it is computed once for all batches of predicates (and pairs of names). The
other order, schema first, would share a batch over passages: less, because a passage takes more tokens than a batch.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dsol import Prompt
from dsol_d2spo.answers.lines import Read, read_labels, read_lines
from dsol_d2spo.language import language_of
from dsol_d2spo.learned.knowledge import Knowledge
from dsol_d2spo.learned.rules import Pair, pairs
from dsol_d2spo.learned.windows import near
from dsol_d2spo.names.marking import fitting, mark
from dsol_d2spo.names.mentions import Mention
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Triple

WORDS = {
    "en": "Extract triples from the text, in its own words. Answer with one JSON line for each: "
    '{"subject":...,"predicate":...,"object":...}. Answer none where no predicate holds.',
    "zh": "从文中抽取三元组，用原文的词语。每个三元组一行JSON："
    '{"subject":...,"predicate":...,"object":...}。没有则答无。',
}
MARKS = {
    "en": "Name the relation of «1» to «2», or none.",
    "zh": "说出«1»与«2»的关系，没有则答none。",
}
NOTHING = {"en": "none", "zh": "无"}
ASKED = {"en": "Predicates:", "zh": "谓词："}
LIKELY = "likely: "
UNLIKELY = 0.02  # what the rules give every predicate less is not asked about: a third of pairs, a twentieth of triples
SHOWN = 3  # predicates that the rules think likeliest
OFFERED = 6  # predicates that a pair is weighed by
SIGN = r'(?:[^"\\\x00-\x1f]|\\["\\/nrt])'
TEXT = rf'"(?:[^"\\\s\x00-\x1f]|\\["\\/]){SIGN}*"'  # a JSON string that isn't empty
OPEN = {"en": "Predicates: any that the text states.", "zh": "谓词：文中说到的都要。"}


def make_prompt(settings: Settings) -> Prompt:
    """Make the prompt; its inputs are the strings that `prompts` gives."""
    from langchain_core.prompts import ChatPromptTemplate

    template = ChatPromptTemplate.from_messages([("system", "{system}"), ("human", "{passage}\n{asked}")])
    return Prompt(template, parse, pattern) if settings.constrained else Prompt(template, parse)


def pattern(values: Mapping[str, Any]) -> str:
    """Give the regular expression of what may be answered to a prompt, which is what `target` writes."""
    said = json.loads(str(values.get("hidden") or "{}"))
    names = sorted(set(said.get("predicates", {}).values()))
    if "pair" in said:
        lines, nothing = "|".join(map(re.escape, names)), NOTHING["en"]
    else:
        predicate = "|".join(re.escape(json.dumps(name, ensure_ascii=False)) for name in names) or TEXT
        lines = rf'\{{"subject":{TEXT},"predicate":(?:{predicate}),"object":{TEXT}\}}'
        nothing = NOTHING[language_of(str(values["passage"]))]
    return f"(?:{lines})(?:\n(?:{lines}))*|{nothing}" if lines else nothing


def parse(completion: str, values: Mapping[str, Any]) -> Read:
    """Read the triples of a completion against its prompt's values; never raises."""
    said = json.loads(str(values.get("hidden") or "{}"))
    if "pair" in said:
        return read_labels(completion, Triple.model_validate(said["pair"]), said["predicates"])
    return read_lines(completion, said.get("predicates"), str(values.get("passage", "")))


def choices(values: Mapping[str, Any]) -> list[str]:
    """List the completions that are worth weighing for a prompt; none where it asks for words of the text.

    Of a pair of names: that nothing holds, each predicate that the rules think likeliest (the first ones of the schema
    where there are no rules), and the two likeliest together.
    """
    said = json.loads(str(values.get("hidden") or "{}"))
    names = list(said.get("offered") or ())
    if not names:
        return []
    return [NOTHING["en"], *names, *(["\n".join(names[:2])] if len(names) > 1 else [])]


def prompts(passage: str, schema: Schema, settings: Settings, knowledge: Knowledge) -> list[dict[str, str]]:
    """Give the values of every prompt that one passage needs: each batch of predicates, or each pair of names."""
    if settings.notation == "marks":
        return [pair_values(passage, *one, schema) for one in asked_pairs(passage, schema, knowledge)]
    return [prompt_values(passage, some) for some in batches(schema, settings)]


def batches(schema: Schema, settings: Settings) -> list[tuple[Predicate, ...]]:
    """Cut the schema into batches of predicates, those that are listed next to each other together."""
    named: dict[str, list[Predicate]] = {}
    for one in schema.predicates:
        named.setdefault(one.predicate, []).append(one)
    order = list(named.values())
    found = [order[at : at + settings.batch] for at in range(0, len(order), settings.batch)]
    return [tuple(one for some in batch for one in some) for batch in found] or [()]


def prompt_values(passage: str, predicates: Sequence[Predicate]) -> dict[str, str]:
    """Give what the prompt shows for a batch of predicates; none of them asks for whatever the passage states."""
    language = language_of(passage)
    names = {name: one.predicate for one in predicates for name in (*one.aliases, one.predicate)}
    return {
        "system": WORDS[language],
        "passage": passage,
        "asked": "\n".join([ASKED[language], *_listed(predicates)]) if predicates else OPEN[language],
        "hidden": json.dumps({"predicates": names} if predicates else {}, ensure_ascii=False),
    }


def target(triples: Sequence[Triple], language: str) -> str:
    """Write triples as the model is to write them, each once."""
    rows = dict.fromkeys((one.subject, one.predicate, one.object) for one in triples)
    lines = [_line(dict(zip(("subject", "predicate", "object"), row, strict=True))) for row in rows]
    return "\n".join(lines) or NOTHING[language]


def _line(row: Mapping[str, str]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def asked_pairs(
    passage: str, schema: Schema, knowledge: Knowledge, mentions: Sequence[Mention] = ()
) -> list[tuple[Pair, dict[str, float]]]:
    """List the pairs of names that are worth asking about, with how likely the rules hold each predicate.

    `mentions`: what the passage names, by default what is known to find there.
    """
    ends = mark(passage, mentions or knowledge.mentions(passage))
    found = []
    for pair in pairs(passage, ends, schema):
        chances = {name: 1 / (1 + math.exp(-score)) for name, score in knowledge.rules.scores(pair, schema)}
        if not knowledge.rules.weights or max(chances.values(), default=0.0) >= UNLIKELY:
            found.append((pair, chances))
    return found


def pair_values(passage: str, pair: Pair, chances: Mapping[str, float], schema: Schema) -> dict[str, str]:
    """Give what the prompt shows for a pair of names: both where they stand nearest, and what the rules think."""
    subject, object = pair.subject, pair.object
    said = Triple(subject=subject.name, predicate="", object=object.name, subject_type=subject.type,
                  object_type=object.type)  # fmt: skip
    named = {one.predicate: one.predicate for one in fitting(schema, subject.type, object.type)}
    ranked = sorted(chances, key=lambda one: -chances[one])
    shown = [name for name in ranked[:SHOWN] if chances[name] >= UNLIKELY]
    likely = ", ".join(f"{name} {min(9, int(10 * chances[name]))}" for name in shown)
    hidden = {"pair": said.model_dump(), "predicates": named, "offered": (ranked or list(named))[:OFFERED]}
    return {
        "system": MARKS[language_of(passage)],
        "passage": passage,
        "asked": f"{near(passage, pair)}\n{LIKELY}{likely or NOTHING['en']}",
        "hidden": json.dumps(hidden, ensure_ascii=False),
    }


def _listed(predicates: Sequence[Predicate]) -> list[str]:
    """Write each predicate once, with its types and what it means."""
    shown: dict[str, str] = {}
    for one in predicates:
        types = (
            f" ({one.subject_type or '*'} → {one.object_type or '*'})" if one.subject_type or one.object_type else ""
        )
        if one.predicate in shown:
            shown[one.predicate] = shown[one.predicate].replace(")", f"; {types[2:-1]})", 1) if types else ""
        else:
            shown[one.predicate] = types + (f": {one.description}" if one.description else "")
    return [f"- {name}{more}" for name, more in shown.items()]
