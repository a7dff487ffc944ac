"""The stand-in's answers follow from the pixels and the words, in English and Chinese."""

import json
import random
import unittest
from typing import List, Tuple

from support import ask, house_picture, shapes_picture

from mind import answer
from wrongness import make_wrong

THREE = shapes_picture(
    [
        ("circle", "red", 70, 220, 40),
        ("square", "blue", 200, 150, 50),
        ("star", "green", 330, 80, 55),
    ]
)
MANY = shapes_picture(
    [("circle", "green", 40 + 70 * i, 60, 25) for i in range(5)]
    + [("square", "green", 60 + 90 * i, 200, 30) for i in range(3)]
    + [("circle", "purple", 350, 210, 30)]
)
HOUSE = house_picture()

# pictures, question, the answer (in full, or for a list all that must be in it)
ABOUT_PICTURES: List[Tuple[list, str, object]] = [
    ([THREE], "What color is the star? Answer with a single word.", "Green"),
    ([THREE], "What colour is the shape in the middle? One word.", "Blue"),
    ([THREE], "What is the colour of the shape on the left?", ["circle", "red"]),
    ([THREE], "Which shape is at the top? One word.", "Star"),
    ([THREE], "Which shape is red? One word.", "Circle"),
    ([THREE], "Where is the circle?", ["red circle", "bottom left"]),
    ([THREE], "What is to the right of the square?", ["green star"]),
    ([THREE], "Is the square to the left of the star? Answer yes or no.", "Yes"),
    ([THREE], "Is the square to the right of the star? Answer yes or no.", "No"),
    ([THREE], "Is the circle red or blue? One word.", "Red"),
    ([THREE], "Is the star yellow?", ["No", "green star"]),
    ([THREE], "Is there a triangle in the picture? Answer yes or no.", "No"),
    ([THREE], "What colour is the background? One word.", "White"),
    ([THREE], "How many shapes are there? Answer with the number only.", "3"),
    (
        [THREE],
        "Describe the image.",
        ["red circle", "blue square", "green star", "white background"],
    ),
    ([THREE], "描述这张图片。", ["红色的圆形", "蓝色的正方形", "绿色的星形"]),
    ([THREE], "左边是什么图形？", ["圆形"]),
    ([THREE], "图中星星是什么颜色？只回答颜色。", "绿色"),
    ([THREE], "图里有没有三角形？", ["没有"]),
    ([THREE], "Is the circle the same colour as the square?", ["No"]),
    ([MANY], "How many green circles are in this picture? Answer with the number only.", "5"),
    ([MANY], "How many circles are in this picture? Answer with the number only.", "6"),
    ([MANY], "How many green shapes are in this picture? Answer with the number only.", "8"),
    ([MANY], "How many blue circles are in this picture? Answer with the number only.", "0"),
    ([MANY], "图片里有几个绿色的正方形？只回答数字。", "3"),
    (
        [HOUSE],
        "Describe this picture.",
        ["house", "building", "roof", "three blue windows", "red door", "sky"],
    ),
    ([HOUSE], "What do you see?", ["house"]),
    ([HOUSE], "How many windows does the house have? Answer with the number only.", "3"),
    ([HOUSE], "What colour is the roof? One word.", "Brown"),
    ([HOUSE], "What colour is the house?", ["yellow"]),
    ([HOUSE], "用中文描述这座房子。", ["房子", "窗户", "门", "屋顶", "墙"]),
    ([HOUSE], "门是什么颜色？", ["红色"]),
    ([HOUSE], "", ["house"]),
    ([THREE, HOUSE], "Which picture shows a house?", ["second"]),
    ([THREE, HOUSE], "What colour is the circle in the first image? One word.", "Red"),
    ([THREE, THREE], "Are these two images the same? Answer yes or no.", "Yes"),
    ([THREE, MANY], "Are these two images the same? Answer yes or no.", "No"),
    ([THREE, HOUSE], "What is in the third picture?", ["no such picture"]),
    ([], "What colour is the circle in the picture?", ["no picture"]),
    ([], "Describe this picture.", ["no picture"]),
    ([], "这张图片里有什么？", ["没有看到图片"]),
]

WITHOUT_PICTURES: List[Tuple[str, object]] = [
    ("What is the capital of Italy? One word.", "Rome"),
    ("What is the capital of the UK's neighbour, France?", ["Paris"]),
    ("日本的首都是哪里？只回答城市名。", "东京"),
    ("用中文回答：What is the capital of Germany?", ["柏林"]),
    ("Is Lyon the capital of France? Answer yes or no.", "No"),
    ("What is 6 times 7? Number only.", "42"),
    ("Compute (12 - 4) / 2.", ["4"]),
    ("What is the sum of 30 and 12?", ["42"]),
    ("What is twenty-one plus four? Answer with the number only.", "25"),
    ("十二加三十等于多少？只回答数字。", "42"),
    ("Ann has 10 coins, finds 4 and loses 6. How many coins does she have? Number only.", "8"),
    ("树上有7只鸟，飞走了2只，又来了4只。现在有几只鸟？只回答数字。", "9"),
    ("Repeat after me: blue elephant", "blue elephant"),
    ('Say exactly "good night" and nothing else.', "good night"),
    ("请重复这句话：今天天气很好", "今天天气很好"),
    ("Translate 'dog' into German.", "Hund"),
    ("How do you say water in Chinese?", "水"),
    ("把“书”翻译成英文", ["我不知道"]),
    ("Count from 8 to 12 in words.", "eight, nine, ten, eleven, twelve."),
    ("Write one sentence about the number 12.", ["12", "even"]),
    ("What is the meaning of the Voynich manuscript?", ["do not know"]),
]


def fits(said: str, wanted: object) -> bool:
    return said == wanted if isinstance(wanted, str) else all(word in said for word in wanted)  # type: ignore


class MindTest(unittest.TestCase):
    def test_answers_about_pictures(self) -> None:
        for pictures, question, wanted in ABOUT_PICTURES:
            with self.subTest(question):
                said = ask(question, *pictures)
                self.assertTrue(fits(said, wanted), f"{said!r}, wanted {wanted!r}")

    def test_answers_without_pictures(self) -> None:
        for question, wanted in WITHOUT_PICTURES:
            with self.subTest(question):
                said = ask(question)
                self.assertTrue(fits(said, wanted), f"{said!r}, wanted {wanted!r}")

    def test_swapping_red_and_blue_changes_the_answer(self) -> None:
        question = "What colour is the circle? One word."
        self.assertEqual(ask(question, THREE), "Red")
        self.assertEqual(ask(question, THREE, swapped=True), "Blue")

    def test_a_later_turn_refers_to_an_earlier_answer(self) -> None:
        question = "Which shape is on the right? One word."
        history = [("user", question, [THREE]), ("assistant", "Star", [])]
        self.assertIn("green", ask("What colour is it?", history=history))
        # what was said counts, also when it is not what the stand-in would have said
        other = [history[0], ("assistant", "The circle.", [])]
        self.assertIn("red", ask("What colour is it?", history=other))
        self.assertIn(
            "blue", ask("And the square?", history=[*history, ("user", "What colour is it?", [])])
        )

    def test_finds_a_sentence_in_a_long_text(self) -> None:
        filler = "The river is long, the hill is steep and the road is empty. " * 200
        text = f"{filler}The password is marmalade. {filler}"
        self.assertEqual(
            ask(f"{text}\n\nWhat is the password in the text above? One word."), "marmalade"
        )
        self.assertEqual(ask(f"{text} What is the password? Answer in one word."), "marmalade")
        self.assertNotIn("marmalade", ask(f"{filler}\n\nWhat is the password in the text above?"))

    def test_remembers_what_it_was_told(self) -> None:
        history = [("user", "My favourite colour is teal.", []), ("assistant", "Thank you.", [])]
        self.assertEqual(ask("What is my favourite colour? One word.", history=history), "teal")

    def test_answers_in_json(self) -> None:
        said = json.loads(
            ask(
                'Reply in JSON with the keys "colour" and "shape" for the shape on the left.', THREE
            )
        )
        self.assertEqual(said, {"colour": "red", "shape": "circle"})
        schema = {"properties": {"count": {"type": "integer"}, "colours": {"type": "array"}}}
        wanted = {"type": "json_schema", "json_schema": {"schema": schema}}
        from support import areas_of

        told = answer([("user", "How many shapes are there?", [areas_of(THREE)])], None, wanted)
        self.assertEqual(json.loads(told)["count"], 3)
        self.assertEqual(sorted(json.loads(told)["colours"]), ["blue", "green", "red"])

    def test_a_system_message_sets_the_language(self) -> None:
        history = [("system", "Always answer in Chinese.", [])]
        self.assertIn("巴黎", ask("What is the capital of France?", history=history))

    def test_dice_change_the_words_but_not_the_facts(self) -> None:
        question = "What colour is the door in this picture?"
        said = {ask(question, HOUSE, dice=random.Random(seed)) for seed in range(8)}
        self.assertGreater(len(said), 1)
        self.assertTrue(all("red" in one for one in said))
        again = ask(question, HOUSE, dice=random.Random(3))
        self.assertEqual(again, ask(question, HOUSE, dice=random.Random(3)))

    def test_wrong_answers_are_wrong(self) -> None:
        for right in ("Paris", "42", "红色", "a red circle", "pineapple", "图片里是一座房子。"):
            self.assertNotEqual(make_wrong(right), right)


if __name__ == "__main__":
    unittest.main()
