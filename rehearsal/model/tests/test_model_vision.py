"""Vision looks at the pixels: it names shapes and colours that it was never shown before."""

import time
import unittest

import numpy as np
from PIL import Image, ImageFilter
from support import POINTS, RGB, areas_of, house_picture, png_url, shapes_picture

from images import ImageError, load_picture, visual_tokens
from scene import build_scene
from vision import look_at, name_colour

TOKENS = [
    ((640, 480), 302),
    ((1, 1), 66),
    ((4096, 4096), 16386),
    ((512, 512), 258),
    ((2000, 10), 116),
]


class VisionTest(unittest.TestCase):
    def test_names_every_shape_in_every_colour(self) -> None:
        for shape in ["circle", *POINTS]:
            for colour in ("red", "green", "blue", "orange", "purple", "black", "brown"):
                with self.subTest(f"{colour} {shape}"):
                    areas = areas_of(shapes_picture([(shape, colour, 150, 120, 60)]))
                    self.assertEqual([(a.colour, a.shape) for a in areas[1:]], [(colour, shape)])

    def test_names_shapes_that_are_turned(self) -> None:
        for shape in ("circle", "triangle", "star"):
            for degrees in (17, 45, 80):
                image = shapes_picture([(shape, "blue", 150, 150, 80)], (300, 300))
                turned = image.rotate(degrees, fillcolor=RGB["white"])
                with self.subTest(shape=shape, degrees=degrees):
                    self.assertEqual(areas_of(turned)[1].shape, shape)

    def test_names_colours(self) -> None:
        for name, rgb in RGB.items():
            colour, shade = name_colour(rgb)
            with self.subTest(name):
                self.assertEqual(f"{shade} {colour}".strip() if shade == "light" else colour, name)

    def test_sees_through_jpeg_and_blur(self) -> None:
        image = shapes_picture([("circle", "red", 100, 150, 60), ("square", "green", 290, 150, 60)])
        for changed in (
            png_url(image, "JPEG", quality=60),
            png_url(image.filter(ImageFilter.GaussianBlur(2))),
        ):
            scene = build_scene(look_at(load_picture(changed, 65536, 16777216)))
            seen = sorted((item.colour, item.name) for item in scene.items)
            self.assertEqual(seen, [("green", "square"), ("red", "circle")])

    def test_puts_a_transparent_picture_on_white(self) -> None:
        image = Image.new("RGBA", (60, 60), (255, 0, 0, 0))
        self.assertEqual(areas_of(image)[0].colour, "white")

    def test_swapped_channels_change_what_is_seen(self) -> None:
        image = shapes_picture([("circle", "red", 100, 150, 60)])
        self.assertEqual(areas_of(image)[1].colour, "red")
        self.assertEqual(areas_of(image, swapped=True)[1].colour, "blue")

    def test_finds_the_parts_of_a_house(self) -> None:
        scene = build_scene(areas_of(house_picture(door="purple", wall="orange", windows=2)))
        parts = sorted((item.name, item.colour) for item in scene.items)
        wanted = [
            ("door", "purple"),
            ("grass", "green"),
            ("roof", "brown"),
            ("sky", "blue"),
            ("sun", "yellow"),
            ("wall", "orange"),
            ("window", "blue"),
            ("window", "blue"),
        ]
        self.assertEqual(parts, wanted)

    def test_shapes_alone_are_no_house(self) -> None:
        squares = [
            ("square", "red", 60, 60, 40),
            ("square", "blue", 60, 60, 15),
            ("triangle", "green", 300, 200, 50),
        ]
        self.assertFalse(build_scene(areas_of(shapes_picture(squares))).has_building)

    def test_a_ring_shows_the_ground_inside(self) -> None:
        ring = shapes_picture([("circle", "red", 150, 150, 80), ("circle", "white", 150, 150, 40)])
        self.assertEqual([item.name for item in build_scene(areas_of(ring)).items], ["circle"])

    def test_noise_and_odd_sizes_are_survived(self) -> None:
        dice = np.random.default_rng(5)
        for height, width in ((1, 1), (1, 9), (7, 1), (2, 2), (40, 3), (200, 200), (640, 640)):
            noise = dice.integers(0, 256, (height, width, 3), dtype=np.uint8)
            self.assertTrue(build_scene(areas_of(Image.fromarray(noise))).background.colour)

    def test_sixteen_megapixels_take_less_than_a_second(self) -> None:
        url = png_url(
            shapes_picture([("circle", "yellow", 2000, 2100, 900)], (4096, 4096), "blue"),
            compress_level=1,
        )
        began = time.monotonic()
        areas = look_at(load_picture(url, 65536, 16777216))
        self.assertLess(time.monotonic() - began, 1.0)
        self.assertEqual((areas[1].colour, areas[1].shape), ("yellow", "circle"))

    def test_counts_visual_tokens_as_qwen_does(self) -> None:
        for (width, height), tokens in TOKENS:
            with self.subTest(width=width, height=height):
                self.assertEqual(visual_tokens(width, height, 65536, 16777216), tokens)
        self.assertLessEqual(visual_tokens(4096, 4096, 65536, 1003520), 1003520 // 1024 + 2)

    def test_refuses_pictures_as_vllm_does(self) -> None:
        png = png_url(shapes_picture([("star", "red", 100, 100, 80)]))
        head, _, data = png.partition(",")
        bomb = Image.new("1", (20000, 10000))
        for url, words in (
            (f"{head},{data[: len(data) // 2 // 4 * 4]}", "Failed to load image: "),
            (
                "data:image/png;base64,bm8gcGljdHVyZQ==",
                "Failed to load image: cannot identify image file",
            ),
            ("data:image/png,raw", "Only base64 data URLs are supported"),
            ("file:///etc/passwd", "Cannot load local files"),
            ("ftp://x/y.png", "The URL must be either a HTTP, data or file URL."),
            (png_url(Image.new("RGB", (2100, 10))), "Failed to apply Qwen3VLProcessor on data="),
            (png_url(bomb), "exceed the maximum of 178956970 pixels"),
        ):
            with self.subTest(words), self.assertRaises(ImageError) as caught:
                load_picture(url, 65536, 16777216)
            self.assertIn(words, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
