"""Take the SQL out of what a model writes."""

from __future__ import annotations

import re

from dsol_text2sql.settings import Output

LONGEST = 20_000
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.I | re.S)
_FENCE = re.compile(r"```[ \t]*([\w+-]*)[ \t]*\n?(.*?)(?:```|\Z)", re.S)
_START = re.compile(
    r"\b(?:SELECT\b|WITH\s+(?:RECURSIVE\s+)?[^\s(]+\s*(?:\([^()]*\)\s*)?AS\s*(?:(?:NOT\s+)?MATERIALIZED\s*)?\()", re.I
)
_VERB_WORDS = (
    "select with insert update delete replace merge drop create alter truncate attach detach pragma vacuum copy grant"
    " revoke call explain set do begin commit execute load values show use"
)
_LEADING = re.compile(rf"\(*\s*(?:{_VERB_WORDS.replace(' ', '|')})\b", re.I)
_GOES_ON = re.compile(
    r"[\s(]*(?:;|SELECT|FROM|WHERE|GROUP|ORDER|HAVING|LIMIT|OFFSET|JOIN|LEFT|INNER|UNION|INTERSECT|EXCEPT|AND|OR|ON|WITH|"
    r"CROSS|RIGHT|FULL|WINDOW|CASE|WHEN|ELSE|END|\))",
    re.I,
)
_PIECES = re.compile(r"'(?:[^']|'')*'?|\"(?:[^\"]|\"\")*\"?|`[^`]*`?|--[^\n]*|/\*.*?(?:\*/|\Z)|;|\n[ \t]*\n\s*", re.S)


def parse(completion: str) -> Output | None:
    """Read the query of a completion; None where there is none. Never raises.

    Reads bare SQL, fenced SQL, SQL with sentences around it, SQL that a length limit cut off; leaves thoughts out.
    What follows the query stays when it is SQL as well, so that a guard gets to see a second statement.
    """
    text = _THOUGHT.sub("", completion[:LONGEST])
    text = re.sub(r"^.*</think(?:ing)?>", "", text, flags=re.S | re.I).strip()
    fenced = [(tag.lower(), body.strip()) for tag, body in _FENCE.findall(text)]
    for wanted in (lambda tag: tag.startswith("sql") or tag.endswith("sql"), lambda tag: True):
        for tag, body in fenced:
            if wanted(tag) and _LEADING.match(_uncommented(body)):
                return _output(body)
    if fenced:
        text = text.replace("```", "\n")
    if _LEADING.match(_uncommented(text)) and not re.match(r"\(*\s*with\b(?!.*\bAS\b)", text, re.I | re.S):
        return _output(_until_prose(text))
    start = _START.search(text)
    return _output(_until_prose(text[start.start() :])) if start else None


def _uncommented(text: str) -> str:
    """Drop the comments before the first word."""
    return re.sub(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))+", "", text, flags=re.S)


def _until_prose(text: str) -> str:
    """Cut where the query ends and sentences begin: after a semicolon or an empty line that no SQL follows."""
    for piece in _PIECES.finditer(text):
        rest = text[piece.end() :]
        if piece.group() == ";" and not _LEADING.match(_uncommented(rest)):
            return text[: piece.start()]
        if piece.group()[0] == "\n" and not (_GOES_ON.match(rest) or _LEADING.match(_uncommented(rest))):
            return text[: piece.start()]
    return text


def _output(sql: str) -> Output | None:
    cleaned = sql.strip().strip("`").rstrip("; \t\r\n").strip()
    return Output(sql=cleaned) if cleaned else None
