"""How English and Chinese compare by one sense of a measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Degree:
    """Comparisons and extremes of a sense, and the question word for the value; `{}` is the value or the thing."""

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
    "duration": Degree(
        more=("longer than",),
        less=("shorter than",),
        most=("longest",),
        least=("shortest",),
        how="How long is {}",
        zh_more=("时长超过{}", "长于{}"),
        zh_less=("时长不到{}", "短于{}"),
        zh_most=("最长",),
        zh_least=("最短",),
        zh_how="{}有多长",
    ),
    "length": Degree(
        more=("longer than",),
        less=("shorter than",),
        most=("longest",),
        least=("shortest",),
        how="How long is {}",
        zh_more=("长于{}",),
        zh_less=("短于{}",),
        zh_most=("最长",),
        zh_least=("最短",),
        zh_how="{}有多长",
    ),
    "price": Degree(
        more=("more expensive than", "that cost more than", "priced above"),
        less=("cheaper than", "that cost less than", "priced below"),
        most=("most expensive", "priciest"),
        least=("cheapest", "least expensive"),
        how="How much does {} cost",
        zh_more=("价格高于{}", "贵于{}"),
        zh_less=("价格低于{}", "便宜于{}"),
        zh_most=("最贵",),
        zh_least=("最便宜",),
        zh_how="{}多少钱",
    ),
    "population": Degree(
        more=("with more than {} people", "with over {} inhabitants"),
        less=("with fewer than {} people", "with less than {} inhabitants"),
        most=("most populous", "largest", "biggest", "most populated"),
        least=("least populous", "smallest", "least populated"),
        how="How many people live in {}",
        zh_more=("人口超过{}", "人口多于{}"),
        zh_less=("人口不到{}", "人口少于{}"),
        zh_most=("人口最多",),
        zh_least=("人口最少",),
        zh_how="{}有多少人口",
    ),
    "size": Degree(
        more=("larger than", "bigger than"),
        less=("smaller than",),
        most=("largest", "biggest"),
        least=("smallest",),
        how="How big is {}",
        zh_more=("大于{}",),
        zh_less=("小于{}",),
        zh_most=("最大",),
        zh_least=("最小",),
        zh_how="{}有多大",
    ),
    "age": Degree(
        more=("older than",),
        less=("younger than",),
        most=("oldest",),
        least=("youngest",),
        how="How old is {}",
        zh_more=("年龄大于{}", "大于{}岁", "年龄超过{}"),
        zh_less=("年龄小于{}", "小于{}岁"),
        zh_most=("年龄最大", "最年长"),
        zh_least=("年龄最小", "最年轻"),
        zh_how="{}多大年纪",
    ),
    "height": Degree(
        more=("taller than", "higher than"),
        less=("lower than", "shorter than"),
        most=("tallest", "highest"),
        least=("lowest", "shortest"),
        how="How tall is {}",
        zh_more=("高于{}",),
        zh_less=("低于{}",),
        zh_most=("最高",),
        zh_least=("最矮",),
        zh_how="{}有多高",
    ),
    "weight": Degree(
        more=("heavier than",),
        less=("lighter than",),
        most=("heaviest",),
        least=("lightest",),
        how="How heavy is {}",
        zh_more=("重于{}",),
        zh_less=("轻于{}",),
        zh_most=("最重",),
        zh_least=("最轻",),
        zh_how="{}有多重",
    ),
    "speed": Degree(
        more=("faster than",),
        less=("slower than",),
        most=("fastest",),
        least=("slowest",),
        how="How fast is {}",
        zh_more=("快于{}",),
        zh_less=("慢于{}",),
        zh_most=("最快",),
        zh_least=("最慢",),
        zh_how="{}有多快",
    ),
    "salary": Degree(
        more=("earning more than", "that earn more than", "who make more than"),
        less=("earning less than", "that earn less than"),
        most=("highest paid", "best paid"),
        least=("lowest paid",),
        how="How much does {} earn",
    ),
    "score": Degree(
        most=("highest rated", "best rated"),
        least=("lowest rated", "worst rated"),
        zh_most=("评分最高",),
        zh_least=("评分最低",),
    ),
}
