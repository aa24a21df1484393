"""What a pronoun, or a noun such as "the company", stands for: the subject of the sentence, or of one before."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dsol.folding import fold
from dsol_d2spo.names.naming import is_person
from dsol_d2spo.passages.pieces import sentence_at
from dsol_d2spo.triple import Span

Kind = Literal["", "person", "organisation", "place", "work", "thing"]
BACK = 3  # sentences
FAR = 2000  # characters; text without full stops is one long sentence
_PERSON = "he him his himself she her hers herself who whom whose 他 她 他的 她的 本人 此人 该人"
_THING = "it its itself which that this 它 它的 其 该"
_OPEN = "i me my we us our you your they them their themselves 我 我们 你 你们 您 他们 她们 它们 他们的 咱们 自己"
_NOUN = re.compile(
    r"(?:the|this|that|its?)\s+([a-z]+)|(?:该|本|此|这家|这座|这部|这个|这所|这支)([\u4e00-\u9fff]{1,4})"
)
_ORGANISATION = (
    "company firm group corporation bank organization organisation agency university school college team club band "
    "party airline institute 公司 集团 企业 银行 行 组织 机构 大学 学校 校 学院 球队 队 俱乐部 乐队 党 部门"
)
_PLACE = (
    "city town country village state province county district region river island lake mountain "
    "市 城市 县 镇 村 国 国家 省 地区 地 河 岛 湖 山 区"
)
_WORK = (
    "film movie album song book novel series show game single play 片 影片 电影 剧 书 小说 歌曲 专辑 歌 游戏 作品 曲"
)
_NOUNS: dict[str, Kind] = {
    **dict.fromkeys(_ORGANISATION.split(), "organisation"),
    **dict.fromkeys(_PLACE.split(), "place"),
    **dict.fromkeys(_WORK.split(), "work"),
}
_WORDS: dict[str, Kind] = {
    **dict.fromkeys(_PERSON.split(), "person"),
    **dict.fromkeys(_THING.split(), "thing"),
    **dict.fromkeys(_OPEN.split(), ""),
}
_TYPES: dict[Kind, tuple[str, ...]] = {
    "organisation": ("org", "机构", "企业", "公司", "学校", "组织", "团体"),
    "place": ("loc", "gpe", "place", "city", "countr", "地", "国家", "城市", "行政区"),
    "work": ("misc", "work", "film", "album", "book", "song", "作品", "图书", "影视", "歌曲"),
}
_NO_THING = ("time", "date", "num", "number", "日期", "时间", "数")


@dataclass(frozen=True)
class Mention:
    """A name where it stands, with its type ("" where that isn't known)."""

    start: int
    end: int
    name: str
    type: str


def kind_of(name: str) -> Kind | None:
    """Say what a word may stand for if it is no name but points at one: "" at something that no rule finds."""
    folded = fold(name).strip()
    if len(name) > 1 and name.isupper():  # US, IT
        return None
    if folded in _WORDS:
        return _WORDS[folded]
    noun = _NOUN.fullmatch(name.strip()) or _NOUN.fullmatch(name.strip()[:1].lower() + name.strip()[1:])
    return _NOUNS.get(noun[1] or noun[2]) if noun else None


def antecedent(kind: Kind, place: int, mentions: Sequence[Mention], sentences: Sequence[Span]) -> Mention | None:
    """Find the name that a pronoun at a place stands for: the first fitting one of its sentence before it, else of one
    of the sentences before.

    `mentions` and `sentences` in the text's order.
    """
    if not kind:
        return None
    here = sentence_at(place, sentences)
    for number in range(here, max(-1, here - BACK - 1), -1):
        end = min(sentences[number].end, place)
        first = bisect_left(mentions, max(sentences[number].start, place - FAR), key=lambda one: one.start)
        last = bisect_left(mentions, end, key=lambda one: one.start)
        fitting = [one for one in mentions[first:last] if one.end <= place and _fits(kind, one.type)]
        sure = [one for one in fitting if one.type]
        if sure or fitting:
            return (sure or fitting)[0]
    return None


def _fits(kind: Kind, type: str) -> bool:
    folded = fold(type)
    if not folded:
        return True
    if kind == "person" or is_person(type):
        return kind == "person" and is_person(type)
    if any(word in folded for word in _NO_THING):
        return False
    return kind == "thing" or any(word in folded for word in _TYPES[kind])
