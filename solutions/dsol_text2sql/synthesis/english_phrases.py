"""English noun phrases and conditions: "tracks longer than 5 minutes", "customers from Brazil"."""

from __future__ import annotations

import random
import unicodedata

from dsol_text2sql.synthesis.lexicon import AGENT, DEGREES, DONE_BY, HOLDERS, MAKERS, Degree
from dsol_text2sql.synthesis.meaning import Attribute, Entity, Relation, Value
from dsol_text2sql.synthesis.names import article, listing, plural, words
from dsol_text2sql.synthesis.request import Asked, Condition, Path
from dsol_text2sql.synthesis.synonyms import VERBS

Phrase = tuple[str, str]  # after a noun ("from Brazil"), as a plural predicate ("come from Brazil")
MORE = ("more than {}", "over {}", "above {}", "greater than {}", "higher than {}", "exceeding {}")
LESS = ("less than {}", "under {}", "below {}", "lower than {}", "smaller than {}")
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 8: "eight", 10: "ten"}


def names(a: Attribute, subject: Entity) -> bool:
    """Tell whether a label is a name, so that rows are "called" by it; a code is not."""
    last = a.english[0].rpartition(" ")[2]
    return last in ("name", "title", "label") or last == subject.english[0].rpartition(" ")[2] or bool(a.refers)


class Voice:
    """Say one question's nouns, names and values; what is called one thing stays called so."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.called: dict[object, str] = {}
        self.before: Condition | None = None
        self.lower = source.random() < 0.12
        self.quote = source.choices(("", '"', "'"), (0.72, 0.18, 0.1))[0]

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def _first(self, options: tuple[str, ...], usual: float) -> str:
        if len(options) == 2 and options[0] in options[1]:
            usual = 0.88
        return options[0] if len(options) == 1 or self.random.random() < usual else self.random.choice(options[1:])

    def noun(self, entity: Entity) -> str:
        return self.called.setdefault(entity.table, self._first(entity.english, 0.8))

    def nouns(self, entity: Entity) -> str:
        return plural(self.noun(entity))

    def name(self, attribute: Attribute) -> str:
        return self.called.setdefault((attribute.table, attribute.column), self._first(attribute.english, 0.7))

    def role(self, relation: Relation | None, entity: Entity) -> str:
        if relation and relation.own_role and relation.parent == entity.table:
            return self.called.setdefault(relation, self._first(relation.english, 0.6))
        return self.noun(entity)

    def value(self, value: Value, bare: bool = False) -> str:
        if isinstance(value, int | float):
            return self.number(value)
        text = value.strip()
        if self.lower:
            text = text.lower()
            if self.random.random() < 0.4:
                text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        return text if bare or not self.quote or self.quote in text else f"{self.quote}{text}{self.quote}"

    def number(self, value: float) -> str:
        if value in NUMBERS and self.random.random() < 0.25:
            return NUMBERS[int(value)]
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() else f"{value:.10f}".rstrip("0")
        return f"{value:,}" if abs(value) >= 10000 and self.random.random() < 0.3 else str(value)

    def labels(self, entity: Entity, many: bool, whole: tuple[Attribute, ...] = ()) -> str:
        """Name what names an entity: "names", "full names", "titles"."""
        labels = whole or entity.labels
        if len(labels) == 2:
            if many:
                return self.pick("names", "full names", "first and last names", "first names and last names")
            return self.pick("name", "full name", "first and last name", "first name and last name")
        name = self.name(labels[0])
        return plural(name) if many else name

    def asked(self, asked: tuple[Asked, ...], entity: Entity, many: bool) -> str:
        """Name the columns that are asked for, those of related things by their owner's noun."""
        said: list[str] = []
        waiting = list(asked)
        while waiting:
            one = waiting.pop(0)
            pair = [one, *waiting[:1]]
            whole = tuple(a.attribute for a in pair)
            if not one.via and len(entity.labels) == 2 and whole == entity.labels:
                said.append(self.labels(entity, many))
                waiting.pop(0)
                continue
            name = self.name(one.attribute)
            if one.via:
                relation = one.via[-1].relation
                owner = self.called.setdefault(relation, self._first(relation.english, 0.7))
                if one.via[-1].end != entity.table and name.startswith(owner) or owner == self.noun(entity):
                    pass
                elif waiting and waiting[0].via == one.via and len(pair) == 2:
                    waiting.pop(0)
                    name = f"{owner} name"
                elif not name.startswith(owner):
                    name = owner if name in ("name", "title") and self.random.random() < 0.3 else f"{owner} {name}"
            said.append(plural(name) if many else name)
        return listing(said)

    def phrase(self, condition: Condition, subject: Entity, related: Entity) -> Phrase:
        """Say a condition of the subject, or of what is related to it."""
        if condition.via and related.english != subject.english:
            return self._related(condition, related, subject)
        return self.random.choice(self._own(condition, subject))

    def _degree(self, a: Attribute, more: bool, value: str) -> list[Phrase]:
        degree = DEGREES.get(a.sense, Degree())
        found = []
        for form in degree.more if more else degree.less:
            said = form.format(value) if "{}" in form else f"{form} {value}"
            if form.startswith(("that ", "who ")):
                found.append((said, said.partition(" ")[2]))
            else:
                found.append((said, f"{'have' if form.startswith('with') else 'are'} {said.removeprefix('with ')}"))
        return found

    def unit(self, a: Attribute, value: Value) -> str:
        """Say a limit with the unit that the column's name gives."""
        number = self.value(value)
        last = a.english[0].rpartition(" ")[2]
        if a.column.lower() in {"milliseconds", "duration_ms"} and isinstance(value, int | float):
            if value % 60000 == 0 and self.random.random() < 0.8:
                count = int(value // 60000)
                return f"{count} minute{'s' * (count != 1)}"
            if value % 1000 == 0 and self.random.random() < 0.5:
                return f"{int(value // 1000)} seconds"
            return f"{number} milliseconds"
        return f"{number} {last}" if last in {"bytes", "seconds", "minutes", "hours", "milliseconds"} else number

    def _own(self, c: Condition, subject: Entity) -> list[Phrase]:
        a, name = c.attribute, self.name(c.attribute)
        person = subject.person
        who = "who" if person else "that"
        values = [self.value(value) for value in c.values]
        if c.name:
            full = self.value(f"{c.values[0]} {c.values[1]}")
            return [
                (f"named {full}", f"are named {full}"),
                (f"called {full}", f"are called {full}"),
                (f"with the name {full}", f"have the name {full}"),
            ]
        v = values[0] if values else ""
        match c.operator:
            case "=" if a.verb:
                verb = self.pick(*VERBS[a.verb][0])
                return [(f"that {verb} {v}", f"{verb} {v}")] * 3 + [(f"in {v}", f"are in {v}")]
            case "=" if a.role == "label" and names(a, subject):
                titled = [(f"titled {v}", f"are titled {v}")] if "title" in name else []
                return (
                    [
                        (f"named {v}", f"are named {v}"),
                        (f"called {v}", f"are called {v}"),
                        (f"with the {name} {v}", f"have the {name} {v}"),
                        *titled,
                    ]
                    if len(subject.labels) == 1
                    else [(f"whose {name} is {v}", f"have the {name} {v}"), (f"with {name} {v}", f"have {name} {v}")]
                )
            case "=" if a.role == "place":
                move = (
                    [
                        (f"from {v}", f"are from {v}"),
                        (f"living in {v}", f"live in {v}"),
                        (f"who live in {v}", f"live in {v}"),
                    ]
                    if person
                    else [(f"located in {v}", f"are located in {v}"), (f"from {v}", f"are from {v}")]
                )
                return [
                    (f"in {v}", f"are in {v}"),
                    *move,
                    (f"whose {name} is {v}", f"have {v} as their {name}"),
                    (f"in the {name} {v}" if a.sense != "country" else f"in {v}", f"are in {v}"),
                ]
            case "=" if a.role == "date":
                return [(f"with {name} {v}", f"have the {name} {v}"), (f"whose {name} is {v}", f"have {v} as {name}")]
            case "=":
                plain = [
                    (f"with {name} {v}", f"have {name} {v}"),
                    (f"whose {name} is {v}", f"have {v} as their {name}"),
                    (f"{who} have {name} {v}", f"have {name} {v}"),
                ]
                if a.role == "measure":
                    plain = [
                        (f"with {article(name)} of {v}", f"have {article(name)} of {v}"),
                        (f"whose {name} is {v}", f"have {article(name)} of {v}"),
                        (f"whose {name} equals {v}", f"have {article(name)} equal to {v}"),
                    ]
                    if a.sense == "year":
                        plain.append((f"from {v}", f"are from {v}"))
                last = name.rpartition(" ")[2]
                if last in AGENT and last in DONE_BY:
                    plain += [
                        (f"by {v}", f"are by {v}"),
                        (f"{DONE_BY[last]} {v}", f"are {DONE_BY[last]} {v}".replace("are by", "are by")),
                    ] * 2
                if name.endswith(("type", "category", "genre", "status", "kind")):
                    plain.append((f"of {name} {v}", f"are of {name} {v}"))
                return plain
            case "!=" if a.role == "place":
                return [
                    (f"not from {v}", f"are not from {v}"),
                    (f"{who} are not in {v}", f"are not in {v}"),
                    (f"outside {v}", f"are outside {v}"),
                    (f"whose {name} is not {v}", f"do not have {v} as their {name}"),
                ]
            case "!=":
                return [
                    (f"whose {name} is not {v}", f"do not have the {name} {v}"),
                    (f"with {article(name)} other than {v}", f"have {article(name)} other than {v}"),
                    (f"without the {name} {v}", f"do not have the {name} {v}"),
                ]
            case ">" | "<":
                v = self.unit(a, c.values[0])
                more = c.operator == ">"
                form = self.random.choice(MORE if more else LESS).format(v)
                year = (
                    [(f"{'after' if more else 'before'} {v}", f"are from {'after' if more else 'before'} {v}")]
                    if a.sense == "year"
                    else []
                )
                plain = [
                    (f"with {article(name)} {form}", f"have {article(name)} {form}"),
                    (f"whose {name} is {form}", f"have {article(name)} {form}"),
                ]
                return year * 2 + self._degree(a, more, v) * 2 + plain
            case ">=" | "<=":
                v = self.unit(a, c.values[0])
                form = (
                    self.pick(f"at least {v}", f"no less than {v}", f"{v} or more")
                    if c.operator == ">="
                    else self.pick(f"at most {v}", f"no more than {v}", f"{v} or less")
                )
                return [
                    (f"with {article(name)} of {form}", f"have {article(name)} of {form}"),
                    (f"whose {name} is {form}", f"have {article(name)} of {form}"),
                ]
            case "between":
                return [
                    (
                        f"with {article(name)} between {v} and {values[1]}",
                        f"have {article(name)} between {v} and {values[1]}",
                    ),
                    (
                        f"whose {name} is between {v} and {values[1]}",
                        f"have {article(name)} between {v} and {values[1]}",
                    ),
                    (f"with {article(name)} from {v} to {values[1]}", f"have {article(name)} from {v} to {values[1]}"),
                ]
            case "in":
                each = listing(values, "or")
                if a.role == "place":
                    return [
                        (f"from {each}", f"are from {each}"),
                        (f"in {each}", f"are in {each}"),
                        (f"in either {each}", f"are in {each}"),
                    ]
                return [
                    (f"with {name} {each}", f"have {name} {each}"),
                    (f"whose {name} is {each}", f"have {name} {each}"),
                    (f"whose {name} is either {each}", f"have {name} {each}"),
                ]
            case "contains":
                word = "the word " if len(str(c.values[0])) > 3 else self.pick("the letters ", "the substring ")
                return [
                    (f"whose {name} contains {v}", f"have {article(name)} containing {v}"),
                    (f"with {v} in {self.pick('the', 'their')} {name}", f"have {v} in their {name}"),
                    (f"whose {name} includes {word}{v}", f"have {word}{v} in the {name}"),
                    (f"with {word}{v} in the {name}", f"contain {word}{v} in their {name}"),
                ]
            case "starts" | "ends":
                verb = ("start", "begin") if c.operator == "starts" else ("end", "finish")
                verb1 = self.pick(*verb)
                letter = self.pick("", "the letter ") if len(str(c.values[0])) == 1 else ""
                return [
                    (
                        f"whose {name} {verb1}s with {letter}{v}".replace("finishs", "finishes"),
                        f"have {article(name)} that {verb1}s with {letter}{v}".replace("finishs", "finishes"),
                    ),
                    (
                        f"with {article(name)} {'starting' if c.operator == 'starts' else 'ending'} with {letter}{v}",
                        f"have {article(name)} {'starting' if c.operator == 'starts' else 'ending'} with {letter}{v}",
                    ),
                ]
            case "null":
                return [
                    (f"without {article(name)}", f"have no {name}"),
                    (f"with no {name}", f"do not have {article(name)}"),
                    (f"whose {name} is missing", f"lack {article(name)}"),
                    (f"whose {name} is unknown", f"have an unknown {name}"),
                ]
            case "not null":
                return [
                    (f"with {article(name)}", f"have {article(name)}"),
                    (f"{who} have {article(name)}", f"have {article(name)}"),
                ]
            case "year":
                y = str(c.values[0])
                return self._dated(a, name, person, f"in {y}") + [
                    (f"whose {name} is in {y}", f"have {article(name)} in {y}"),
                    (f"with {article(name)} in {y}", f"have {article(name)} in {y}"),
                ]
            case "years":
                when = self.pick(f"between {c.values[0]} and {c.values[1]}", f"from {c.values[0]} to {c.values[1]}")
                return [
                    *self._dated(a, name, person, when),
                    (f"with {article(name)} {when}", f"have {article(name)} {when}"),
                    (f"whose {name} is {when}", f"have {article(name)} {when}"),
                ]
            case "after" | "before":
                day = str(c.values[0])
                if day.endswith("-01-01") and c.operator == "before":
                    day = self.pick(day[:4], day)
                return self._dated(a, name, person, f"{c.operator} {day}") + [
                    (f"with {article(name)} {c.operator} {day}", f"have {article(name)} {c.operator} {day}"),
                    (
                        f"whose {name} is {self.pick('later than', 'after') if c.operator == 'after' else self.pick('earlier than', 'before')} {day}",
                        f"have {article(name)} {c.operator} {day}",
                    ),
                ]
        return [(f"whose {name} {c.operator} {v}", f"have {name} {c.operator} {v}")]

    def _dated(self, a: Attribute, name: str, person: bool, when: str) -> list[Phrase]:
        words = set(a.english[0].split())
        for shown, verb in (
            ("birth", "born"),
            ("hire", "hired"),
            ("release", "released"),
            ("order", "ordered"),
            ("founded", "founded"),
            ("opening", "opened"),
            ("death", "died"),
        ):
            if shown in words:
                return [
                    (f"{verb} {when}", f"were {verb} {when}"),
                    (f"{'who' if person else 'that'} were {verb} {when}", f"were {verb} {when}"),
                ] * 2
        return [(f"from {when[3:]}", f"are from {when[3:]}")] * 2 if when.startswith("in ") and not person else []

    def _related(self, c: Condition, related: Entity, subject: Entity) -> Phrase:
        relation = c.via[-1].relation
        up = all(step.up for step in c.via)
        owner = self.role(relation, related)
        who = "who" if subject.person else "that"
        if c.attribute.role == "label" and c.operator == "=":
            text = f"{c.values[0]} {c.values[1]}" if c.name else str(c.values[0])
            v = self.value(text)
            last = owner.rpartition(" ")[2]
            if up and not relation.own_role:
                options = [
                    (f"of the {owner} {v}", f"belong to the {owner} {v}"),
                    (f"{who} belong to the {owner} {v}", f"belong to the {owner} {v}"),
                    (f"of {v}", f"belong to {v}"),
                    (f"whose {owner} is {v}", f"have {v} as their {owner}"),
                    (f"with {owner} {v}", f"have the {owner} {v}"),
                ]
                if last in MAKERS or related.english[0] in MAKERS:
                    options += [
                        (f"by {v}", f"are by {v}"),
                        (f"by the {owner} {v}", f"are by the {owner} {v}"),
                        (f"from {v}", f"are from {v}"),
                    ] * 2
                elif last in HOLDERS:
                    options += [
                        (f"in the {owner} {v}", f"are in the {owner} {v}"),
                        (f"in the {v} {owner}", f"are in the {v} {owner}"),
                        (f"from the {owner} {v}", f"are from the {owner} {v}"),
                    ] * 2
                elif related.person:
                    options += [
                        (f"of {v}", f"belong to {v}"),
                        (f"from {v}", f"are from {v}"),
                        (f"for {v}", f"are for {v}"),
                    ]
                return self.random.choice(options)
            if up:
                return self.random.choice(
                    [
                        (f"whose {owner} is {v}", f"have {v} as their {owner}"),
                        (f"with {v} as {owner}", f"have {v} as {owner}"),
                        (f"with the {owner} {v}", f"have the {owner} {v}"),
                    ]
                )
            linked = len(c.via) > 1 and related.table != subject.table
            if subject.person and sold(c.via):
                bought = self.pick("bought", "purchased", "ordered")
                thing = self.pick(f"the {owner} {v}", v, f"{article(owner)} called {v}")
                return f"who {self.pick('', 'have ')}{bought} {thing}", f"{self.pick('', 'have ')}{bought} {thing}"
            options = [
                (f"with the {owner} {v}", f"have the {owner} {v}"),
                (f"{who} have {article(owner)} called {v}", f"have {article(owner)} called {v}"),
                (f"with {article(owner)} named {v}", f"have {article(owner)} named {v}"),
            ]
            if linked or subject.english[0].rpartition(" ")[2] in HOLDERS:
                options += (
                    [
                        (f"{who} contain the {owner} {v}", f"contain the {owner} {v}"),
                        (f"containing the {owner} {v}", f"contain {v}"),
                        (f"{who} include the {owner} {v}", f"include the {owner} {v}"),
                    ]
                    if not subject.person
                    else []
                )
            return self.random.choice(options)
        post, predicate = self.random.choice(self._own(c, related))
        if up:
            return self.random.choice(
                [
                    (f"of {plural(owner)} {post}", f"belong to {plural(owner)} {post}"),
                    (f"whose {owner} {_third(predicate)}", f"have {article(owner)} {post}"),
                ]
            )
        if subject.person and len(c.via) > 1 and sold(c.via):
            bought = self.pick("bought", "purchased", "ordered")
            return f"who {bought} {plural(owner)} {post}", f"{bought} {plural(owner)} {post}"
        return self.random.choice(
            [
                (f"with {plural(owner)} {post}", f"have {plural(owner)} {post}"),
                (f"{who} have {article(owner)} {post}", f"have {article(owner)} {post}"),
                (f"{who} have {plural(owner)} {post}", f"have {plural(owner)} {post}"),
            ]
        )


def sold(via: Path) -> bool:
    """Tell whether a way leads down through purchases."""
    return len(via) > 1 and bool(
        set(words(via[0].end))
        & {"invoice", "order", "orders", "purchase", "purchases", "sale", "sales", "bill", "transaction"}
    )


PREMODIFIERS = frozenset("genre type category kind gender sex nationality style language color colour".split())


def premodifier(c: Condition, related: Entity) -> str:
    """Give a condition's value as a word before the noun where people say it so: "Rock" tracks; else ""."""
    value = c.values[0] if len(c.values) == 1 else ""
    if (
        c.operator != "="
        or not isinstance(value, str)
        or not value.replace(" ", "").isalpha()
        or len(value) < 3
        or value.count(" ") > 1
    ):
        return ""
    if c.via:
        fits = (
            len(c.via) == 1
            and c.via[0].up
            and c.attribute.role == "label"
            and related.english[0].rpartition(" ")[2] in PREMODIFIERS
        )
    else:
        fits = c.attribute.role == "category" and c.attribute.english[0].rpartition(" ")[2] in PREMODIFIERS
    return value if fits else ""


def _third(predicate: str) -> str:
    """Turn a plural predicate into the third person: "are from X" -> "is from X"."""
    verb, _, rest = predicate.partition(" ")
    forms = {"are": "is", "have": "has", "were": "was", "do": "does", "lack": "lacks"}
    return f"{forms.get(verb, verb + 's')} {rest}"
