"""Word a request as one Chinese question or instruction."""

from __future__ import annotations

import random
from collections.abc import Mapping

from dsol_text2sql.synthesis.chinese.groups import GROUPS
from dsol_text2sql.synthesis.chinese.joined import JOINED
from dsol_text2sql.synthesis.chinese.lists import LISTS
from dsol_text2sql.synthesis.chinese.voice import Voice
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.request import Request

FORMS = {**LISTS, **GROUPS, **JOINED}
ASKING = ("什么", "哪", "多少", "几", "谁", "吗", "何时", "多长", "多大", "多高", "怎")


def ask(request: Request, world: World, source: random.Random, aliases: Mapping[str, str]) -> str:
    """Word a request; `aliases` says values in Chinese (Canada -> 加拿大)."""
    said = FORMS[request.form](request, world, Voice(source, aliases)).strip()
    draw = source.random()
    if any(word in said for word in ASKING):
        return said + ("？" if draw < 0.7 else "?" if draw < 0.82 else "")
    return said + ("。" if draw < 0.45 else "")
