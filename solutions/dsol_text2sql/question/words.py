"""Words that carry grammar, not content: they never name a value, a table or a column by themselves."""

from __future__ import annotations

from functools import lru_cache

_ENGLISH = """
a about above across after again all also alphabetical alphabetically always am among an and any anybody anyone anything
are around as ascending asc at average avg
be been before being below beneath between beyond both bottom but by
can contain could count
de del descending desc did different display distinct do doe does done don down during
each earlier earliest either el else entire equal ever every everyone everything exactly exclude exist
far few fewer fewest find first five following for four from
get give given go greater greatest group had has have having he her here high higher highest him his how
i if in including individual into is it its itself
just kind la largest last late later latest least less let like list lo long longer longest lot low lower lowest
many match matching max maximum me mean min minimum minus more most much must my
name named need neither never no non none nor not nothing now number
of off old older oldest on once one only or order ordered other our out over own
per percent percentage please possible put
return run
same sb seven several shall she short shorter shortest should show shown since single six small smaller smallest so some
someone something sort sorted starting still such sum
t tell ten than that the their them then there these they thing third this those three through to together too top
total twice two type
under unique until up upon us use used using
value very via
second minute hour day week month year decade dollar dollars euro seconds minutes hours days weeks months years mb gb kb
want was we well were what when where whether which while who whole whom whose why will with within without would
y yes you young younger youngest your
"""
_CHINESE = """
的 了 在 是 有 和 与 及 或 哪 些 个 多少 什么 几 谁 每 各 所有 全部 最 大 小
高 低 多 少 长 短 给 我 请 列出 找出 显示 查询 查找 一 共 总 数 数量 名 名称
名字 按 从 到 以 上 下 中 里 内 外 前 后 并 且 而 但 不 没 没有 为 被 把 将
对 于 等 等于 大于 小于 超过 低于 至少 至多 平均 最大 最小 最高 最低 最多 最少 最长
最短 分别 是什么 哪个 哪些 哪里 何 怎么 如何 其 其中 它 他 她 们 他们 这 那 这个
那个 之 者 所 都 也 还 又 就 才 只 只有 仅 吗 呢 吧 啊 条 位 张 首 家 种 次
项 名单 信息 情况 由 比 更 较 时 时候 年 月 日 人 来自 属于 包含 包括 通过 经过
使用 住 拥有 具有
"""


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Hold the English and Chinese words that only carry grammar, in folded form."""
    return frozenset(_ENGLISH.split()) | frozenset(_CHINESE.split())


@lru_cache(maxsize=1)
def stop_characters() -> frozenset[str]:
    """Hold the single Chinese characters among the stop words."""
    return frozenset(word for word in _CHINESE.split() if len(word) == 1)


@lru_cache(maxsize=1)
def edge_characters() -> frozenset[str]:
    """Hold the Chinese characters that no name begins or ends with; unlike 大, 上 or 内 they occur in hardly any."""
    return frozenset(
        "的了在是有和与及或哪些个几谁每各最请给我按从到以并且而但不没为被把将对于等其这那之者所都也还又就才只吗呢吧啊么"
    )


@lru_cache(maxsize=1)
def articles() -> frozenset[str]:
    """Hold the words that a person may leave out of a name ("the beatles", "beatles")."""
    return frozenset({"the", "a", "an"})
