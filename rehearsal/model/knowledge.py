"""General knowledge of the stand-in: a few facts of an encyclopaedia, found by what a question names."""

import re
from typing import List, NamedTuple, Optional


class Fact(NamedTuple):
    """What a question has to name, in English and in Chinese, and what is so."""

    asked: str
    asked_zh: str
    said: str
    said_zh: str


FACTS: List[Fact] = [
    Fact(r"largest planet|biggest planet", "最大的行星", "Jupiter", "木星"),
    Fact(r"legs.*\bspider", "蜘蛛.*腿", "8", "8"),
    Fact(
        r"wrote.*(?:romeo and juliet|hamlet)",
        "罗密欧与朱丽叶|哈姆雷特",
        "William Shakespeare",
        "莎士比亚",
    ),
    Fact(r"painted.*mona lisa", "蒙娜丽莎", "Leonardo da Vinci", "达·芬奇"),
    Fact(r"planet.*closest to the sun", "离太阳最近", "Mercury", "水星"),
    Fact(r"red planet", "红色(?:星球|行星)", "Mars", "火星"),
    Fact(r"days.*\bweek\b", "一(?:个星期|周)有", "7", "7"),
    Fact(r"water boil", "水.*沸腾", "100", "100"),
    Fact(r"months.*\byear\b", "一年有.*月", "12", "12"),
    Fact(r"hours.*\bday\b", "一天有.*小时", "24", "24"),
    Fact(r"minutes.*\bhour\b", "小时有.*分钟", "60", "60"),
    Fact(r"sides.*\bhexagon", "六边形有.*边", "6", "6"),
    Fact(r"largest ocean", "最大的海洋", "the Pacific Ocean", "太平洋"),
    Fact(r"country.*great wall", "长城.*国家", "China", "中国"),
    Fact(r"city.*eiffel tower", "埃菲尔铁塔.*城市", "Paris", "巴黎"),
    Fact(r"city.*statue of liberty", "自由女神像.*城市", "New York", "纽约"),
    Fact(r"country.*pyramids", "金字塔.*国家", "Egypt", "埃及"),
    Fact(r"language.*brazil", "巴西.*语言", "Portuguese", "葡萄牙语"),
    Fact(r"currency of japan", "日本的货币", "the yen", "日元"),
    Fact(r"gas.*photosynthesis", "光合作用.*气体", "carbon dioxide", "二氧化碳"),
    Fact(r"chemical formula of water", "水的化学式", "H2O", "H2O"),
    Fact(r"chemical symbol of gold", "金的化学符号", "Au", "Au"),
    Fact(r"land animal.*fastest|fastest land animal", "陆地.*最快的动物", "the cheetah", "猎豹"),
    Fact(r"(?:largest|biggest) animal", "最大的动物", "the blue whale", "蓝鲸"),
    Fact(r"highest mountain", "最高的山", "Mount Everest", "珠穆朗玛峰"),
    Fact(r"wrote.*dream of the red chamber", "红楼梦", "Cao Xueqin", "曹雪芹"),
    Fact(r"first person.*moon", "第一个登上月球", "Neil Armstrong", "阿姆斯特朗"),
    Fact(r"theory of relativity", "相对论", "Albert Einstein", "爱因斯坦"),
    Fact(r"\bbees make\b", "蜜蜂.*酿", "honey", "蜂蜜"),
    Fact(r"seasons.*\byear\b", "一年有.*季", "4", "4"),
    Fact(r"strings.*\bviolin", "小提琴有.*弦", "4", "4"),
    Fact(r"letters.*\balphabet", "字母表有", "26", "26"),
    Fact(r"how many planets", "太阳系有.*行星", "8", "8"),
    Fact(r"frozen water", "水结冻", "ice", "冰"),
    Fact(r"day comes after monday", "星期一的后一天", "Tuesday", "星期二"),
    Fact(r"opposite of hot", "热.*反义词", "cold", "冷"),
    Fact(r"baby dog", "狗的幼崽", "a puppy", "小狗"),
    Fact(r"wheels.*\bbicycle", "自行车有.*轮", "2", "2"),
    Fact(r"players.*football team", "足球队.*球员", "11", "11"),
    Fact(r"metal.*liquid", "金属.*液体", "mercury", "水银"),
]


def known_fact(question: str, chinese: bool, brief: bool) -> Optional[str]:
    """What the stand-in knows of the thing that a question is about."""
    low = question.lower()
    for fact in FACTS:
        if re.search(fact.asked, low) or re.search(fact.asked_zh, question):
            said = fact.said_zh if chinese else fact.said
            if brief:
                return said
            return f"是{said}。" if chinese else f"It is {said}."
    return None
