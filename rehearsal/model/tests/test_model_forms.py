"""What the stand-in knows, computes and writes in a prescribed form, with other words than the suite's."""

import json
import unittest
from typing import List, Tuple

from support import ask, shapes_picture

KNOWS: List[Tuple[str, str]] = [
    ("Who painted the Mona Lisa? Only the name.", "Leonardo da Vinci"),
    ("How many legs has a spider? Answer with one word.", "8"),
    ("光合作用时植物吸收什么气体？只回答答案。", "二氧化碳"),
    ("What is 88 minus 19? Answer with the number only.", "69"),
    ("Is 31 less than 12? Answer yes or no.", "No"),
    ("45比27大吗？只回答是或否。", "是"),
]
FORMS: List[Tuple[str, str]] = [
    ("List these in reversed order: cup, plate, fork", "fork, plate, cup"),
    ("请把下面的词倒序写出来：茶，饭，鱼", "鱼，饭，茶"),
    ("Put them into a numbered list: salt; oil", "1. salt\n2. oil"),
    ('Write the word "sea" exactly 3 times.', "sea sea sea"),
    ("把“山”这个字写4遍。", "山 山 山 山"),
    ('Write the word "lake" in capital letters.', "LAKE"),
]
TOLD = "The code of the blue gate is 1771. The code of the white gate is 9090. " + "It rains. " * 60


class FormsTest(unittest.TestCase):
    """Forms and facts."""

    def test_knows_and_computes(self) -> None:
        """Facts, a difference, a comparison."""
        for question, wanted in KNOWS:
            with self.subTest(question):
                self.assertEqual(ask(question), wanted)

    def test_keeps_to_a_form(self) -> None:
        """Order, numbers, repeats and capitals."""
        for question, wanted in FORMS:
            with self.subTest(question):
                self.assertEqual(ask(question), wanted)

    def test_makes_json_of_what_it_is_told(self) -> None:
        """Values from sentences, objects in objects, numbers in order."""
        person = 'Ada is 36 years old and lives in Turin. JSON with the keys "city" and "age" only.'
        self.assertEqual(json.loads(ask(person)), {"city": "Turin", "age": 36})
        box = (
            'A chest is green, 7 cm wide and 9 cm high. Write JSON with the keys "colour" and "size",'
            ' where "size" is an object with the keys "height" and "width".'
        )
        self.assertEqual(
            json.loads(ask(box)), {"colour": "green", "size": {"height": 9, "width": 7}}
        )
        falling = "Sort from largest to smallest, as a JSON array: 4, 11, 2"
        self.assertEqual(json.loads(ask(falling)), [11, 4, 2])

    def test_finds_two_things_that_it_was_told(self) -> None:
        """Both, in the order of the question."""
        question = (
            "What is the code of the white gate and what is the code of the blue gate in the text"
            " above? Answer with the numbers only."
        )
        self.assertEqual(ask(TOLD + "\n" + question), "9090 and 1771")

    def test_says_that_it_does_not_know(self) -> None:
        """A private matter is neither remembered nor invented."""
        for question in ("What is the name of my aunt?", "我的舅舅的电话号码是多少？"):
            self.assertRegex(ask(question), "do not know|不知道")

    def test_tells_pictures_apart(self) -> None:
        """Which of several, in both languages; the place beside the colour."""
        red, green = (
            shapes_picture([("star", colour, 200, 150, 60)]) for colour in ("red", "green")
        )
        self.assertEqual(
            ask("第几张图片里有绿色的图形？只回答第几张。", red, green), "第2张图片。"
        )
        three = shapes_picture([("star", "red", 90, 150, 50), ("circle", "blue", 310, 150, 30)])
        self.assertEqual(ask("图片右边的图形是圆形还是五角星？只回答名称。", three), "圆形")
        said = ask("图片里的圆形是什么颜色，在哪一边？", three)
        self.assertIn("蓝色", said)
        self.assertIn("右边", said)


if __name__ == "__main__":
    unittest.main()
