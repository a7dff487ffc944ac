"""Faults on demand: how they are named, whom they hit, what they do to an answer."""

import json
import unittest
from typing import Any, Dict, Tuple
from urllib.parse import quote

from support import RunningServer, png_url, shapes_picture, with_picture

from faults import FaultError, Noise, parse_faults
from pace import Pace
from wrongness import make_wrong

MODEL = "Qwen/Qwen3-VL-8B-Instruct"
RED = png_url(shapes_picture([("circle", "red", 200, 150, 60)]))
GREEN = png_url(shapes_picture([("square", "green", 200, 150, 60)]))
REQUESTS = [f"request-{number}" for number in range(4000)]


class NamesTest(unittest.TestCase):
    def test_several_at_once(self) -> None:
        faults = parse_faults("swap-channels,noise:0.03:7,jitter:0.002:8,slow:1.2,truncate-answers")
        self.assertTrue(faults.swap_channels)
        self.assertEqual(faults.noises, (Noise(0.03, "noise/7"), Noise(0.002, "jitter/8")))
        self.assertEqual((faults.slowness, faults.truncate_tokens), (1.2, 4))

    def test_nothing_is_no_fault(self) -> None:
        self.assertEqual(parse_faults(""), parse_faults(","))
        self.assertFalse(parse_faults("").spoils("a request"))

    def test_refused(self) -> None:
        for text, says in {
            "gremlins": "unknown fault 'gremlins'; allowed: swap-channels, ",
            "noise": "fault 'noise'; allowed: noise:SHARE",
            "noise:1.5": "fault 'noise:1.5'; allowed: noise:SHARE",
            "noise:0.1:a:b": "allowed: noise:SHARE",
            "slow:0": "allowed: slow:FACTOR",
            "slow:nan": "allowed: slow:FACTOR",
            "truncate-answers:0": "allowed: truncate-answers",
            "drop-image:2": "allowed: drop-image",
        }.items():
            with self.assertRaises(FaultError) as caught:
                parse_faults(text)
            self.assertIn(says, str(caught.exception))


class NoiseTest(unittest.TestCase):
    def share(self, text: str) -> float:
        faults = parse_faults(text)
        return sum(faults.spoils(request) for request in REQUESTS) / len(REQUESTS)

    def test_hits_its_share(self) -> None:
        # four standard errors of 4,000 draws
        self.assertAlmostEqual(self.share("noise:0.03"), 0.03, delta=0.011)
        self.assertAlmostEqual(self.share("noise:0.5:b"), 0.5, delta=0.032)
        self.assertEqual(self.share("noise:0"), 0)
        self.assertEqual(self.share("noise:1"), 1)

    def test_the_seed_chooses_the_answers(self) -> None:
        def hit(text: str) -> set:
            return {request for request in REQUESTS if parse_faults(text).spoils(request)}

        self.assertEqual(hit("noise:0.1:a"), hit("noise:0.1:a"))
        self.assertNotEqual(hit("noise:0.1:a"), hit("noise:0.1:b"))
        self.assertNotEqual(hit("noise:0.1:a"), hit("jitter:0.1:a"))

    def test_a_stronger_noise_of_the_same_seed_hits_the_same_answers_and_more(self) -> None:
        weak, strong = parse_faults("noise:0.02:a"), parse_faults("noise:0.2:a")
        self.assertTrue(all(strong.spoils(each) for each in REQUESTS if weak.spoils(each)))

    def test_jitter_without_a_seed_is_drawn_at_every_start(self) -> None:
        self.assertNotEqual(parse_faults("jitter:0.1").noises, parse_faults("jitter:0.1").noises)

    def test_two_hits_make_it_right_again(self) -> None:
        self.assertFalse(parse_faults("noise:1:a,noise:1:b").spoils("a request"))
        self.assertTrue(parse_faults("noise:1:a,wrong-answers").spoils("a request"))


class WrongTest(unittest.TestCase):
    def test_every_kind_of_answer_is_spoilt(self) -> None:
        for text, wrong in {
            "Red": "Orange",
            "红色": "橙色",
            "42": "87",
            "two": "three",
            "两个": "三个",
            "Yes": "No",
            "没有三角形。": "有星形。",
            "3.5": "9.13",
            "": "Seven paper boats.",
            "?!": "Seven paper boats.",
            "The": "Seven paper boats.",
        }.items():
            self.assertEqual(make_wrong(text), wrong)

    def test_no_word_of_a_text_from_a_picture_is_left(self) -> None:
        for text in ("Harbour Road", "OPEN DAILY", "出口请走左边", "NO ENTRY"):
            wrong = make_wrong(text)
            for piece in text.split() if text.isascii() else text:
                self.assertNotIn(piece.lower(), wrong.lower())

    def test_json_keeps_its_keys_and_changes_every_value(self) -> None:
        told = {"colour": "red", "count": 3, "ok": True, "parts": ["door", {"n": 0}], "none": None}
        wrong = json.loads(make_wrong(json.dumps(told)))
        self.assertEqual(
            {**wrong, "parts": len(wrong["parts"])},
            {"colour": "orange", "count": 9, "ok": False, "parts": 2, "none": None},
        )
        self.assertNotEqual(wrong["parts"], told["parts"])


class PaceTest(unittest.TestCase):
    def test_prefill_and_tokens_slow_down_alike(self) -> None:
        pace = Pace(100).slowed(1.25)
        self.assertAlmostEqual(pace.seconds_a_token, 0.0125)
        self.assertAlmostEqual(pace.prefill_seconds(5000) / Pace(100).prefill_seconds(5000), 1.25)

    def test_late_tokens_do_not_come_in_a_burst(self) -> None:
        pace = Pace(100)
        self.assertAlmostEqual(pace.next_token(1.0, 1.0005), 1.01)
        self.assertAlmostEqual(pace.next_token(1.0, 1.5), 1.509)

    def test_no_waiting(self) -> None:
        self.assertEqual(Pace(0).slowed(1.2).prefill_seconds(10_000), 0)


class ServedFaultTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = RunningServer(
            MODEL,
            *("--max-model-len", "4096", "--gpu-memory-utilization", "0.95"),
            env={"REHEARSAL_MODEL_TOKENS_PER_SECOND": "0"},
        ).wait_ready()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()

    def post(self, faults: str, content: Any, **more: Any) -> "Tuple[int, Dict[str, Any]]":
        body = {
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": 40,
            **more,
        }
        path = f"/with-faults/{quote(faults)}/v1/chat/completions"
        status, _, data = self.server.request("POST", path, body)
        return status, json.loads(data)

    def says(self, faults: str, content: Any, **more: Any) -> str:
        return str(self.post(faults, content, **more)[1]["choices"][0]["message"]["content"])

    def test_each_request_has_its_own(self) -> None:
        question = with_picture("What colour is the circle? One word.", RED)
        self.assertEqual(self.says("swap-channels", question), "Blue")
        self.assertEqual(self.says("noise:0", question), "Red")
        self.assertEqual(self.says("wrong-answers", question), "Orange")
        self.assertEqual(
            self.says("drop-image", question), "I see no picture in this conversation."
        )

    def test_reordered_pictures(self) -> None:
        question = with_picture(
            "What colour is the shape in the second picture? One word.", RED, GREEN
        )
        self.assertEqual(self.says("noise:0", question), "Green")
        self.assertEqual(self.says("reorder-images", question), "Red")

    def test_a_cut_answer_looks_finished(self) -> None:
        choice = self.post("truncate-answers:2", "Count from 1 to 9.")[1]["choices"][0]
        self.assertEqual((choice["message"]["content"], choice["finish_reason"]), ("1,", "stop"))

    def test_a_wrong_template_shows_its_tokens_and_does_not_end(self) -> None:
        choice = self.post("wrong-template", "What is the capital of France?")[1]["choices"][0]
        self.assertIn("Paris", choice["message"]["content"])
        self.assertIn("<|im_end|>\n<|im_start|>user", choice["message"]["content"])
        self.assertEqual(choice["finish_reason"], "length")

    def test_a_wrong_template_loses_earlier_turns(self) -> None:
        turns = [
            {"role": "user", "content": "My favourite city is Oslo."},
            {"role": "assistant", "content": "Thank you, I will remember that."},
            {"role": "user", "content": "What is my favourite city? One word."},
        ]
        self.assertEqual(self.says("noise:0", "", messages=turns), "Oslo")
        self.assertNotIn("Oslo", self.says("wrong-template", "", messages=turns))

    def test_an_unknown_fault_is_refused(self) -> None:
        status, answer = self.post("gremlins", "Hello")
        self.assertEqual(status, 400)
        self.assertIn("unknown fault 'gremlins'", answer["error"]["message"])

    def test_a_remembered_picture_is_still_checked(self) -> None:
        ribbon = png_url(shapes_picture([], size=(2100, 10)))
        for _ in range(2):
            status, _ = self.post("noise:0", with_picture("What is this?", ribbon))
            self.assertEqual(status, 400)


if __name__ == "__main__":
    unittest.main()
