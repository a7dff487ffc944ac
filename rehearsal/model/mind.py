"""Decides what a conversation asks for and answers it; says so when it does not know."""

import random
import re
from typing import Any, Callable, Dict, List, Optional, Tuple

from facts import capital, told_fact, translation
from forms import compared_numbers, in_form
from knowledge import known_fact
from looking import Look, answer_from_pictures
from question import Question, read_question, split_question
from reading import answer_from_writing
from scene import Scene, build_scene
from structured import answer_as_json
from sums import numbers_in, solve
from vision import Area
from words import is_chinese, join, number_in_chinese, number_in_words

Spoken = Tuple[str, str, List[List[Area]]]
"""One message: its role, its text, and the areas of each of its pictures."""
MAX_COUNT = 999


def answer(
    turns: List[Spoken],
    dice: Optional[random.Random] = None,
    response_format: Optional[Dict[str, Any]] = None,
) -> str:
    """The answer to a conversation's last message.

    @param dice: chooses between ways to say the same; none for always the same.
    @param response_format: OpenAI's, for an answer in JSON.
    """
    context, asked = split_question(turns[-1][1])
    pictures = [build_scene(one) for one in _sights(turns)]
    default = any(is_chinese(text) for role, text, _ in turns if role in ("system", "user"))
    question = _with_house_rules(read_question(asked, default), turns)
    question = _with_earlier_want(question, turns)
    plain = _plain_answer(question, context, turns, pictures)
    wanted = answer_as_json(question, pictures, plain, response_format)
    if wanted is not None:
        return wanted
    return plain if question.brief or dice is None else _in_other_words(plain, question, dice)


def _with_house_rules(question: Question, turns: List[Spoken]) -> Question:
    """A system message may set the language and ask for short answers."""
    system = " ".join(text for role, text, _ in turns if role in ("system", "developer"))
    if not system:
        return question
    rules = read_question(system)
    named = re.search(r"\bin (?:chinese|english)\b|用中文|用英文|用英语", question.text.lower())
    ruled = re.search(r"\bin (?:chinese|english)\b|用中文|用英文|用英语", system.lower())
    chinese = rules.chinese if ruled and not named else question.chinese
    return question._replace(brief=question.brief or rules.brief, chinese=chinese)


def _with_earlier_want(question: Question, turns: List[Spoken]) -> Question:
    """ "And the circle?" asks of the circle what was asked before."""
    if question.wants or not re.search(
        r"^\W*(?:and|what about|how about|now)\b|呢", question.text.lower()
    ):
        return question
    for role, text, _ in reversed(turns[:-1]):
        if role == "user":
            before = read_question(split_question(text)[1])
            return question._replace(wants=before.wants, about_picture=before.about_picture)
    return question


def _sights(turns: List[Spoken]) -> List[List[Area]]:
    """The pictures of the last message that has some; a later message may speak of them."""
    return next((areas for _, _, areas in reversed(turns) if areas), [])


def _plain_answer(
    question: Question, context: str, turns: List[Spoken], pictures: List[Scene]
) -> str:
    new_pictures = bool(turns[-1][2])
    if not question.text.strip():
        if new_pictures:
            return answer_from_pictures(Look(question, pictures, ""))
        return _say(question, "What would you like to know?", "请问您想知道什么？")
    written = answer_from_writing(question, _sights(turns))
    if written is not None:
        return written
    told = [text for role, text, _ in turns[:-1] if role != "assistant"] + [context]
    texts: List[Callable[[], Optional[str]]] = [
        lambda: in_form(question.text),
        lambda: repeated(question.text),
        lambda: compared_numbers(question.text, question.chinese, question.brief),
        lambda: translation(question.text),
        lambda: capital(question.text, question.chinese, question.brief),
        lambda: known_fact(question.text, question.chinese, question.brief),
        lambda: counted_up(question),
        lambda: solved(question),
        lambda: about_number(question),
    ]
    about_text = re.search(
        r"\btext\b|\bstory\b|\bpassage\b|上文|文中|文章|文本", question.text.lower()
    )
    if not (question.about_picture and pictures) or about_text:
        texts.append(lambda: fact_of(question, told))
    if about_text or not (question.about_picture and new_pictures):
        for attempt in texts:
            said = attempt()
            if said is not None:
                return said
    if pictures and (question.about_picture or new_pictures or _refers_back(question, turns)):
        return answer_from_pictures(Look(question, pictures, _last_answer(turns)))
    if question.about_picture:
        return _say(question, "I see no picture in this conversation.", "我没有看到图片。")
    return _small_talk(question)


def _refers_back(question: Question, turns: List[Spoken]) -> bool:
    return bool(question.wants) and any(areas for _, _, areas in turns)


def _last_answer(turns: List[Spoken]) -> str:
    return next((text for role, text, _ in reversed(turns) if role == "assistant"), "")


def _say(question: Question, english: str, chinese: str) -> str:
    return chinese if question.chinese else english


def repeated(text: str) -> Optional[str]:
    """What a message asks to say again: what follows the colon, or stands in quotes."""
    verb = (
        r"^\W*(?:please |now )?(?:repeat|say|echo|write|print|output|copy|reply|respond|answer)\b"
    )
    if re.search(verb, text.lower()):
        match = re.search(r":\s*[\"“']?(.+?)[\"”']?\s*$", text, flags=re.DOTALL)
        quoted = re.search(r"[\"“]([^\"”]+)[\"”]", text) or re.search(r"'([^']+)'", text)
        exactly = re.search(
            r"\b(?:repeat|say|echo|copy|exactly|nothing else|word|following|with)\b", text.lower()
        )
        if exactly and (match or quoted):
            found = match or quoted
            return found.group(1).strip() if found else None
    chinese = re.search(
        r"(?:重复|复述|跟我说|跟我读|照写|原样输出)[^：:]*[：:]\s*[“\"]?(.+?)[”\"]?\s*$", text
    )
    return chinese.group(1).strip() if chinese else None


def counted_up(question: Question) -> Optional[str]:
    """ "Count from 1 to 10 in words." """
    low = question.text.lower()
    match = re.search(r"\bcount (?:from )?(\w+)? ?(?:up )?to (\w+)|从(\w+?)数到(\w+)", low)
    ends = numbers_in(match.group()) if match else []
    if not ends:
        return None
    first, last = (ends[0], ends[1]) if len(ends) > 1 else (1, ends[0])
    numbers = range(first, min(last, first + MAX_COUNT) + 1)
    if "in words" in low or "英文单词" in low:
        return (
            ", ".join(
                number_in_words(number) if number <= MAX_COUNT else str(number)
                for number in numbers
            )
            + "."
        )
    if question.chinese:
        return (
            "、".join(
                number_in_chinese(n) if n < 100 and "数字" not in low else str(n) for n in numbers
            )
            + "。"
        )
    return ", ".join(str(number) for number in numbers)


def solved(question: Question) -> Optional[str]:
    """The result of a sum."""
    result = solve(question.text)
    if result is None or question.brief:
        return result
    return _say(question, f"The answer is {result}.", f"答案是{result}。")


def about_number(question: Question) -> Optional[str]:
    """A true sentence about a number."""
    match = re.search(
        r"\bsentence about (?:the )?number (\d+)|关于数字(\d+)", question.text.lower()
    )
    if not match:
        return None
    number = int(match.group(1) or match.group(2))
    factors = [n for n in range(2, min(number, 10_000)) if number % n == 0]
    even = number % 2 == 0
    if question.chinese:
        return (
            f"数字{number}是{'偶' if even else '奇'}数，它比{number - 1}大一，比{number + 1}小一。"
        )
    kind = (
        "prime"
        if number > 1 and not factors
        else f"divisible by {factors[0]}" if factors else "a unit"
    )
    return (
        f"The number {number} is {'even' if even else 'odd'} and {kind}, it comes after"
        f" {number - 1} and before {number + 1}, and twice that number is {2 * number}."
    )


def fact_of(question: Question, told: List[str]) -> Optional[str]:
    """What the texts of the conversation say of the thing that is asked for."""
    # "What is the code of the red door and what is that of the blue one?"
    asked = [part for part in re.split(r"\band (?=what )|(?<=？)", question.text) if part.strip()]
    several = [value for value in (told_fact(part, told) for part in asked) if value is not None]
    value = told_fact(question.text, told) if len(several) < 2 else join(several, question.chinese)
    if value is None:
        return None
    if question.brief:
        return value
    return _say(question, f"It is {value}.", f"是{value}。")


def _small_talk(question: Question) -> str:
    low = question.text.lower()
    if re.search(r"\bwho are you\b|\bwhat are you\b|\byour name\b|你是谁|你叫什么", low):
        return _say(
            question,
            "I am a stand-in for a model in a rehearsal; I know a few facts and look at simple"
            " pictures.",
            "我是排练用的替身模型，只知道一些简单的事实，也能看简单的图片。",
        )
    if re.search(r"^\W*(?:hello|hi|hey|good morning)\b|你好|您好", low):
        return _say(question, "Hello! What would you like to know?", "你好！请问您想知道什么？")
    if re.search(
        r"\bmy .+ (?:is|are) |\bremember\b|\bi am \w+|我叫|我的.+是|记住", low
    ) and not re.search("[?？]", low):
        return _say(question, "Thank you, I will remember that.", "好的，我记住了。")
    return _say(
        question,
        "I do not know. I am a small stand-in that knows a few facts and looks at simple pictures.",
        "我不知道。我只是一个小小的替身模型，只知道一些简单的事实，也能看简单的图片。",
    )


def _in_other_words(text: str, question: Question, dice: random.Random) -> str:
    """The same answer, begun in another way."""
    openings = (
        ["", "好的。", "我来回答。"]
        if question.chinese
        else ["", "Sure. ", "Here is what I can say. "]
    )
    return dice.choice(openings) + text
