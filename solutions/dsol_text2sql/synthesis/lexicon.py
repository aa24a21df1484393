"""What column and table names tell: the senses that decide how people word a question."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Sense of a measure -> the words of a column's name that show it; the last word first, the first sense that fits.
MEASURES: dict[str, str] = {
    "duration": (
        "milliseconds millisecond seconds second minutes duration runtime running playtime hours time 时长 "
        "片长 播放时间 总时长 时间（分钟）"
    ),
    "salary": "salary salaries wage wages earnings income pay commission 工资 薪水 薪酬 收入 年薪 片酬",
    "price": "price cost fee fees fare rate charge tuition rent 价格 售价 单价 价 费用 票价 房价 学费 费",
    "population": "population inhabitants residents citizens 人口 常住人口",
    "size": "bytes byte size area capacity acreage square enrollment 面积 大小 容量 占地",
    "age": "age 年龄",
    "height": "height elevation altitude 高度 海拔 身高",
    "weight": "weight 重量 体重",
    "length": "length width depth 长度 全长 深度",
    "distance": "distance mileage 距离 里程",
    "speed": "speed mph horsepower 速度 时速",
    "year": "year founded established opened opening 年份 年 成立年份",
    "rank": "rank ranking position 排名 名次 位次",
    "score": "score rating stars grade gpa points mark star 评分 得分 分数 分 积分 星级",
    "money": (
        "amount total budget revenue profit balance sales value gross turnover payment credit funding gdp "
        "market 金额 总额 营收 营业额 利润 市值 预算 票房 资本 产值 成本 资产 gdp"
    ),
    "count": (
        "quantity count number employees students members customers seats units times votes stock hours views "
        "followers goals wins cows horses attendance killed deaths injured bedrooms rooms 数量 人数 次数 数 "
        "量 播放量 票数"
    ),
    "share": "percent percentage ratio share density 比例 率 占比 百分比 密度",
}
PLACES: dict[str, str] = {
    "city": "city town hometown birthplace 城市 出生地 籍贯 所在城市 地点 家乡",
    "country": "country nation nationality 国家 国籍 所属国家",
    "state": "state province 州 省 省份 所在省份 所属省份",
    "county": "county 县",
    "region": "region area district continent 地区 区域 大洲 所在地区 产地",
    "location": "location headquarters headquarter venue site place 位置 总部 地址 所在地",
    "address": "address street",
}
PEOPLE = _words("""
actor actress advisor agent artist athlete author builder buyer candidate captain citizen client climber
coach composer conductor customer designer director doctor driver editor employee engineer entrepreneur
friend guest gymnast head host inspector instructor jockey journalist judge lawyer manager member musician
nurse owner passenger patient people performer perpetrator person photographer physician pilot player
professor programmer reporter representative researcher resident reviewer salesperson scientist seller
singer staff student supervisor supplier swimmer teacher technician tourist trainee tutor user visitor
voter worker wrestler writer 人物 会员 作家 作者 医生 员工 学生 客户 导演 帝王 护士 教师 教授 明星 歌手
演员 演职员 球员 用户 病人 皇帝 老师 考生 股东 艺人 运动员 选手 院士 顾客
""")
# Owners that things are "by", and owners that things are "in"; of others they are "of".
MAKERS = _words("""
actor artist author band composer creator director musician publisher reviewer singer writer 作者 导演
歌手
""")
HOLDERS = _words("""
album area batch building catalog category cinema city class club company continent country county course
department district division dorm exhibition festival genre group hotel industry league library market
park playlist province region school section state station team town 公司 国家 地区 城市 学校 省份 部门
""")
# How yes and no are stored.
YES = _words("yes y true t 1 是 有")
NO = _words("no n false f 0 否 无 没有")
# Numbers that name a thing and measure nothing.
CODES = _words("ssn no isbn code pin npi zip number nbr phone 代码 编码 编号 邮编")
CONTACT = _words("""
address cell email fax homepage mail mobile number phone phone1 url website 传真 电话 网址 邮箱
""")
# Column names for who did it -> how to say so.
DONE_BY = {
    "composer": "composed by",
    "author": "written by",
    "writer": "written by",
    "director": "directed by",
    "singer": "sung by",
    "artist": "by",
    "producer": "produced by",
    "publisher": "published by",
    "designer": "designed by",
    "builder": "built by",
    "founder": "founded by",
    "creator": "created by",
    "manufacturer": "made by",
    "owner": "owned by",
    "host": "hosted by",
    "coach": "coached by",
    "manager": "managed by",
    "sponsor": "sponsored by",
}
BIRTH_DATES = _words("""
birth birthdate birthday born 出生 出生日期 生日
""")
START_DATES = _words("""
begin established founded from hire hired launch open opened start started 上映 入职 创办 发行 开业 开始
成立
""")


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
