"""Words that ask for an operation: count, average, compare, order, group, negate; in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

UNITS = "个位张首条家种名部人座所场本件次笔份只支段"
LONG = ("millisecond", "length", "duration", "runtime", "时", "长")
SIZE = ("byte", "population", "area", "size", "capacity", "total", "amount", "人口", "面积", "大")
PRICE = ("price", "cost", "fee", "amount", "total", "价", "费", "额")
DATE = ("date", "year", "time", "日", "年")
BIRTH = ("birth", "born", "age", "出生", "年龄", "生")
HEIGHT = ("height", "altitude", "elevation", "高", "海拔")


@dataclass(frozen=True)
class Cue:
    """An operation that `text[start:end]` asks for.

    `kind`: count, sum, avg, max, min, extreme, compare, between, like, not, group, order, distinct, null, which, list.
    `value` refines it: "desc" or "asc", a comparison operator, a LIKE pattern around {}. `hints` are words of the
    columns that an adjective speaks of ("longest": length).
    """

    kind: str
    start: int
    end: int
    value: str = ""
    hints: tuple[str, ...] = field(default=())


# kind, value, hints, English pattern, Chinese pattern; earlier rows win where two overlap.
_RULES: tuple[tuple[str, str, tuple[str, ...], str, str], ...] = (
    (
        "mean",
        ">",
        LONG,
        r"longer than (?:the )?(?:overall )?(?:average|mean)",
        "长于(?:所有)?(?:总体)?(?:的)?平均(?:值|水平|时长|长度)?",
    ),
    (
        "mean",
        "<",
        LONG,
        r"shorter than (?:the )?(?:overall )?(?:average|mean)",
        "短于(?:所有)?(?:总体)?(?:的)?平均(?:值|水平|时长|长度)?",
    ),
    (
        "mean",
        ">",
        (),
        r"(?:above|over|greater than|longer than|higher than|more (?:\w+ )?than|"
        r"exceed\w*)[ -](?:the )?(?:overall )?(?:average|mean)",
        "(?:高于|超过|大于|长于|多于)(?:所有)?(?:总体)?(?:的)?平均(?:值|水平)?",
    ),
    (
        "mean",
        "<",
        (),
        r"(?:below|under|less than|shorter than|lower than|smaller than|"
        r"fewer than)[ -](?:the )?(?:overall )?(?:average|mean)",
        "(?:低于|小于|少于|短于)(?:所有)?(?:总体)?(?:的)?平均(?:值|水平)?",
    ),
    (
        "like",
        "{}%",
        (),
        r"(?:start|begin)(?:s|ning|ing)? (?:with|in)(?: the (?:letter|word)s?)?|with prefix",
        "开头|打头",
    ),
    ("like", "%{}", (), r"end(?:s|ing)? (?:with|in|on)(?: the (?:letter|word)s?)?", "结尾|收尾"),
    (
        "like",
        "%{}%",
        (),
        r"contain(?:s|ing)?(?: the)?(?: words?| strings?| letters?)?|with the words?|includ(?:e|es|"
        r"ing) the words?|having the words?",
        "包含|含有|带有|里带|中带|里有|字样|含",
    ),
    (
        "between",
        "",
        (),
        r"\bbetween\b|\bthrough\b|\bfrom(?= \d[\d.]* (?:to|until) \d)",
        r"介于|之间|(?<=\d)[到至](?=\d)",
    ),
    (
        "compare",
        ">=",
        (),
        r"\bat least\b|\bno (?:less|fewer|shorter) than\b|\bor (?:more|longer|above|later|higher)\b|"
        r"\bsince\b|\bminimum of\b|\bstarting (?:in|from)\b",
        "至少|不少于|不低于|不小于|以上|及以上|达到|自从|(?<=年)以来|起",
    ),
    (
        "compare",
        "<=",
        (),
        r"\bat most\b|\bno (?:more|longer|later|greater) than\b|\bor (?:less|fewer|shorter|below|"
        r"earlier)\b|\bup to\b|\bmaximum of\b",
        "至多|最多(?=[0-9一二两三四五六七八九十])|不超过|不多于|不高于|不大于|以下|以内",
    ),
    ("compare", ">", LONG, r"\blonger than\b|\blasting (?:more|over)(?: than)?\b", "长于|时长超过"),
    ("compare", "<", LONG, r"\bshorter than\b", "短于|时长不到"),
    (
        "compare",
        ">",
        PRICE,
        r"\bcost(?:s|ing)? (?:more|over)(?: than)?\b|\bpric(?:ed|ier) (?:above|over|than)\b|\bmore expensive than\b",
        "贵于|价格超过",
    ),
    ("compare", "=", PRICE, r"\bcost(?:s|ing)?\b|\bpriced(?: at)?\b|\bsold (?:for|at)\b", "售价(?:为|是)?|卖"),
    (
        "compare",
        "<",
        PRICE,
        r"\bcost(?:s|ing)? (?:less|under)(?: than)?\b|\bcheaper than\b|\bpriced (?:below|under)\b",
        "便宜于",
    ),
    ("compare", ">", DATE, r"\bafter\b|\blater than\b", "之后|以后|晚于"),
    ("compare", "<", DATE, r"\bbefore\b|\bearlier than\b|\bprior to\b", "之前|以前|早于"),
    ("compare", ">=", ("age", "年龄"), r"\bor older\b|(?<=\d) and (?:over|older)\b", "岁(?:及|或)?以上"),
    ("compare", "<=", ("age", "年龄"), r"\bor younger\b|(?<=\d) and younger\b", "岁(?:及|或)?以下"),
    ("compare", "<", BIRTH, r"\bolder than\b", "年长于"),
    ("compare", ">", BIRTH, r"\byounger than\b", "年轻于"),
    ("compare", ">", SIZE, r"\b(?:larger|bigger) than\b", "大于"),
    ("compare", "<", SIZE, r"\bsmaller than\b", "小于"),
    (
        "compare",
        ">",
        (),
        r"\b(?:more|greater|higher|taller) than\b|\bover\b|\babove\b|\bexceed(?:s|ing)?\b|\bbeyond\b|>",
        "超过|高于|多于|大过|超出",
    ),
    ("compare", "<", (), r"\b(?:less|fewer|lower) than\b|\bunder\b|\bbelow\b|<", "低于|少于|不到|不足|未满"),
    ("compare", "=", (), r"\bequals?(?: to)?\b|\bexactly\b|\bjust\b|\bonly\b", "等于|只有|仅有|恰好|正好|刚好"),
    (
        "order",
        "desc",
        (),
        r"\b(?:in )?descending(?: order)?\b|\bdesc\b|(?:largest|highest|biggest|longest|most|latest|"
        r"newest)(?: \w+)? first\b|from (?:the )?(?:most|high\w*|large\w*|long\w*|big\w*|z|new\w*|"
        r"lat\w*) to (?:the )?\w+|\breverse\b",
        "降序|倒序|从高到低|从大到小|从多到少|从长到短|从晚到早|从新到旧|逆序",
    ),
    (
        "order",
        "asc",
        (),
        r"\b(?:in )?ascending(?: order)?\b|(?:smallest|lowest|shortest|fewest|oldest|earliest|"
        r"cheapest)(?: \w+)? first\b|from (?:the )?(?:least|few\w*|low\w*|small\w*|short\w*|a|old\w*|"
        r"earl\w*) to (?:the )?\w+",
        "升序|从低到高|从小到大|从少到多|从短到长|从早到晚|从旧到新",
    ),
    (
        "order",
        "label",
        (),
        r"\b(?:in )?alphabetical(?:ly)?(?: order)?\b|\ba[ -]?(?:to|-)[ -]?z\b",
        "(?:按)?(?:字母|拼音)(?:顺序)?(?:排序|排列)?",
    ),
    (
        "order",
        "",
        (),
        r"\b(?:sort|order|rank|arrang)(?:ed|ing)?(?: \w+)? by\b|\bsort(?:ed)?\b|\bordered\b|"
        r"\bin (?:the )?order of\b",
        "排序|排列|排一下|排个序",
    ),
    ("extreme", "desc", (), r"\bmost (?:common|frequent(?:ly)?|popular|often)\b", "(?:出现)?最(?:常见|普遍|频繁)"),
    ("extreme", "asc", (), r"\bleast (?:common|frequent(?:ly)?|popular|often)\b", "最(?:不常见|罕见)"),
    ("extreme", "desc", LONG, r"\blongest\b", "最长"),
    ("extreme", "asc", LONG, r"\bshortest\b", "最短"),
    ("extreme", "desc", PRICE, r"\bmost expensive\b|\bpriciest\b|\bdearest\b|\bcostliest\b", "最贵"),
    ("extreme", "asc", PRICE, r"\bcheapest\b|\bleast expensive\b", "最便宜"),
    ("extreme", "asc", BIRTH, r"\boldest\b|\beldest\b", "最老|最年长|(?:年纪|年龄|岁数)最大"),
    ("extreme", "desc", BIRTH, r"\byoungest\b", "最年轻|(?:年纪|年龄|岁数)最小"),
    ("extreme", "desc", DATE, r"\bmost recent(?:ly)?\b|\blatest\b|\bnewest\b|\blast\b(?! name)", "最新|最近|最晚|最后"),
    ("extreme", "asc", DATE, r"\bearliest\b", "最早|最先"),
    ("extreme", "desc", ("population", "people", "人口"), r"\bmost (?:populous|populated)\b", "人口最多"),
    ("extreme", "asc", ("population", "people", "人口"), r"\bleast (?:populous|populated)\b|\bsparsest\b", "人口最少"),
    ("extreme", "desc", ("density",), r"\bdensest\b|highest population density", "人口密度最大|人口密度最高"),
    ("extreme", "desc", HEIGHT, r"\btallest\b", "最高"),
    ("extreme", "desc", SIZE, r"\blargest\b|\bbiggest\b|\bgreatest\b", "最大"),
    ("extreme", "asc", SIZE, r"\bsmallest\b|\btiniest\b", "最小"),
    (
        "extreme",
        "desc",
        (),
        r"\bhighest\b|\bbest\b|\bmost\b|\bmaximum\b|\bmax\b|\btop\b",
        "最多|最高|最好|最佳|排名?第一|最",
    ),
    ("extreme", "asc", (), r"\blowest\b|\bfewest\b|\bleast\b|\bminimum\b|\bmin\b|\bworst\b", "最少|最低|最差|垫底"),
    ("avg", "", (), r"\baverages?\b|\bmean\b|\bavg\b|\bon average\b", "平均|均值"),
    (
        "count",
        "",
        (),
        r"\bhow many\b|\b(?:total )?(?:number|count|amount)s? of\b|\bcount(?: up)?\b|\bnumber\b(?= does| do| is)",
        rf"(?:一共|总共|共)?(?:有)?(?:多少|几)(?:不同的?|种不同的?)?[{UNITS}]|(?:一共|总共|共)?有多少|"
        rf"总数|数量|个数|总量|计数|(?<=[曲目辑客工票户歌人员市流湖山州河])数(?!据)|多少(?=客|员|专|歌|发|"
        rf"艺|曲|城|州|河|湖|山|学|人)",
    ),
    (
        "sum",
        "",
        (),
        r"\bsum\b|\btotal(?:s|ed|led)?\b|\bcombined\b|\boverall\b|\bhow much\b|\baltogether\b",
        "总和|总计|合计|总共|一共|累计|总(?=额|金额|价|时长|销|收|营|消|花|字节|长|大小|人口|面积)|多少钱",
    ),
    (
        "group",
        "",
        (),
        r"\bfor (?:each|every)\b|\bper\b|\beach\b|\bevery\b|\bgrouped by\b|\bbroken down by\b",
        rf"每一?[{UNITS}]?|各个?(?!有|自|是|占|卖|含)|分组|按照?(?=.{{1,8}}(?:统计|分组|计|汇总|列出|显示|"
        rf"算|看|分))|按照?",
    ),
    (
        "distinct",
        "",
        (),
        r"\bdistinct\b|\bdifferent\b|\bunique\b|\bno (?:repeats|duplicates)\b|\bwithout (?:repeats|"
        r"duplicates|repetition)\b",
        "不同|去重|不重复",
    ),
    (
        "null",
        "",
        (),
        r"\b(?:is|are)? ?(?:missing|null|empty|blank|unknown|not (?:known|given|recorded|specified|set|listed))\b",
        "为空|空缺|缺失|未知|没填|未填|没有填写|没有记录",
    ),
    (
        "not",
        "",
        (),
        r"\b(?:not|never|no(?!\.)|without|isn't|aren't|don't|doesn't|didn't|haven't|hasn't|excluding|"
        r"except|other than|non|outside|lacks?|lacking|neither)\b",
        "没有|从未|从没|没|未(?!知)|不(?!同|少|多|超|低|到|足|大|小|高)|非(?!洲|常)|除了?|以外|之外",
    ),
    ("which", "", (), r"\bwh(?:ich|at|o|ose|om|ere|en)\b", rf"哪一?[些{UNITS}]?|什么|谁"),
    (
        "list",
        "",
        (),
        r"\b(?:list|show|give|find|display|return|get|tell)\b|^name\b",
        "列出|显示|查询|查找|找出|给出|查看|列举|展示|查|找|统计",
    ),
)


@cache
def _patterns() -> tuple[tuple[str, str, tuple[str, ...], re.Pattern[str]], ...]:
    return tuple(
        (kind, value, hints, re.compile(f"{english}|{chinese}")) for kind, value, hints, english, chinese in _RULES
    )


def cues(text: str) -> list[Cue]:
    """Find the operations that a folded question asks for, in its order, without overlaps."""
    found: list[Cue] = []
    free = [True] * len(text)
    for cue in _all(text):
        if all(free[cue.start : cue.end]):
            free[cue.start : cue.end] = [False] * (cue.end - cue.start)
            found.append(cue)
    return sorted(found, key=lambda cue: cue.start)


def _all(text: str) -> Iterator[Cue]:
    for kind, value, hints, pattern in _patterns():
        for match in pattern.finditer(text):
            if match.end() > match.start():
                yield Cue(kind, match.start(), match.end(), value, hints)
