"""Over HTTP the stand-in behaves like vLLM: answers, streams, errors, metrics, faults."""

import json
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List

from PIL import Image
from support import RunningServer, png_url, shapes_picture, with_picture

MODEL = "Qwen/Qwen3-VL-4B-Instruct"
BASE = (
    MODEL,
    "--max-model-len",
    "4096",
    "--limit-mm-per-prompt",
    '{"image": 2, "video": 0}',
    "--max-num-seqs",
    "8",
)
CIRCLE = png_url(shapes_picture([("circle", "red", 150, 150, 80)]))

REFUSED: List[Any] = [
    ({"temperature": -1}, 400, "temperature must be non-negative"),
    ({"max_tokens": 0}, 400, "max_tokens must be at least 1"),
    ({"model": "gpt-9"}, 404, "The model `gpt-9` does not exist."),
    ({"messages": []}, 400, "index out of range"),
    ({"messages": None}, 400, "Field required"),
    ({"messages": [{"role": "ghost", "content": "x"}]}, 400, "Unknown role"),
    (
        {"max_tokens": 5000},
        400,
        "This model's maximum context length is 4096 tokens. However, you requested 5000",
    ),
    (
        {"messages": [{"role": "user", "content": "word " * 5000}]},
        400,
        "4096 tokens. However, your prompt contains at least 5",
    ),
    (
        {"messages": [{"role": "user", "content": with_picture("x", CIRCLE, CIRCLE, CIRCLE)}]},
        400,
        "At most 2 image(s) may be provided",
    ),
    (
        {
            "messages": [
                {
                    "role": "user",
                    "content": with_picture("x", png_url(Image.new("RGB", (4096, 4096)))),
                }
            ]
        },
        400,
        "maximum context length is 4096 tokens",
    ),
    (
        {
            "messages": [
                {"role": "user", "content": with_picture("x", "data:image/png;base64,AAAA")}
            ]
        },
        400,
        "Failed to load image: cannot identify image file",
    ),
]


class ServerTest(unittest.TestCase):
    server: RunningServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = RunningServer(*BASE).wait_ready()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()

    def test_says_that_it_is_a_stand_in(self) -> None:
        status, headers, body = self.server.request("GET", "/version")
        self.assertEqual(status, 200)
        told = {"version": "0.33.0", "stand_in": True, "name": "ephemeral-gpu-ci model stand-in"}
        self.assertEqual(json.loads(body), told)
        self.assertIn("stand-in-for-vllm/", headers["Server"])

    def test_pages(self) -> None:
        self.assertEqual(self.server.request("GET", "/health")[0], 200)
        self.assertEqual(self.server.request("GET", "/nowhere")[0], 404)
        self.assertEqual(self.server.request("GET", "/v1/chat/completions")[0], 405)
        card = json.loads(self.server.request("GET", "/v1/models")[2])["data"][0]
        self.assertEqual((card["id"], card["max_model_len"]), (MODEL, 4096))
        self.assertEqual(json.loads(self.server.request("GET", "/load")[2]), {"server_load": 0})
        _, _, body = self.server.request(
            "POST", "/tokenize", {"model": MODEL, "prompt": "A red circle."}
        )
        told = json.loads(body)
        self.assertEqual(told["count"], len(told["tokens"]))
        self.assertEqual(told["count"], 4)

    def test_answers_and_counts_tokens(self) -> None:
        status, told = self.server.chat(
            with_picture("What colour is the circle? One word.", CIRCLE)
        )
        self.assertEqual(status, 200)
        self.assertEqual(told["choices"][0]["message"]["content"], "Red")
        self.assertEqual(told["choices"][0]["finish_reason"], "stop")
        usage = told["usage"]
        self.assertGreater(usage["prompt_tokens"], 400 * 300 // 1024)
        self.assertEqual(usage["total_tokens"], usage["prompt_tokens"] + usage["completion_tokens"])

    def test_stops_at_max_tokens_and_at_stop(self) -> None:
        _, told = self.server.chat("Count from 1 to 100 in words.", max_tokens=8)
        self.assertEqual(told["choices"][0]["finish_reason"], "length")
        self.assertEqual(told["usage"]["completion_tokens"], 8)
        _, told = self.server.chat("Count from 1 to 100 in words.", stop=[", six"])
        self.assertEqual(told["choices"][0]["message"]["content"], "one, two, three, four, five")

    def test_streams(self) -> None:
        body = {
            "messages": [{"role": "user", "content": "Write one sentence about the number 7."}],
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        status, headers, raw = self.server.request("POST", "/v1/chat/completions", body)
        self.assertEqual(
            (status, headers["Content-Type"]), (200, "text/event-stream; charset=utf-8")
        )
        events = [line[6:] for line in raw.decode("utf-8").split("\n\n") if line]
        self.assertEqual(events.pop(), "[DONE]")
        chunks = [json.loads(event) for event in events]
        usage = chunks.pop()
        self.assertEqual(usage["choices"], [])
        text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
        self.assertIn("The number 7 is odd and prime", text)
        self.assertEqual(usage["usage"]["completion_tokens"], len(chunks) - 1)
        self.assertEqual(chunks[-1]["choices"][0]["finish_reason"], "stop")

    def test_logprobs(self) -> None:
        _, told = self.server.chat("What is 2 plus 3? Number only.", logprobs=True, top_logprobs=2)
        entry = told["choices"][0]["logprobs"]["content"][0]
        self.assertEqual((entry["token"], len(entry["top_logprobs"])), ("5", 2))
        self.assertTrue(-0.5 <= entry["logprob"] <= 0)
        _, again = self.server.chat("What is 2 plus 3? Number only.", logprobs=True)
        self.assertEqual(again["choices"][0]["logprobs"]["content"][0]["logprob"], entry["logprob"])

    def test_refuses_and_goes_on(self) -> None:
        for change, wanted, words in REFUSED:
            with self.subTest(words):
                body: Dict[str, Any] = {
                    "messages": [{"role": "user", "content": "Hello"}],
                    **change,
                }
                status, _, raw = self.server.request("POST", "/v1/chat/completions", body)
                error = json.loads(raw)["error"]
                self.assertEqual((status, error["code"]), (wanted, wanted))
                self.assertIn(words, error["message"])
        status, _, raw = self.server.request("POST", "/v1/chat/completions", b"{not json")
        self.assertEqual(status, 400)
        self.assertIn("json_invalid", json.loads(raw)["error"]["message"])
        self.assertEqual(self.server.chat("Hello")[0], 200)

    def test_seed_decides_when_temperature_is_not_zero(self) -> None:
        def say(seed: int) -> str:
            question = "What is the capital of Spain?"
            return self.server.chat(question, temperature=0.8, seed=seed)[1]["choices"][0][
                "message"
            ]["content"]

        self.assertEqual(say(4), say(4))
        self.assertGreater(len({say(seed) for seed in range(8)}), 1)

    def test_works_side_by_side_and_queues_beyond_max_num_seqs(self) -> None:
        began = time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            jobs = [
                pool.submit(self.server.chat, f"Write one sentence about the number {n}.")
                for n in range(16)
            ]
            answers = [job.result()[1]["choices"][0]["message"]["content"] for job in jobs]
        self.assertTrue(all(f"number {n} " in text for n, text in enumerate(answers)))
        # one after the other they would take 16 times about 0.2 s
        self.assertLess(time.monotonic() - began, 2)

    def test_metrics(self) -> None:
        self.server.chat("Hello")
        text = self.server.request("GET", "/metrics")[2].decode("utf-8")
        for name in (
            "time_to_first_token_seconds_bucket",
            "inter_token_latency_seconds_sum",
            "request_time_per_output_token_seconds_count",
            "e2e_request_latency_seconds_count",
            "request_queue_time_seconds_sum",
            "kv_cache_usage_perc",
            "num_preemptions_total",
            "num_requests_running",
            "num_requests_waiting",
            "prompt_tokens_total",
            "generation_tokens_total",
        ):
            self.assertIn(f"vllm:{name}{{", text)
        self.assertIn(f'num_requests_running{{engine="0",model_name="{MODEL}"}} 0.0', text)

    def test_keys_are_asked_for(self) -> None:
        server = RunningServer(*BASE, "--api-key", "sesame").wait_ready()
        self.addCleanup(server.stop)
        self.assertEqual(server.request("GET", "/v1/models")[0], 401)
        self.assertEqual(
            server.request("GET", "/v1/models", None, {"Authorization": "Bearer sesame"})[0], 200
        )
        self.assertEqual(server.request("GET", "/health")[0], 200)
        self.assertNotIn("sesame", server.log())

    def test_a_thinking_model_thinks_first(self) -> None:
        thinking = MODEL.replace("Instruct", "Thinking")
        server = RunningServer(
            thinking, "--max-model-len", "4096", "--reasoning-parser", "qwen3"
        ).wait_ready()
        self.addCleanup(server.stop)
        message = server.chat("What is 2 plus 3? Number only.")[1]["choices"][0]["message"]
        self.assertEqual(message["content"], "5")
        self.assertTrue(message["reasoning"])


class EngineDeathTest(unittest.TestCase):
    """Requests that take 1,000 MiB each, on a GPU whose server leaves them 1,807 MiB."""

    def start(self, *options: str) -> RunningServer:
        told = {"gpuName": "L4", "gpuCount": 1, "gpuMemoryMiB": 22888, "modelRequestMiB": 1000}
        model = ["Qwen/Qwen3-VL-2B-Instruct", "--max-model-len", "4096"]
        server = RunningServer(*model, *options, machine=told).wait_ready()
        self.addCleanup(server.stop)
        return server

    def ask_two_at_once(self, server: RunningServer) -> List[int]:
        with ThreadPoolExecutor(2) as pool:
            question = "Write one sentence about the number 7."
            asked = [pool.submit(server.chat, question, max_tokens=32) for _ in range(2)]
            return sorted(one.result()[0] for one in asked)

    def test_too_many_at_once_end_the_server_as_vllm_ends(self) -> None:
        server = self.start()
        self.assertEqual(self.ask_two_at_once(server), [500, 500])
        self.assertEqual(server.wait_exit(), 0)
        for words in (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1000.00 MiB",
            "EngineCore encountered a fatal error",
            "EngineDeadError",
        ):
            self.assertIn(words, server.log())

    def test_one_at_a_time_is_answered(self) -> None:
        server = self.start("--max-num-seqs", "1")
        self.assertEqual(self.ask_two_at_once(server), [200, 200])


class FaultTest(unittest.TestCase):
    def ask_with(self, fault: str, by_file: bool) -> str:
        told: Dict[str, Any] = {"gpuName": "L4", "gpuCount": 1, "gpuMemoryMiB": 22888}
        env = {} if by_file else {"REHEARSAL_MODEL_FAULT": fault}
        machine = {**told, "modelFault": fault} if by_file else told
        server = RunningServer(*BASE, machine=machine, env=env).wait_ready()
        self.addCleanup(server.stop)
        question = with_picture("What colour is the circle in the picture? One word.", CIRCLE)
        return str(server.chat(question)[1]["choices"][0]["message"]["content"])

    def test_faults_spoil_answers(self) -> None:
        self.assertEqual(self.ask_with("swap-channels", True), "Blue")
        self.assertEqual(
            self.ask_with("drop-image", False), "I see no picture in this conversation."
        )
        self.assertNotEqual(self.ask_with("wrong-answers", True), "Red")

    def test_crash_on_start(self) -> None:
        server = RunningServer(*BASE, env={"REHEARSAL_MODEL_FAULT": "crash-on-start"})
        self.addCleanup(server.stop)
        self.assertEqual(server.wait_exit(), 1)
        self.assertIn("EngineCore failed to start", server.log())

    def test_never_ready_does_not_listen_but_ends_on_a_signal(self) -> None:
        server = RunningServer(*BASE, env={"REHEARSAL_MODEL_FAULT": "never-ready"})
        self.addCleanup(server.stop)
        with self.assertRaises(AssertionError):
            server.wait_ready(1)
        self.assertIsNone(server.process.poll())
        server.process.terminate()
        self.assertEqual(server.wait_exit(3), 0)

    def test_unknown_fault_is_an_error(self) -> None:
        server = RunningServer(*BASE, env={"REHEARSAL_MODEL_FAULT": "gremlins"})
        self.addCleanup(server.stop)
        self.assertEqual(server.wait_exit(), 1)
        self.assertIn("unknown fault 'gremlins'; allowed: swap-channels", server.log())


if __name__ == "__main__":
    unittest.main()
