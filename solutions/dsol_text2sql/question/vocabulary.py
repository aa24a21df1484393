"""Other words that people use, in English and Chinese, for what schemas commonly name; no one schema's."""

from __future__ import annotations

from functools import cache

from dsol_text2sql.question.text import keys

# One line is one meaning; every word on it may stand for a name that contains another word of it.
_MEANINGS = """
track; song; tune; 歌曲; 曲目; 歌; 单曲; 音轨; 曲子
album; record; cd; 专辑; 唱片
artist; band; musician; singer; performer; act; sings; sang; sung; 艺术家; 艺人; 歌手; 乐队; 乐团; 音乐人
genre; style; music style; 流派; 风格; 曲风; 音乐类型; 类型
playlist; 播放列表; 歌单; 播放清单
media type; format; file format; 媒体类型; 格式; 文件格式; 媒体格式
composer; songwriter; writer; composed by; written by; 作曲家; 作曲; 作曲者; 作者; 创作者; 创作
customer; client; buyer; shopper; 客户; 顾客; 买家; 消费者
employee; staff; worker; staff member; 员工; 雇员; 职员; 职工
invoice; bill; receipt; order; purchase; 发票; 账单; 订单; 单据
invoice line; line item; invoice item; sold; bought; purchased; 卖出; 售出; 购买; 卖过; 买过; 买; 发票明细; 发票行; 明细
title; job title; position; job; role; 职位; 职务; 头衔; 岗位
title; 标题; 名称; 题目
name; called; 名称; 名字; 姓名; 叫
first name; given name; 名
last name; surname; family name; 姓; 姓氏
milliseconds; length; duration; long; running time; playing time; 时长; 长度; 毫秒; 播放时间
bytes; size; file size; 大小; 字节; 文件大小
unit price; price; cost; 单价; 价格; 售价; 价钱
price; cost; 价格; 售价; 费用
total; amount; total amount; sale; revenue; spending; 总额; 金额; 总金额; 销售额; 消费; 营收
quantity; unit; copy; 数量; 份数; 件数
country; nation; 国家; 国
city; town; 城市; 市
state; province; 州; 省; 省份
address; street; 地址; 街道
postal code; zip code; zip; postcode; 邮编; 邮政编码
phone; telephone; phone number; telephone number; 电话; 电话号码
fax; fax number; 传真; 传真号
email; email address; mail; e mail; 邮箱; 电子邮件; 邮件; 电邮
company; firm; business; employer; 公司; 企业
support rep; rep; sales rep; representative; support agent; sales agent; agent; 客服; 客服代表; 销售代表; 支持代表
reports to; manager; boss; supervisor; superior; 上级; 经理; 主管; 上司; 汇报
birth date; birthday; date of birth; born; 生日; 出生日期; 出生
hire date; date of hire; hired; joined; 入职日期; 入职; 聘用; 雇用日期; 受雇
invoice date; date of invoice; billed; 开票日期; 发票日期; 下单日期; 日期
population; people; inhabitant; citizen; resident; populous; populated; 人口; 居民; 市民; 人数; 多少 人
area; size; big; large; 面积; 多大
density; population density; 密度; 人口密度
length; long; 长度; 多长
capital; capital city; 首府; 首都; 省会
river; 河流; 河; 江
lake; 湖泊; 湖
mountain; peak; 山; 山峰; 高山; 山脉
border; neighbor; neighbour; surrounding; adjoin; adjacent; next to; 接壤; 相邻; 毗邻; 邻接; 交界; 邻居
traverse; run through; flow through; pass through; go through; cross; 流经; 贯穿; 穿过; 流过; 经过; 横穿
highest point; high point; 最高点; 最高 点
lowest point; low point; 最低点; 最低 点
highest elevation; highest altitude; 最高海拔
lowest elevation; lowest altitude; 最低海拔
altitude; elevation; height; high; tall; 海拔; 高度; 多高
age; old; 年龄; 岁; 多大
height; tall; 身高; 高度
weight; heavy; 体重; 重量
salary; pay; wage; earn; income; 薪水; 工资; 薪资; 收入
budget; 预算
year; 年; 年份; 年度
date; day; when; 日期; 时间; 什么时候; 何时
student; pupil; 学生
teacher; instructor; professor; faculty; lecturer; 教师; 老师; 教授; 讲师
course; class; 课程; 课
department; division; 部门; 院系; 系
school; college; university; 学校; 学院; 大学; 高校
movie; film; 电影; 影片
director; directed by; 导演; 执导
actor; actress; star; 演员; 主演
book; publication; 书; 图书; 书籍
author; writer; written by; 作者; 作家
publisher; press; 出版社; 出版商
store; shop; branch; 商店; 门店; 店铺
product; item; goods; 产品; 商品
team; club; 球队; 队; 俱乐部; 队伍
player; athlete; 球员; 选手; 运动员
match; game; 比赛; 场次
stadium; venue; 体育场; 场馆
hospital; 医院
doctor; physician; 医生
patient; 病人; 患者
airport; 机场
flight; 航班
airline; 航空公司
hotel; 酒店; 宾馆
restaurant; 餐厅; 餐馆; 饭店
type; kind; category; 类型; 种类; 类别; 分类
status; state; condition; 状态
sex; gender; 性别
rating; score; rate; 评分; 分数; 得分
description; detail; 描述; 说明; 详情
nationality; nation; country; 国籍
location; place; where; 地点; 位置; 地方; 哪里
manager; head; leader; 经理; 负责人; 领导
founder; founded by; 创始人; 创办人
rank; ranking; position; 排名; 名次
language; 语言
currency; 货币
color; colour; 颜色
owner; 主人; 所有者
car; vehicle; automobile; 汽车; 车辆; 车
pet; 宠物
member; 成员; 会员
event; 活动; 事件
"""


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Map every word or phrase to the others that share a meaning with it."""
    groups: dict[str, list[str]] = {}
    for line in _MEANINGS.strip().splitlines():
        phrases = [phrase.strip() for phrase in line.split(";")]
        for phrase in phrases:
            key = " ".join(keys(phrase))
            groups.setdefault(key, []).extend(other for other in phrases if other != phrase)
    return {phrase: tuple(dict.fromkeys(others)) for phrase, others in groups.items()}


def others(phrase: str) -> tuple[str, ...]:
    """List other phrases, in both languages, for a readable name ("unit price", 单价)."""
    return _groups().get(" ".join(keys(phrase)), ())
