"""Questions that no database answers, written for this project: by them confidence learns what a strange one is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

from dsol import Sample

STRANGE = 0.3  # of a question that nothing explains; one that is explained better may have an answer after all
PART = 4  # development questions to each of these
FEWEST, MOST = 8, 48
STEP = 7919  # a prime: from one value to the next one that is named

QUESTIONS: Mapping[str, Sequence[str]] = {
    "en": (
        "What is the weather like in {}?",
        "Will it rain in London tomorrow?",
        "Tell me a joke about {}.",
        "How do I reset my password?",
        "Who won the World Cup in 2018?",
        "Translate {} into French.",
        "What is the capital of Australia?",
        "How long should I boil an egg?",
        "Write a poem about autumn.",
        "Is my parcel on its way?",
        "What does this error message mean?",
        "Book a table for two at seven tonight.",
        "Which vaccine do I need for a trip to Kenya?",
        "Can you summarise the meeting with {}?",
        "Why is the sky blue?",
        "How many calories are in a banana?",
        "What is the meaning of life?",
        "Turn off the lights in the kitchen.",
        "How far is the moon from the earth?",
        "Recommend a good restaurant near {}.",
        "What is the exchange rate of the euro today?",
        "Set an alarm for six in the morning.",
        "Explain quantum entanglement to a child.",
        "Who is the president of France?",
        "How do I tie a tie?",
        "My printer is jammed, what now?",
        "When does the next train to Berlin leave?",
        "Should I invest in gold this year?",
        "What are the symptoms of influenza?",
        "Draft an email about {} to my boss.",
        "How old is the universe?",
        "Which phone has the best camera?",
        "Is the pharmacy open on Sunday?",
        "What did Maria say about {}?",
        "Convert five miles to kilometres.",
        "Do you like music by candlelight?",
    ),
    "zh": (
        "今天{}的天气怎么样？",
        "明天北京会下雨吗？",
        "给我讲个{}的笑话。",
        "怎么重置我的登录密码？",
        "2018年世界杯冠军是谁？",
        "把{}翻译成法语。",
        "澳大利亚的首都是哪里？",
        "鸡蛋要煮多长时间？",
        "写一首关于秋天的诗。",
        "我的快递到哪里了？",
        "这个报错是什么意思？",
        "帮我订今晚七点两个人的餐厅。",
        "去肯尼亚旅行要打什么疫苗？",
        "总结一下和{}的会议内容。",
        "天空为什么是蓝色的？",
        "一根香蕉有多少卡路里？",
        "人生的意义是什么？",
        "把厨房的灯关掉。",
        "月球离地球有多远？",
        "推荐一家{}附近好吃的火锅店。",
        "今天欧元汇率是多少？",
        "设一个早上六点的闹钟。",
        "用简单的话解释量子纠缠。",
        "法国总统是谁？",
        "领带怎么打？",
        "打印机卡纸了怎么办？",
        "下一班去杭州的高铁几点开？",
        "今年该不该买黄金？",
        "流感有哪些症状？",
        "替我写一封关于{}的邮件。",
        "宇宙的年龄有多大？",
        "哪款手机拍照最好？",
        "药店周日开门吗？",
        "李经理对{}怎么看？",
        "五英里等于多少公里？",
        "你会唱歌吗？",
    ),
}


def unanswerable(
    languages: Sequence[str],
    databases: Mapping[str, Sequence[str]],
    development: int,
    strangeness: Callable[[str, str], float],
) -> list[Sample]:
    """Choose questions that have nothing to do with the databases, in turn of the languages and the databases.

    `databases`: name -> values in it, which some of the questions name. `development`: how many questions confidence is
    learned from. `strangeness(question, database)` tells, from 0 to 1, how much of a question nothing explains.
    """
    most = min(MOST, max(FEWEST, development // PART))
    found: list[Sample] = []
    turns = zip_longest(*(QUESTIONS[one] for one in languages), fillvalue="")
    questions = ((language, question) for turn in turns for language, question in zip(languages, turn, strict=True))
    for at, (language, written) in enumerate(questions):
        database = list(databases)[len(found) % len(databases)]
        values = databases[database] or ("this",)
        question = written.format(values[at * STEP % len(values)])
        if question and len(found) < most and strangeness(question, database) >= STRANGE:
            meta = {"question": question, "database": database, "language": language}
            found.append(Sample(id=f"unanswerable/{len(found)}", input={"question": question}, meta=meta))
    return found
