"""Chinese for the English words that databases commonly use in names; general vocabulary, no one schema's."""

from __future__ import annotations

from functools import cache

from dsol_text2sql.synthesis.names import singular

# word or phrase = Chinese, further Chinese names after a slash
_WORDS = """
name=名称/名字; full name=全名/姓名; length in milliseconds=时长; size in bytes=大小; enroll=选课记录; enrollment=选课; first name=名字/名; last name=姓氏/姓; middle name=中间名; user name=用户名; nickname=昵称; title=标题/名称
job title=职位/职务; position=职位/位置; description=描述/说明; detail=详情; type=类型; kind=种类; category=类别; class=班级/等级; group=组; status=状态
code=代码; number=编号; id=编号/ID; date=日期; time=时间; year=年份; month=月份; day=日; week=周; hour=小时; minute=分钟; second=秒; start=开始; end=结束
birth date=出生日期/生日; birth=出生; hire date=入职日期/雇用日期; start date=开始日期; end date=结束日期; release date=发行日期; order date=订单日期; invoice date=开票日期/发票日期
start time=开始时间; end time=结束时间; age=年龄; sex=性别; gender=性别; height=高度/身高; weight=重量/体重; length=长度; width=宽度; depth=深度; size=大小; color=颜色; colour=颜色
area=面积; population=人口; density=人口密度; elevation=海拔; altitude=海拔/高度; latitude=纬度; longitude=经度; distance=距离; speed=速度; temperature=温度
address=地址; street=街道; city=城市; town=城镇; county=县; state=州; province=省份; country=国家; nation=国家; continent=大洲; region=地区; district=区; postal code=邮编/邮政编码; zip code=邮编
location=地点/位置; place=地点; hometown=家乡; nationality=国籍; capital=首府; river=河流; lake=湖泊; mountain=山/山峰; border=接壤州/邻州; island=岛屿; ocean=海洋; sea=海
highest point=最高点; lowest point=最低点; highest elevation=最高海拔; lowest elevation=最低海拔; traverse=流经州; road=公路
phone=电话/电话号码; phone number=电话号码/电话; cell phone=手机号; mobile=手机号; fax=传真/传真号码; email=邮箱/电子邮件; email address=邮箱地址/邮箱; website=网站; url=网址; company=公司; contact=联系人
price=价格; unit price=单价/价格; cost=成本/费用; fee=费用; amount=金额; total=总额/总金额; total amount=总金额; quantity=数量; tax=税; discount=折扣; budget=预算; revenue=收入; profit=利润; sales=销售额; balance=余额; payment=付款; currency=货币
salary=工资/薪水; bonus=奖金; commission=佣金; rate=费率; rating=评分; score=分数/得分; grade=成绩; point=积分; rank=排名; level=级别; market value=市值; value=价值; gross=票房; interest=利息; loan=贷款; credit=信用; credit score=信用评分; debt=债务
customer=客户/顾客; client=客户; employee=员工/雇员; staff=员工; manager=经理/上级; support rep=客服代表/销售代表; sales rep=销售代表; supervisor=主管; boss=上司; worker=工人; member=会员; user=用户; person=人; people=人; owner=所有者; visitor=游客; tourist=游客; guest=客人; host=主持人
student=学生; teacher=老师/教师; instructor=讲师/老师; professor=教授; advisor=导师; school=学校; college=学院/大学; university=大学; course=课程; lesson=课; department=部门/系; major=专业; semester=学期; classroom=教室; exam=考试; test=测试; degree=学位; enrollment=注册人数; credit hour=学分; faculty=教师; faculty member=教师; dorm=宿舍; campus=校区; subject=科目; assignment=作业
artist=艺术家/歌手; album=专辑; track=歌曲/曲目; song=歌曲; genre=流派/音乐类型; playlist=播放列表/歌单; media type=媒体类型; media=媒体; composer=作曲家/作曲者; singer=歌手; band=乐队; music=音乐; concert=音乐会; invoice=发票/账单; invoice line=发票明细; bill=账单; line=明细; instrument=乐器; volume=卷; theme=主题; exhibition=展览; festival=节日; musical=音乐剧; orchestra=管弦乐队; conductor=指挥
length=长度/时长; file size=文件大小; duration=时长; runtime=片长; file=文件; format=格式; resolution=分辨率; language=语言; billing=账单; billing address=账单地址; billing city=账单城市; billing state=账单州; billing country=账单国家; billing postal code=账单邮编; shipping=送货
movie=电影; film=电影; director=导演; actor=演员; actress=女演员; role=角色; cast=演员表; studio=制片厂; series=系列; episode=剧集; channel=频道; program=节目; tv=电视; season=赛季; book=书/书籍; author=作者; writer=作家; publisher=出版社; publication=出版物; journal=期刊; paper=论文; article=文章; edition=版本; page=页; review=评论; reviewer=评论者; keyword=关键词; conference=会议; citation=引用
order=订单; product=产品; item=项目/商品; order item=订单项; supplier=供应商; manufacturer=制造商; store=商店; shop=商店/店铺; branch=分店/分行; warehouse=仓库; stock=库存; inventory=库存; brand=品牌; model=型号; shipment=货运; delivery=配送; purchase=购买; transaction=交易; account=账户; bank=银行; card=卡; contract=合同; policy=保单; claim=索赔; insurance=保险; sale=销售; seller=卖家; buyer=买家; seat=座位; capacity=容量
car=汽车; vehicle=车辆; driver=司机; make=品牌; horsepower=马力; cylinder=气缸; engine=发动机; bus=公交车; train=火车; station=车站; railway=铁路; flight=航班; airport=机场; airline=航空公司; aircraft=飞机; pilot=飞行员; ship=船; captain=船长; passenger=乘客; trip=行程; route=路线; origin=出发地; destination=目的地; departure=出发; arrival=到达; ticket=票; ticket price=票价; bicycle=自行车
team=球队/队伍; player=球员/选手; coach=教练; match=比赛; game=比赛/游戏; race=比赛; race track=赛道; competition=竞赛; tournament=锦标赛; club=俱乐部; stadium=体育场; goal=进球; medal=奖牌; win=胜场; loss=负场; result=结果; event=活动/事件; sport=运动; athlete=运动员; wrestler=摔跤手; swimmer=游泳运动员; gymnast=体操运动员; climber=登山者; horse=马; roller coaster=过山车; stroke=泳姿; attendance=出席人数; champion=冠军
hospital=医院; doctor=医生; physician=医生; nurse=护士; patient=病人/患者; disease=疾病; diagnosis=诊断; diagnose=诊断; treatment=治疗; drug=药品; medication=药物; medicine=药物; procedure=手术; appointment=预约; room=房间; block=楼区; allergy=过敏; enzyme=酶; protein=蛋白质; symptom=症状; dose=剂量
hotel=酒店; restaurant=餐厅; food=食物; wine=葡萄酒; grape=葡萄; winery=酒庄; apartment=公寓; building=建筑/楼; property=房产; house=房屋; architect=建筑师; bridge=桥; mill=磨坊; floor=楼层; bedroom=卧室; reservation=预订; booking=预订; attraction=景点; tourist attraction=旅游景点; park=公园; museum=博物馆; facility=设施; amenity=便利设施; rent=租金; bed=床
project=项目; task=任务; document=文件/文档; document type=文件类型; template=模板; report=报告; note=备注; comment=评论; message=消息; tweet=推文; follower=关注者; friend=朋友; photo=照片; image=图片; camera=相机; camera lens=相机镜头; lens=镜头; device=设备; machine=机器; technician=技术员; phone model=手机型号; browser=浏览器; software=软件; version=版本; web=网络; tag=标签; question=问题; answer=答案; problem=问题; problem log=问题记录; log=日志; password=密码; login=登录; system=系统; operating system=操作系统
company type=公司类型; industry=行业; main industry=主要行业; headquarter=总部; headquarters=总部; founder=创始人; founded=成立年份; president=总裁; ceo=首席执行官; office=办公室; organization=组织; organisation=机构; agency=机构; market=市场; share=份额; asset=资产; engineer=工程师; scientist=科学家; researcher=研究员; research=研究; grant=资助; party=政党/派对; election=选举; candidate=候选人; representative=代表; vote=票数; voter=选民; committee=委员会; debate=辩论; mayor=市长; council=议会; government=政府; crime=犯罪; lawyer=律师
farm=农场; animal=动物; pet=宠物; dog=狗; cat=猫; cow=奶牛; pig=猪; sheep=羊; plant=植物; tree=树; weather=天气; storm=风暴; death=死亡人数; damage=损失; number of death=死亡人数; max speed=最大速度; rainfall=降雨量; wind=风; humidity=湿度
experience=经验; skill=技能; occupation=职业; job=工作/职位; profession=职业; education=学历; marital status=婚姻状况; married=已婚; religion=宗教; race ethnicity=种族; ship type=船型; tonnage=吨位; service=服务; complaint=投诉; problem status=问题状态; priority=优先级; outcome=结果; reason=原因; method=方式; payment method=付款方式; payment type=付款类型; campaign=活动; attribute=属性; characteristic=特征; feature=特征; component=组件; part=零件; chip=芯片; ram=内存; memory=内存; carrier=运营商; screen=屏幕; wifi=无线网络; accelerator=加速器; battery=电池
average=平均; maximum=最大; minimum=最小; low=低; high=高; max=最大; min=最小; first=第一; last=最后; new=新; old=旧; open=开放; opening=开业; closed=关闭; real=真实; percent=百分比; percentage=百分比; ratio=比例; count=数量; unit=单位; other=其他; main=主要; official=官方; local=当地; public=公立; private=私立; total number=总数; number of employee=员工人数; number of student=学生人数; number of product=产品数量; employee number=员工人数; time of=时间; length in meter=长度; height in meter=高度; reports to=上级; is=是否; full time=全职; abbreviation=缩写; symbol=符号; source=来源; target=目标; comment text=评论内容; text=内容; content=内容; summary=摘要; topic=主题; reference=参考; parent=上级; child=孩子; children=孩子; family=家庭; relationship=关系; friendship=友谊; gift=礼物; wedding=婚礼; church=教堂; cinema=电影院; theater=剧院; stage=舞台; performance=演出; performer=表演者; entrepreneur=企业家; investor=投资者; body builder=健美运动员; perpetrator=罪犯; journalist=记者; news=新闻; pilot record=飞行记录; mission=任务; launched=下水年份; fleet=舰队; trade=贸易; stop=站点; gas station=加油站; workshop=研讨会; submission=投稿; acceptance=录用; artwork=艺术作品; nomination=提名; award=奖项; prize=奖金; winner=获胜者; volunteer=志愿者; lot=批次; shareholder=股东; operator=运营商; address line=地址行; suburb=郊区; gym=体育馆; coupon=优惠券; hire=租用; bus route=公交路线; tuition=学费; donor=捐赠者; endowment=捐赠; mascot=吉祥物; affiliation=隶属; prerequisite=先修课程; section=班次; term=学期; hall=大厅
"""
_CLASSIFIERS = {
    "首": "歌曲 曲目", "张": "专辑 发票 照片 图片 账单 票", "家": "公司 银行 医院 餐厅 商店 酒店 企业 店铺 制造商 供应商 出版社 机构 航空公司 品牌",
    "部": "电影 电视剧 作品 小说", "本": "书 书籍 图书 期刊", "座": "城市 山 山峰 桥 建筑", "条": "河流 路线 记录 评论 公路", "篇": "论文 文章",
    "所": "学校 大学 高校 学院", "支": "球队 队伍", "辆": "汽车 车辆", "门": "课程", "架": "飞机", "份": "订单 合同 文件 保单", "场": "比赛 演出 音乐会",
    "种": "类型 流派 语言 类别 媒体类型 货币 药物", "只": "宠物 狗 猫", "艘": "船", "间": "房间 教室", "趟": "航班", "个": "",
}  # fmt: skip


@cache
def _dictionary() -> dict[str, tuple[str, ...]]:
    entries = (entry.strip() for line in _WORDS.strip().splitlines() for entry in line.split(";"))
    pairs = (entry.split("=") for entry in entries if entry)
    return {english: tuple(chinese.split("/")) for english, chinese in pairs}


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
