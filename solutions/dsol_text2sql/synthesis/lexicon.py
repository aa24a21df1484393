"""What column names tell about their columns: the senses that decide how people word a question."""

from __future__ import annotations

from dataclasses import dataclass

# Sense of a measure -> the last (or any) word of a column's name that shows it; first match wins.
MEASURES: dict[str, str] = {
    "duration": "milliseconds millisecond seconds second minutes duration runtime running playtime hours time 时长 片长 播放时间 总时长 时间（分钟）",
    "salary": "salary salaries wage wages earnings income pay commission 工资 薪水 薪酬 收入 年薪 片酬",
    "price": "price cost fee fees fare rate charge tuition rent 价格 售价 单价 价 费用 票价 房价 学费 费",
    "population": "population inhabitants residents citizens 人口 常住人口",
    "size": "bytes byte size area capacity acreage square enrollment 面积 大小 容量 占地",
    "age": "age 年龄",
    "height": "height elevation altitude 高度 海拔 身高",
    "weight": "weight 重量 体重",
    "length": "length distance mileage width depth 长度 距离 里程 全长 深度",
    "speed": "speed mph horsepower 速度 时速",
    "year": "year founded established opened opening 年份 年 成立年份",
    "rank": "rank ranking position 排名 名次 位次",
    "score": "score rating stars grade gpa points mark star 评分 得分 分数 分 积分 星级",
    "money": "amount total budget revenue profit balance sales value gross turnover payment credit funding gdp market 金额 总额 营收 营业额 利润 市值 预算 票房 资本 产值 成本 资产 gdp",
    "count": "quantity count number employees students members customers seats units times votes stock hours views followers goals wins cows horses attendance killed deaths injured bedrooms rooms 数量 人数 次数 数 量 播放量 票数",
    "share": "percent percentage ratio share density 比例 率 占比 百分比 密度",
}  # fmt: skip
PLACES = {
    "city": "city town hometown birthplace 城市 出生地 籍贯 所在城市 地点 家乡", "country": "country nation nationality 国家 国籍 所属国家",
    "state": "state province 州 省 省份 所在省份 所属省份", "county": "county 县", "region": "region area district continent 地区 区域 大洲 所在地区 产地",
    "location": "location headquarters headquarter venue site place 位置 总部 地址 所在地", "address": "address street",
}  # fmt: skip
PEOPLE = frozenset(
    [
        "person",
        "people",
        "customer",
        "employee",
        "student",
        "teacher",
        "instructor",
        "professor",
        "artist",
        "singer",
        "actor",
        "actress",
        "director",
        "author",
        "writer",
        "player",
        "user",
        "member",
        "staff",
        "manager",
        "patient",
        "doctor",
        "physician",
        "nurse",
        "client",
        "driver",
        "pilot",
        "scientist",
        "engineer",
        "candidate",
        "representative",
        "tourist",
        "visitor",
        "guest",
        "reviewer",
        "composer",
        "musician",
        "performer",
        "worker",
        "advisor",
        "programmer",
        "judge",
        "coach",
        "athlete",
        "wrestler",
        "swimmer",
        "gymnast",
        "climber",
        "journalist",
        "entrepreneur",
        "perpetrator",
        "technician",
        "supplier",
        "agent",
        "salesperson",
        "seller",
        "buyer",
        "owner",
        "host",
        "voter",
        "citizen",
        "tutor",
        "trainee",
        "researcher",
        "friend",
        "captain",
        "lawyer",
        "resident",
        "passenger",
        "supervisor",
        "head",
        "conductor",
        "builder",
        "designer",
        "photographer",
        "jockey",
        "reporter",
        "editor",
        "inspector",
        "客户",
        "顾客",
        "员工",
        "学生",
        "老师",
        "教师",
        "教授",
        "歌手",
        "演员",
        "导演",
        "作者",
        "作家",
        "球员",
        "选手",
        "运动员",
        "用户",
        "会员",
        "病人",
        "医生",
        "护士",
        "人物",
        "演职员",
        "艺人",
        "明星",
        "皇帝",
        "帝王",
        "股东",
        "院士",
        "考生",
    ]
)
# An owner that things are "by", in place of "of".
MAKERS = frozenset(
    [
        "artist",
        "author",
        "writer",
        "singer",
        "director",
        "composer",
        "musician",
        "band",
        "actor",
        "reviewer",
        "publisher",
        "creator",
        "歌手",
        "作者",
        "导演",
    ]
)
# An owner that things are "in".
HOLDERS = frozenset(
    [
        "album",
        "playlist",
        "city",
        "country",
        "state",
        "genre",
        "category",
        "department",
        "school",
        "region",
        "district",
        "catalog",
        "class",
        "course",
        "team",
        "club",
        "group",
        "building",
        "hotel",
        "library",
        "dorm",
        "county",
        "league",
        "division",
        "continent",
        "station",
        "province",
        "area",
        "town",
        "section",
        "batch",
        "exhibition",
        "market",
        "industry",
        "cinema",
        "park",
        "festival",
        "company",
        "城市",
        "国家",
        "省份",
        "地区",
        "学校",
        "公司",
        "部门",
    ]
)
LABELS = ("name", "title", "label", "full name", "名称", "姓名", "名字", "标题", "名")
CONTACT = frozenset(
    [
        "phone",
        "fax",
        "email",
        "mail",
        "address",
        "website",
        "url",
        "homepage",
        "mobile",
        "phone1",
        "cell",
        "number",
        "电话",
        "邮箱",
        "网址",
        "传真",
    ]
)
AGENT = ("composer", "author", "writer", "director", "singer", "artist", "producer", "publisher", "designer", "builder",
         "founder", "creator", "manufacturer", "sponsor", "owner", "host", "president", "captain", "coach", "manager",
         "leader", "editor", "作者", "导演", "歌手", "作曲", "作曲家", "创始人", "主演", "制片人")  # fmt: skip
DONE_BY = {
    "composer": "composed by", "author": "written by", "writer": "written by", "director": "directed by",
    "singer": "sung by", "artist": "by", "producer": "produced by", "publisher": "published by",
    "designer": "designed by", "builder": "built by", "founder": "founded by", "creator": "created by",
    "manufacturer": "made by", "owner": "owned by", "host": "hosted by", "coach": "coached by",
    "manager": "managed by", "sponsor": "sponsored by",
}  # fmt: skip


@dataclass(frozen=True)
class Degree:
    """How English and Chinese compare by one sense: more, less, most, least; and the question word for the value."""

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    most: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    how: str = ""
    zh_more: tuple[str, ...] = ()
    zh_less: tuple[str, ...] = ()
    zh_most: tuple[str, ...] = ()
    zh_least: tuple[str, ...] = ()
    zh_how: str = ""


DEGREES: dict[str, Degree] = {
    "duration": Degree(("longer than",), ("shorter than",), ("longest",), ("shortest",), "How long is {}",
                       ("时长超过{}", "长于{}"), ("时长不到{}", "短于{}"), ("最长",), ("最短",), "{}有多长"),
    "length": Degree(("longer than",), ("shorter than",), ("longest",), ("shortest",), "How long is {}",
                     ("长于{}",), ("短于{}",), ("最长",), ("最短",), "{}有多长"),
    "price": Degree(("more expensive than", "that cost more than", "priced above"),
                    ("cheaper than", "that cost less than", "priced below"), ("most expensive", "priciest"),
                    ("cheapest", "least expensive"), "How much does {} cost",
                    ("价格高于{}", "贵于{}"), ("价格低于{}", "便宜于{}"), ("最贵",), ("最便宜",), "{}多少钱"),
    "population": Degree(("with more than {} people", "with over {} inhabitants"),
                         ("with fewer than {} people", "with less than {} inhabitants"),
                         ("most populous", "largest", "biggest", "most populated"),
                         ("least populous", "smallest", "least populated"), "How many people live in {}",
                         ("人口超过{}", "人口多于{}"), ("人口不到{}", "人口少于{}"), ("人口最多",), ("人口最少",), "{}有多少人口"),
    "size": Degree(("larger than", "bigger than"), ("smaller than",), ("largest", "biggest"), ("smallest",),
                   "How big is {}", ("大于{}",), ("小于{}",), ("最大",), ("最小",), "{}有多大"),
    "age": Degree(("older than",), ("younger than",), ("oldest",), ("youngest",), "How old is {}",
                  ("年龄大于{}", "大于{}岁", "年龄超过{}"), ("年龄小于{}", "小于{}岁"), ("年龄最大", "最年长"), ("年龄最小", "最年轻"), "{}多大年纪"),
    "height": Degree(("taller than", "higher than"), ("lower than", "shorter than"), ("tallest", "highest"), ("lowest", "shortest"),
                     "How tall is {}", ("高于{}",), ("低于{}",), ("最高",), ("最矮",), "{}有多高"),
    "weight": Degree(("heavier than",), ("lighter than",), ("heaviest",), ("lightest",), "How heavy is {}",
                     ("重于{}",), ("轻于{}",), ("最重",), ("最轻",), "{}有多重"),
    "speed": Degree(("faster than",), ("slower than",), ("fastest",), ("slowest",), "How fast is {}",
                    ("快于{}",), ("慢于{}",), ("最快",), ("最慢",), "{}有多快"),
    "salary": Degree(("earning more than", "that earn more than", "who make more than"), ("earning less than", "that earn less than"), ("highest paid", "best paid"),
                     ("lowest paid",), "How much does {} earn", (), (), (), (), ""),
    "score": Degree((), (), ("highest rated", "best rated"), ("lowest rated", "worst rated"), "", (), (), ("评分最高",), ("评分最低",), ""),
}  # fmt: skip
# People are tall and short, mountains high and low; the sense alone doesn't tell.
YOUNG_DATES = frozenset(["birth", "born", "birthdate", "birthday", "出生", "生日", "出生日期"])
START_DATES = frozenset(
    [
        "start",
        "started",
        "begin",
        "hire",
        "hired",
        "founded",
        "opened",
        "established",
        "open",
        "launch",
        "from",
        "开始",
        "成立",
        "入职",
        "上映",
        "发行",
        "开业",
        "创办",
    ]
)


def sense_of(parts: list[str], name: str) -> str:
    """Name a numeric column's sense from its words (English) or its name (Chinese); "" if none shows."""
    for sense, shown in MEASURES.items():
        keys = shown.split()
        if parts and parts[-1] in keys:
            return sense
        if not name.isascii() and any(not key.isascii() and name.endswith(key) for key in keys):
            return sense
    for sense, shown in MEASURES.items():
        if any(part in shown.split() for part in parts):
            return sense
    return ""


def place_of(parts: list[str], name: str) -> str:
    """Name the kind of place that a text column holds; "" if none."""
    for place, shown in PLACES.items():
        keys = shown.split()
        if parts and (parts[-1] in keys or (parts[-1] in {"name", "code"} and len(parts) > 1 and parts[-2] in keys)):
            return place
        if not name.isascii() and any(not key.isascii() and name.endswith(key) for key in keys):
            return place
    return ""
