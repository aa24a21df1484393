"""Read what a model wrote: one JSON line a triple, however mangled; what is dropped comes with the reason.

Small models cut lines off, repeat them, mix quotes and brackets of two scripts, wrap lists around lines and echo their
prompt. Nothing of that raises, and one bad line costs no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsol.folding import fold
from dsol_d2spo.characters import sound
from dsol_d2spo.triple import Dropped, Triple

LONGEST = 300  # characters of an end, above which it is a passage and no name
WHOLE = 2000  # characters of a line, above which it is none
SHOWN = 200  # characters of a dropped piece that are kept
KEYS = {
    "subject": ("subject", "subj", "s", "head", "h", "主语", "主体", "头实体"),
    "predicate": ("predicate", "pred", "p", "relation", "rel", "r", "谓词", "谓语", "关系"),
    "object": ("object", "obj", "o", "tail", "t", "宾语", "客体", "尾实体"),
    "subject_type": ("subject_type", "主体类型"),
    "object_type": ("object_type", "客体类型"),
}
NONE = frozenset({"none", "no", "nothing", "n/a", "[]", "{}", "无", "没有", "null", ""})
_OWNER = {fold(name): key for key, names in KEYS.items() for name in names}
_SIGNS = str.maketrans("｛｝［］【】：，“”„＂「」『』‘’\u00a0", "{}[][]:," + '"' * 8 + "'' ")
_DECODER = json.JSONDecoder()
_OPENING = re.compile(r"[{｛\[［【]")
_OBJECT = re.compile(r"[{｛][^{}｛｝]*[}｝]?")
_ARRAY = re.compile(r"[\[［【][^\[\]［］【】{}｛｝]*[\]］】]?")
_FIELD = re.compile(
    r"""(?:["'“”„＂「『‘’]\s{0,9})?(?P<key>[A-Za-z_\u4e00-\u9fff]{1,12})\s{0,99}["'“”„＂「」』‘’]?\s{0,99}"""
    r"""[:：=]\s{0,99}"""
    r"""(?:["“„＂「『](?P<one>(?:\\.|[^"”＂」』\\\n])*)(?P<end>["”＂」』]?)|['‘](?P<two>(?:\\.|[^'’\\\n])*)(?P<close>['’]?)"""
    r"""|(?P<bare>[^,，;；{}｛｝\[\]"'\n]+))"""
)
_STRING = re.compile(r"""["“„＂「『]((?:\\.|[^"”＂」』\\\n])*)["”＂」』]|['‘]((?:\\.|[^'’\\\n])*)['’]""")


@dataclass(frozen=True)
class Read:
    """What was read of a completion, in its order, and what was not, each with a reason code.

    Reasons: "malformed" (no subject, predicate and object can be made out), "truncated" (cut off), "repeated",
    "unknown_predicate", "echo" (words of the prompt), "too_long", "same_ends".
    """

    triples: tuple[Triple, ...] = ()
    dropped: tuple[Dropped, ...] = ()


def read_lines(completion: str, predicates: Mapping[str, str] | None = None, passage: str = "") -> Read:
    """Read all triples of a completion; `predicates` maps the names that count (None: any) to those they stand for."""
    known = {fold(name): stands for name, stands in (predicates or {}).items()}
    triples: dict[Triple, None] = {}
    dropped: list[Dropped] = []
    for piece, fields, whole in _pieces(completion, passage):
        triple, reason = _triple(fields, whole, known if predicates else None)
        if triple is not None and triple in triples:
            triple, reason = None, "repeated"
        if triple is not None:
            triples[triple] = None
        elif reason:
            dropped.append(Dropped(text=sound(piece.strip()[:SHOWN]), reason=reason))
    return Read(tuple(triples), tuple(dropped))


def read_labels(completion: str, pair: Triple, predicates: Mapping[str, str]) -> Read:
    """Read the predicates that a completion names for a pair, one a line."""
    known = {fold(name): stands for name, stands in predicates.items()}
    triples: dict[Triple, None] = {}
    dropped: list[Dropped] = []
    for line in completion.replace(";", "\n").replace("；", "\n").splitlines():
        said = line.strip().strip("\"'“”.。,，-").strip()
        if fold(said) in NONE:
            continue
        name = known.get(fold(said))
        if name is None:
            dropped.append(Dropped(text=sound(said[:SHOWN]), reason="unknown_predicate"))
            continue
        triple = pair.model_copy(update={"predicate": name})
        if triple in triples:
            dropped.append(Dropped(text=said[:SHOWN], reason="repeated"))
        triples[triple] = None
    return Read(tuple(triples), tuple(dropped))


def _pieces(completion: str, passage: str) -> Iterator[tuple[str, Mapping[str, Any] | None, bool]]:
    """Yield each piece that may be a triple: its text, its fields, and whether it is closed.

    Fields are None for what holds none; lines that only say that there is nothing give no piece.
    """
    start, at = 0, 0
    while opening := _OPENING.search(completion, at):
        at = opening.start()
        piece = _piece(completion, at)
        fields = _fields(piece) if piece[0] in "{｛" else _listed(piece)
        if fields is None and piece[0] not in "{｛":
            at += 1  # a bracket around lines, or in prose
            continue
        yield from _rest(completion[start:at], passage)
        start = at = at + len(piece)
        yield piece, fields, piece[-1] in "}｝]］】"
    yield from _rest(completion[start:], passage)


def _piece(completion: str, at: int) -> str:
    """Give what begins with a bracket: a whole JSON object where there is one, whose text may hold brackets itself."""
    if completion[at] == "{":
        try:
            value, end = _DECODER.raw_decode(completion[at : at + WHOLE])
            if isinstance(value, dict) and not any(isinstance(one, dict | list) for one in value.values()):
                return completion[at : at + end]
        except (ValueError, RecursionError):
            pass
    found = (_OBJECT if completion[at] in "{｛" else _ARRAY).match(completion, at)
    return found.group() if found else completion[at]


def _rest(text: str, passage: str) -> Iterator[tuple[str, Mapping[str, Any] | None, bool]]:
    """Look at what stands outside of brackets: lines without them, code fences, prose, echoes of the prompt."""
    for line in text.splitlines():
        bare = line.strip().strip("`[]［］【】,，.。;；{}｛｝\"'“”").strip()
        if fold(bare) in NONE or bare in ("json", "jsonl"):
            continue
        fields = _fields(line)
        if fields is not None and len(fields) >= 3:
            yield line, fields, True
        elif len(bare) > 8 and bare in passage:
            yield line, {"echo": bare}, True
        else:
            yield line, fields, True


def _fields(piece: str) -> dict[str, str] | None:
    """Read a JSON object, or else whatever keys and values can be made out."""
    try:
        value = json.loads(piece)
        if isinstance(value, dict):
            named = {_OWNER.get(fold(str(key)), ""): one for key, one in value.items()}
            return {key: str(one) for key, one in named.items() if key and isinstance(one, str | int | float)}
    except (ValueError, RecursionError):
        pass
    found: dict[str, str] = {}
    for match in _FIELD.finditer(piece):
        key = _OWNER.get(fold(match["key"]))
        if key is None or key in found:
            continue
        value = next(one for one in (match["one"], match["two"], match["bare"]) if one is not None)
        cut = match.end() == len(piece) and match["bare"] is None and not (match["end"] or match["close"])
        found[key] = "" if cut else _unescaped(value).strip()
    return found or None


def _listed(piece: str) -> dict[str, str] | None:
    """Read `["subject", "predicate", "object"]`."""
    try:
        value = json.loads(piece.translate(_SIGNS))
    except (ValueError, RecursionError):
        value = [_unescaped(one or two) for one, two in _STRING.findall(piece)]
    if isinstance(value, list) and len(value) == 3 and all(isinstance(one, str) for one in value):
        return dict(zip(("subject", "predicate", "object"), value, strict=True))
    return None


def _triple(
    fields: Mapping[str, Any] | None, whole: bool, known: Mapping[str, str] | None
) -> tuple[Triple | None, str]:
    if fields is not None and "echo" in fields:
        return None, "echo"
    values = {key: sound(" ".join(str(one).split())) for key, one in (fields or {}).items()}
    if not all(values.get(key) for key in ("subject", "predicate", "object")):
        return None, "malformed" if whole else "truncated"
    if values["subject"] == values["predicate"] == values["object"] or set(values.values()) == {"..."}:
        return None, "echo"  # the form that the prompt shows
    if max(len(values["subject"]), len(values["object"])) > LONGEST:
        return None, "too_long"
    if known is not None:
        name = known.get(fold(values["predicate"]))
        if name is None:
            return None, "unknown_predicate"
        values["predicate"] = name
    if fold(values["subject"]) == fold(values["object"]):
        return None, "same_ends"
    return Triple(**{key: one for key, one in values.items() if key in KEYS}), ""


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text.replace('\\"', '"').replace("\\\\", "\\")
