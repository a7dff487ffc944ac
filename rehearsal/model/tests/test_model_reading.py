"""Reading: text of another drawer than the suite's, in its font and in no font at all."""

import unittest
from typing import List, Tuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from support import RGB, ask, shapes_picture

from charts import read_bars
from glyphs import FONT
from tables import read_table
from writing import read_lines

TEXTS = [
    ("Library", "What word is written in this picture? Answer with the word only."),
    ("图书馆", "图片里写的是什么字？只回答图片里的文字。"),
]


def written(
    lines: List[Tuple[str, int, int, int]],
    size: Tuple[int, int] = (480, 240),
    ground: str = "white",
    ink: str = "black",
) -> Image.Image:
    """Lines of text: what, x, y, pixels of an em."""
    image = Image.new("RGB", size, RGB[ground])
    draw = ImageDraw.Draw(image)
    for text, x, y, pixels in lines:
        draw.text((x, y), text, font=ImageFont.truetype(str(FONT), pixels), fill=RGB[ink])
    return image


def texts_of(image: Image.Image) -> List[str]:
    """Every line that is read."""
    return [line.text for line in read_lines(np.asarray(image))]


def chart(heights: List[int]) -> Image.Image:
    """Bars of ten pixels for a value of 5, without printed values."""
    image = written([("0", 20, 180, 18), ("50", 14, 80, 18), ("Ada", 70, 200, 18)])
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONT), 18)
    draw.text((170, 200), "Bob", font=font, fill=RGB["black"])
    # The numbers' middles are the rows of the scale.
    zero, fifty = (line.middle[1] for line in sorted(_numbers(image), key=lambda one: one.text))
    for index, value in enumerate(heights):
        top = zero + (fifty - zero) * value / 50
        left = 65 + 100 * index
        draw.rectangle((left, top, left + 40, zero), fill=RGB["blue"])
    return image


def _numbers(image: Image.Image) -> list:
    return [line for line in read_lines(np.asarray(image)) if line.text.isdigit()]


class ReadingTest(unittest.TestCase):
    def test_reads_words_of_any_size_and_colour(self) -> None:
        for text, question in TEXTS:
            for pixels in (20, 33, 90):
                for ground, ink in (("white", "black"), ("blue", "white"), ("yellow", "red")):
                    with self.subTest(text=text, pixels=pixels, ground=ground):
                        picture = written([(text, 40, 50, pixels)], (480, 200), ground, ink)
                        self.assertEqual(ask(question, picture), text)

    def test_reads_several_lines_and_spaces(self) -> None:
        lines = ["Order: 4821", "Date: 2024-05-17", "出口在左边"]
        picture = written([(line, 30, 20 + 50 * row, 22) for row, line in enumerate(lines)])
        self.assertEqual(texts_of(picture), lines)

    def test_finds_the_asked_line_of_a_label(self) -> None:
        picture = written([("Room: 312", 30, 20, 24), ("Code: KX-93T", 30, 70, 24)])
        question = "What is the code on the label in this picture? Answer with it only."
        self.assertEqual(ask(question, picture), "KX-93T")

    def test_reads_nothing_in_shapes(self) -> None:
        shapes = [("circle", "red", 80, 80, 30), ("square", "blue", 200, 80, 20)]
        picture = shapes_picture([*shapes, ("star", "green", 300, 200, 40)])
        self.assertEqual(texts_of(picture), [])
        self.assertEqual(ask("How many squares are there? Number only.", picture), "1")

    def test_reads_a_chart_by_its_scale(self) -> None:
        picture = np.asarray(chart([40, 15]))
        bars = read_bars(read_lines(picture), picture)
        self.assertEqual([bar.label for bar in bars], ["Ada", "Bob"])
        for bar, value in zip(bars, (40, 15)):
            self.assertAlmostEqual(bar.value, value, delta=1.5)
        question = "Which bar in this chart is the lowest? Answer with its label only."
        self.assertEqual(ask(question, chart([40, 15])), "Bob")

    def test_reads_a_table(self) -> None:
        rows = [["City", "Hotels", "Parks"], ["Oslo", "31", "18"], ["Rome", "24", "45"]]
        cells = [
            (text, 30 + 140 * column, 20 + 50 * row, 20)
            for row, texts in enumerate(rows)
            for column, text in enumerate(texts)
        ]
        picture = written(cells)
        table = read_table(read_lines(np.asarray(picture)))
        self.assertEqual(table and table.rows["Rome"], {"Hotels": "24", "Parks": "45"})
        for question, answer in (
            ('In this table, which city has the largest number in "Parks"? Only the name.', "Rome"),
            ('What is the sum of "Oslo" and "Rome" in "Hotels" in this table? Only that.', "55"),
        ):
            self.assertEqual(ask(question, picture), answer)

    def test_says_so_where_nothing_is_written(self) -> None:
        picture = shapes_picture([("circle", "red", 80, 80, 30)])
        self.assertNotIn("图", ask("What word is written in this picture? Only the word.", picture))


if __name__ == "__main__":
    unittest.main()
