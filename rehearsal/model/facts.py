"""The few facts that the stand-in knows: capitals, words in other languages, colours of things."""

import re
from typing import Dict, List, Optional, Tuple

from words import COLOURS, is_chinese

# country: Chinese name, capital, capital in Chinese
CAPITALS: Dict[str, Tuple[str, str, str]] = {
    "france": ("法国", "Paris", "巴黎"),
    "china": ("中国", "Beijing", "北京"),
    "germany": ("德国", "Berlin", "柏林"),
    "japan": ("日本", "Tokyo", "东京"),
    "italy": ("意大利", "Rome", "罗马"),
    "spain": ("西班牙", "Madrid", "马德里"),
    "the united kingdom": ("英国", "London", "伦敦"),
    "russia": ("俄罗斯", "Moscow", "莫斯科"),
    "india": ("印度", "New Delhi", "新德里"),
    "brazil": ("巴西", "Brasília", "巴西利亚"),
    "canada": ("加拿大", "Ottawa", "渥太华"),
    "australia": ("澳大利亚", "Canberra", "堪培拉"),
    "egypt": ("埃及", "Cairo", "开罗"),
    "the united states": ("美国", "Washington, D.C.", "华盛顿"),
    "south korea": ("韩国", "Seoul", "首尔"),
    "portugal": ("葡萄牙", "Lisbon", "里斯本"),
}
OTHER_NAMES = {
    "england": "the united kingdom",
    "great britain": "the united kingdom",
    "united kingdom": "the united kingdom",
    "united states": "the united states",
    "usa": "the united states",
}
LANGUAGES = {
    "chinese": (0, "中文", "汉语"),
    "french": (1, "法语", "法文"),
    "spanish": (2, "西班牙语", "西语"),
    "german": (3, "德语", "德文"),
    "english": (4, "英语", "英文"),
}
# English: Chinese, French, Spanish, German
WORDS: Dict[str, Tuple[str, str, str, str]] = {
    "hello": ("你好", "bonjour", "hola", "hallo"),
    "thank you": ("谢谢", "merci", "gracias", "danke"),
    "goodbye": ("再见", "au revoir", "adiós", "auf Wiedersehen"),
    "good morning": ("早上好", "bonjour", "buenos días", "guten Morgen"),
    "yes": ("是", "oui", "sí", "ja"),
    "no": ("不", "non", "no", "nein"),
    "water": ("水", "eau", "agua", "Wasser"),
    "apple": ("苹果", "pomme", "manzana", "Apfel"),
    "book": ("书", "livre", "libro", "Buch"),
    "house": ("房子", "maison", "casa", "Haus"),
    "cat": ("猫", "chat", "gato", "Katze"),
    "dog": ("狗", "chien", "perro", "Hund"),
    "sun": ("太阳", "soleil", "sol", "Sonne"),
    "moon": ("月亮", "lune", "luna", "Mond"),
    "red": ("红色", "rouge", "rojo", "rot"),
    "blue": ("蓝色", "bleu", "azul", "blau"),
    "green": ("绿色", "vert", "verde", "grün"),
    "friend": ("朋友", "ami", "amigo", "Freund"),
    "school": ("学校", "école", "escuela", "Schule"),
    "computer": ("电脑", "ordinateur", "ordenador", "Computer"),
}
COLOURS_OF_THINGS = {
    "sky": "blue",
    "grass": "green",
    "snow": "white",
    "sun": "yellow",
    "banana": "yellow",
    "blood": "red",
    "coal": "black",
}


def capital(question: str, chinese: bool, brief: bool) -> Optional[str]:
    """The capital that a question asks for."""
    low = question.lower()
    if not re.search(r"\bcapital\b|首都", low):
        return None
    for country, (country_zh, city, city_zh) in CAPITALS.items():
        others = [other for other, same in OTHER_NAMES.items() if same == country]
        names = "|".join(re.escape(name) for name in [country, *others])
        if re.search(rf"\b(?:{names})\b", low) or country_zh in question:
            if re.match(r"\W*is\b", low) or "吗" in question:
                right = city.lower() in low or city_zh in question
                sure = ("是的" if right else "不是") if chinese else ("Yes" if right else "No")
                if brief:
                    return sure
                return (
                    f"{sure}，{country_zh}的首都是{city_zh}。"
                    if chinese
                    else f"{sure}, it is {city}."
                )
            if brief:
                return city_zh if chinese else city
            name = " ".join(w if w == "the" else w.capitalize() for w in country.split())
            return (
                f"{country_zh}的首都是{city_zh}。"
                if chinese
                else f"The capital of {name} is {city}."
            )
    return None


def translation(question: str) -> Optional[str]:
    """A word in another language: "Translate 'cat' into French", "“苹果”用英语怎么说？"."""
    low = question.lower()
    asked = re.search(
        r"\btranslat\w*|\bhow do you say\b|\bwhat is .+ in (?:chinese|french|spanish|german)\b", low
    )
    if not asked and not re.search("翻译|怎么说", low):
        return None
    target = next(
        (name for name, (_, *names) in LANGUAGES.items() if _asks_for(low, name, names)), None
    )
    if target is None:
        return None
    column = LANGUAGES[target][0]
    for english, others in sorted(WORDS.items(), key=lambda entry: -len(entry[0])):
        known = re.search(rf"\b{re.escape(english)}\b", low)
        known_zh = is_chinese(others[0]) and len(others[0]) > 1 and others[0] in question
        if known or known_zh:
            return english if target == "english" else others[column]
    return None


def _asks_for(low: str, name: str, names: List[str]) -> bool:
    return bool(re.search(rf"\b(?:in|into|to) {name}\b", low)) or any(word in low for word in names)


def told_fact(question: str, told: List[str]) -> Optional[str]:
    """A value that the conversation states.

    "The secret word is pineapple." answers "What is the secret word?". Later texts win over
    earlier ones.
    """
    asked = _asked_for(question)
    if asked is None:
        return None
    noun, kind = asked
    for text in reversed(told):
        if is_chinese(noun):
            found = re.findall(
                re.escape(noun) + r"(?:是|叫|为)[：:“\"]?([^，。；！？”\"\s]+)", text
            )
        else:
            pattern = r"\b" + re.escape(noun) + r"\s+(?:is|are|was|were)\s+[\"'“]?([^.,;!?\n\"”]+)"
            found = re.findall(pattern, text, flags=re.IGNORECASE)
        values = [
            re.split(r"\s+and\s+(?:the|my|it|she|he)\b|[”'\"]$", value.strip())[0].strip()
            for value in found
        ]
        values = [value for value in values if value]
        if kind == "colour":
            values = [value for value in values if value.lower() in COLOURS] or values
        if values:
            return values[-1]
    if kind == "colour":
        return COLOURS_OF_THINGS.get(noun.split()[-1].lower())
    return None


def _asked_for(question: str) -> Optional[Tuple[str, str]]:
    low = question.lower()
    colour = re.search(
        r"what colou?r (?:is|are|was) (?:the |my |a )?([a-z][a-z -]*?)(?= in | above|\?|$|\.)", low
    )
    if colour:
        return colour.group(1).strip(), "colour"
    thing = re.search(
        r"(?:what|who|where|which)(?:'s| is| are| was) (?:the |my |your |our )?([a-z][a-z -]*?)"
        r"(?= (?:in|above|from|that|mentioned|hidden|given)\b|\?|$|[.,])",
        low,
    ) or re.search(
        r"(?:find|tell me|name|give me) (?:the |my )([a-z][a-z -]*?)(?="
        r" (?:in|above|from|that)\b|[?.,]|$)",
        low,
    )
    if thing:
        return thing.group(1).strip(), "thing"
    chinese = re.search(
        r"([\u4e00-\u9fff]{2,8}?)(?:是什么|叫什么|是多少|是谁)",
        re.sub(r"^.*[，。：]", "", question.rstrip("？?。")),
    )
    if chinese:
        noun = re.sub(r"^(?:请问|上文|上面|文中|文章|文本|里|中|的)+", "", chinese.group(1))
        return (noun, "thing") if noun else None
    return None
