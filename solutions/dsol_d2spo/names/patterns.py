"""Names, dates and numbers by their shape alone, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?"
)
YEAR = r"(?:1[0-9]|20)\d\d"
_DATE = re.compile(
    rf"\b\d{{1,2}} {MONTH},? {YEAR}\b|\b{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? {YEAR}\b|\b{MONTH} {YEAR}\b"
    rf"|\b{MONTH} \d{{1,2}}\b|\b\d{{1,2}} {MONTH}(?!\w)|\b{YEAR}s?(?: ?[–-] ?(?:{YEAR}|\d\d))?\b"
    r"|\b\d{1,2}(?:th|st|nd|rd) century\b"
    r"|\d{2,4}年(?:\d{1,2}月(?:\d{1,2}[日号])?|初|底|末)?|\d{1,2}月\d{1,2}[日号]|(?<!\d)\d{4}-\d\d?-\d\d?(?!\d)"
)
_NUMBER = re.compile(
    r"(?<![\w.])[$€£¥]? ?\d(?:[\d,.]{0,40}\d)?(?: ?(?:million|billion|thousand|percent|per cent|%|km|kg|m))?(?![\w])"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|hundred)\b"
    r"|\d(?:[\d,.]{0,40}\d)?(?:[万亿]+(?:美元|欧元|港元|元|人|股|吨)?|%|元|名|家|个)"
)
_UPPER = r"[A-ZÀ-ÖØ-ÞŠŽĀ-Ž]"
_WORD = rf"(?:{_UPPER}[\w'’.&-]*(?<![.'’-])|{_UPPER}\.)"
_LINK = (
    r"(?:of the|of|the|de la|de|la|le|du|del|da|di|dos|von|van der|van|der|den|for|in the|on the|al|el|bin|ibn|y|e|&"
    r"|'s)"
)
_NAME = re.compile(rf"{_WORD}(?:(?: |-)(?:{_LINK} )?{_WORD}|, Jr\.| \d{{1,3}}(?=\W|$))*")
_QUOTED = re.compile(r"《([^》]{1,30})》|“([^”]{2,20})”|「([^」]{1,20})」|『([^』]{1,20})』|\"([^\"\n]{2,60})\"")
_LATIN = re.compile(r"[A-Za-z][\w.&·-]*(?: [A-Za-z0-9][\w.&-]*)*")
_HAN = "\u3400-\u9fff"
_EDGE = "，。；：！？、（）()《》“”\"'\\s,.;:!?—…·<>"
# Words behind which, and before which, a Chinese name may begin or end.
_WORDS = (
    "由|与|和|及|被|在|于|向|对|从|将|把|让|给|为|是|的|了|以|任|称|据|至|到|自|跟|同|而|但|若|该|其|之一|旗下|公司|董事长"
    "|总裁|总经理|主席|创始人|教授|记者|作家|导演|演员|日|月|年|号|收购|控股|出任|担任|加入|加盟|成立|创办|创立|位于|来自"
    "|毕业于"
)
_BEFORE = tuple(_WORDS.split("|"))
_KINDS = (
    "股份有限公司|有限责任公司|有限公司|集团公司|集团|公司|银行|证券|保险|基金|控股|股份|科技|资本|投资|信托|大学|学院|中学|小学"
    "|研究院|研究所|实验室|医院|博物馆|图书馆|出版社|报社|电视台|委员会|管理局|协会|学会|基金会|联盟|俱乐部|法院|政府|国资委"
    "|证监会|银监会|发改委|交易所|工厂|酒店|航空|汽车|电器|电子|传媒|影业|地产|能源|药业|生物|石化|钢铁|重工|制药"
)
_PLACES = "特别行政区|自治区|自治州|自治县|新区|开发区|省|市|县|区|镇|乡|村|州|岛|山|河|湖|路|街|港|国"
_SURNAME = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗方俞任袁柳鲍史唐"
    "费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元顾孟黄穆萧尹姚邵汪祁毛狄贝明计成戴宋庞熊纪舒屈项祝董梁杜阮蓝闵"
    "席季贾路江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万柯卢莫房解应宗丁宣邓单洪包左石崔龚程邢裴陆荣翁荀甄曲封靳焦侯宁"
    "仇甘厉祖武符刘景詹龙叶司黎温庄晏瞿阎慕连习艾向古易廖聂辛简饶曾关蒯查后荆游权盖岳帅涂敖商牟佘"
)
_ENDING = re.compile(f"{_KINDS}|{_PLACES}")
_PERSON = re.compile(
    rf"(?:欧阳|上官|司马|诸葛|东方|皇甫|[{_SURNAME}])[{_HAN}]{{1,2}}(?=[{_EDGE}]|$|出生|生于|毕业|先生|女士|教授|博士|表示|认为|介绍|指出"
    "|说|称|任|担任|出任|加入|创办|创立|成立|在|于|是|为|和|与|的|被|曾|从|已|将)"
)
_INSIDE = re.compile(f"[{_HAN}A-Za-z0-9]")
LONGEST = 14  # characters before an organisation's ending


def dates(text: str) -> Iterator[tuple[int, int]]:
    """Find dates and years."""
    return (found.span() for found in _DATE.finditer(text))


def numbers(text: str) -> Iterator[tuple[int, int]]:
    """Find numbers, with their unit."""
    return (found.span() for found in _NUMBER.finditer(text))


def capitalised(text: str) -> Iterator[tuple[int, int]]:
    """Find runs of words that begin with a capital."""
    return (found.span() for found in _NAME.finditer(text))


def quoted(text: str) -> Iterator[tuple[int, int]]:
    """Find what stands in Chinese book marks and in quotes."""
    for found in _QUOTED.finditer(text):
        yield found.span(found.lastindex or 0)


def latin(text: str) -> Iterator[tuple[int, int]]:
    """Find words of Latin letters, as they stand in Chinese text."""
    return (found.span() for found in _LATIN.finditer(text))


def suffixed(text: str) -> Iterator[tuple[int, int]]:
    """Find Chinese organisations, places and persons by their endings, surnames and neighbours."""
    begun = -1
    for found in _ENDING.finditer(text):
        start = found.start()
        while start > 0 and found.start() - start < LONGEST and _INSIDE.match(text[start - 1]):
            if text.endswith(_BEFORE, 0, start):
                break
            start -= 1
        if start < found.start() and start > begun:
            yield start, found.end()
            begun = start
    for found in _PERSON.finditer(text):
        start = found.start()
        if not start or not _INSIDE.match(text[start - 1]) or text.endswith(_BEFORE, 0, start):
            yield found.span()
