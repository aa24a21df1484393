"""What Chinese clauses say of two things, around verbs that commonly relate them; names there have no capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CLAUSE = re.compile(r"[^，。；！？、,;!?\n\r]+")
_NAME = re.compile(r"[^\W_]{2,16}\Z")
# Verbs between two names.
_VERBS = (
    "总部位于 总部设在 总部设于 位于 坐落于 坐落在 地处 隶属于 隶属 属于 归属于 出生于 生于 出生在 诞生于 逝世于 "
    "病逝于 卒于 毕业于 就读于 任教于 任职于 就职于 供职于 效力于 加盟 加入 成立于 创立于 创建于 创办于 建立于 "
    "始建于 建于 发行于 出版于 上映于 首播于 收购 收购了 并购 控股 投资 入股 创立 创立了 创办 创办了 创建 创建了 "
    "主演 执导 导演了 撰写 创作了 发明了 发现了 设计了 生产 研发 担任 出任 兼任 获得 荣获 嫁给 娶了 父亲是 "
    "母亲是 妻子是 丈夫是 儿子是 女儿是 董事长是 总裁是 创始人是 首都是 首府是 省会是 流经 注入 毗邻 接壤 盛产 "
    "主产于 分布于 来自"
)
# Longer ones first, so that 总部位于 isn't read as 位于.
_VERB = re.compile("|".join(sorted(_VERBS.split(), key=len, reverse=True)))
# 由李文博创立: the verb stands behind the name, and what was founded before or in an earlier clause.
_BY = re.compile(
    r"由([^\W_]{2,16}?)(?:于\d{4}年)?(创立|创办|创建|成立|设计|执导|导演|主演|编剧|作曲|作词|演唱|撰写|出版|发行|出品|制作|生产|研发|开发"
    r"|建造|收购|控股|投资|管理|运营|主持)"
)
_LEADING = re.compile(
    r"^(?:但|而|并|且|其|该|此外|同时|后来|随后|目前|现|曾|曾经|已|将|于?\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?)+"
)
_TRAILING = re.compile(r"(?:曾经|曾|已经|已|将|正式|成功|先后|主要|目前|现|并|则|也)+$")
_WHERE = re.compile(r"(?<=..)在[^\W_]{2,14}$")  # 陈嘉怡在华晨光学担任工程师
_ENDING = re.compile(r"(?:的|了|等|工作|任教|学习|之一)$")


@dataclass(frozen=True)
class Clause:
    """Two things and what a clause says of them, in its own words; `subject` is "" where an earlier clause has it."""

    subject: str
    phrase: str
    object: str


def clauses(text: str) -> Iterator[Clause]:
    """Yield what the clauses of a Chinese text say of two things, where a common verb stands between them."""
    for found in _CLAUSE.finditer(text):
        clause = found.group().strip()
        passive = _BY.search(clause)
        if passive:
            yield Clause(_bare(clause[: passive.start()]), f"由…{passive[2]}", passive[1])
            continue
        verb = _VERB.search(clause, 1)
        if verb:
            subject, object = _bare(clause[: verb.start()]), _ENDING.sub("", clause[verb.end() :].strip("《》“” "))
            if _NAME.match(object) and _NAME.match(subject):
                yield Clause(subject, verb.group().removesuffix("了"), object)


def _bare(text: str) -> str:
    bare = _TRAILING.sub("", _LEADING.sub("", text.strip("《》“” ")))
    return _WHERE.sub("", bare).strip("《》“” ")
