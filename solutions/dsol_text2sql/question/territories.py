"""Know countries, languages and large cities by their names in English and Chinese, so that 法国 finds the cell France.

Names come from the Unicode CLDR as the babel library carries it; demonyms and everyday short names, which CLDR lacks,
are listed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from dsol_text2sql.question.text import keys

LOCALES = ("en", "zh_Hans", "zh_Hant")
ENOUGH = 0.5  # a column holds countries if at least this share of its values are names of some
MARKED = ("country", "nation", "territory", "language", "国", "语", "籍")
TOWNS = ("city", "town", "capital", "市", "首都")

_EVERYDAY = """
US: usa, america, united states of america, american, 美国, 美利坚
GB: uk, great britain, britain, england, british, 英国
CN: mainland china, people's republic of china, chinese, 中国; DE: german, 德国; FR: french, 法国
IT: italian, 意大利; ES: spanish, 西班牙; PT: portuguese, 葡萄牙; BR: brazilian, 巴西; CA: canadian, 加拿大
AU: australian, 澳大利亚, 澳洲; JP: japanese, 日本; RU: russian, russia, 俄罗斯
KR: south korea, korea, korean, republic of korea, 韩国, 南韩; KP: north korea, 朝鲜, 北韩; MX: mexican, 墨西哥
AR: argentine, argentinian, 阿根廷; IN: indian, 印度; CL: chilean, 智利; PE: peruvian, 秘鲁
CO: colombian, 哥伦比亚; AT: austrian, 奥地利; BE: belgian, 比利时; NL: dutch, holland, the netherlands, 荷兰
CH: swiss, 瑞士; SE: swedish, 瑞典; NO: norwegian, 挪威; DK: danish, 丹麦; FI: finnish, 芬兰; PL: polish, 波兰
HU: hungarian, 匈牙利; GR: greek, 希腊; IE: irish, 爱尔兰; CZ: czech republic, czech, 捷克, 捷克共和国
SK: slovak, 斯洛伐克; RO: romanian, 罗马尼亚; BG: bulgarian, 保加利亚; TR: turkey, turkish, 土耳其
UA: ukrainian, 乌克兰; IL: israeli, 以色列; EG: egyptian, 埃及; ZA: south african, 南非
NZ: new zealander, 新西兰, 纽西兰; SG: singaporean, 新加坡; TH: thai, 泰国; VN: vietnamese, 越南
ID: indonesian, 印尼; MY: malaysian, 马来西亚; PH: filipino, philippine, 菲律宾; TW: taiwan, 台湾
HK: hong kong, 香港; MO: macau, 澳门; SA: saudi, 沙特, 沙特阿拉伯; IR: iranian, 伊朗; IQ: iraqi, 伊拉克
AE: uae, emirati, 阿联酋; CU: cuban, 古巴; IS: icelandic, 冰岛; HR: croatian, 克罗地亚; RS: serbian, 塞尔维亚
NG: nigerian, 尼日利亚; KE: kenyan, 肯尼亚
"""


def known_names(columns: Iterable[tuple[str, str, str, Sequence[str | int]]]) -> dict[str, list[tuple[str, str, str]]]:
    """Give the other names of countries, languages and large cities among the values of (table, column, kind, values).

    Only columns that hold mostly such names, or are called so, are taken: a person named Chad stays a person.
    """
    codes = _codes()
    aliases: dict[str, list[tuple[str, str, str]]] = {}
    for table, column, kind, values in columns:
        texts = [value for value in values if isinstance(value, str)] if kind == "text" else []
        town = any(mark in column.lower() for mark in TOWNS)
        marked = any(mark in column.lower() for mark in MARKED)
        named = [
            (value, code)
            for value in texts
            for code in codes.get(_key(value), ())
            # A code of two or three letters, or a town's name, means that only where the column says so.
            if (town if code.startswith("city:") else len(value) > 3 or not value.isascii() or marked)
        ]
        if len(texts) < 2 or not named:
            continue
        if not town and len({value for value, _ in named}) < ENOUGH * len(texts):
            continue
        for value, code in named:
            for name in _names()[code]:
                if _key(name) != _key(value):
                    targets = aliases.setdefault(name, [])
                    targets.extend([(table, column, value)] if (table, column, value) not in targets else [])
    return aliases


def _key(name: str) -> str:
    return " ".join(keys(name))


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Map "territory:FR", "language:fr", "city:Europe/Paris" to their names and codes."""
    from babel import Locale
    from babel.core import get_global

    names: dict[str, dict[str, None]] = {}
    for locale in map(Locale.parse, LOCALES):
        for kind, found in (("territory", locale.territories), ("language", locale.languages)):
            for code, name in found.items():
                if code.isalpha():
                    names.setdefault(f"{kind}:{code}", {})[str(name)] = None
        for zone, found in locale.time_zones.items():
            english = zone.rpartition("/")[2].replace("_", " ")
            if "city" in found:
                names.setdefault(f"city:{zone}", {english: None})[str(found["city"])] = None
    for entry in _EVERYDAY.replace("\n", ";").split(";"):
        if entry.strip():
            code, _, further = entry.partition(":")
            names[f"territory:{code.strip()}"].update(dict.fromkeys(name.strip() for name in further.split(",")))
    for three, (two, *rest) in get_global("territory_aliases").items():
        if not rest and len(three) == 3 and three.isalpha() and f"territory:{two}" in names:
            names[f"territory:{two}"][three] = None
    return {code: tuple(found) for code, found in names.items()}


@cache
def _codes() -> dict[str, tuple[str, ...]]:
    """Map folded names, and the codes themselves, to what they name."""
    codes: dict[str, dict[str, None]] = {}
    for code, names in _names().items():
        for name in (*names, code.partition(":")[2]):
            codes.setdefault(_key(name), {})[code] = None
    return {key: tuple(found) for key, found in codes.items()}
