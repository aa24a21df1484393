"""Chinese for the English words that databases commonly use in names: general vocabulary, kept in words.txt."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from dsol_text2sql.synthesis.names import singular

_CLASSIFIERS = {
    "首": "歌曲 曲目",
    "张": "专辑 发票 照片 图片 账单 票",
    "家": "公司 银行 医院 餐厅 商店 酒店 企业 店铺 制造商 供应商 出版社 机构 品牌",
    "部": "电影 电视剧 作品 小说",
    "本": "书 书籍 图书 期刊",
    "座": "城市 山 山峰 桥 建筑",
    "条": "河流 路线 记录 评论 公路",
    "篇": "论文 文章",
    "所": "学校 大学 高校 学院",
    "支": "球队 队伍",
    "辆": "汽车 车辆",
    "门": "课程",
    "架": "飞机",
    "份": "订单 合同 文件 保单",
    "场": "比赛 演出 音乐会",
    "种": "类型 流派 语言 类别 货币 药物",
    "只": "宠物 狗 猫",
    "艘": "船",
    "间": "房间 教室",
    "趟": "航班",
}


@cache
def _dictionary() -> dict[str, tuple[str, ...]]:
    lines = files(__package__).joinpath("words.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" = ") for line in lines if line)
    return {english: tuple(chinese.split(" / ")) for english, chinese in pairs}


def spoken(phrase: str) -> list[str]:
    """Say an English name in Chinese, usual form first; a word that isn't known stays as it is."""
    known = _dictionary()
    for form in (phrase, singular(phrase)):
        if form in known:
            return list(known[form])
    parts = phrase.split()
    made: list[str] = []
    while parts:
        for length in range(len(parts), 0, -1):
            form = " ".join(parts[:length])
            found = known.get(form) or known.get(singular(form))
            if found:
                made.append(found[0])
                break
        else:
            length = 1
            made.append(parts[0] if parts[0] not in {"of", "the", "in", "and", "to"} else "")
        parts = parts[length:]
    return [_joined([piece for piece in made if piece])]


def _joined(pieces: list[str]) -> str:
    text = ""
    for piece in pieces:
        blank = text and text[-1].isascii() and piece[:1].isascii()
        text += (" " if blank else "") + piece
    return text


def classifier(noun: str, person: bool) -> str:
    """Choose the measure word that counts a noun."""
    if person:
        return "位"
    for word, nouns in _CLASSIFIERS.items():
        if any(noun.endswith(one) for one in nouns.split()):
            return word
    return "个"
