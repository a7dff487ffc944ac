"""The stand-in takes vLLM's command line and refuses what vLLM refuses."""

import unittest

import support  # noqa: F401, finds the modules

from options import OptionError, parse_command_line

MODEL = "Qwen/Qwen3-VL-4B-Instruct"

TAKEN = [
    ("--max-model-len 8192", "max-model-len", 8192),
    ("--max-model-len=8192", "max-model-len", 8192),
    ("--max_model_len 8192", "max-model-len", 8192),
    ("--max-model-len 8k", "max-model-len", 8000),
    ("--max-model-len 8K", "max-model-len", 8192),
    ("--max-model-len auto", "max-model-len", -1),
    ("--max-model-len -1", "max-model-len", -1),
    ("--limit-mm-per-prompt.video 0", "limit-mm-per-prompt", {"video": 0}),
    (
        "--limit-mm-per-prompt.video=0 --limit-mm-per-prompt.image 2",
        "limit-mm-per-prompt",
        {"video": 0, "image": 2},
    ),
    (
        '--mm-processor-kwargs {"max_pixels":1003520}',
        "mm-processor-kwargs",
        {"max_pixels": 1003520},
    ),
    ("--no-enable-prefix-caching", "enable-prefix-caching", False),
    ("--compilation-config.sizes+ 1,2", "compilation-config", {"sizes": [1, 2]}),
    ("--enforce-eager", "enforce-eager", True),
    ("--kv-cache-dtype fp8", "kv-cache-dtype", "fp8"),
    ("-tp 4", "tensor-parallel-size", 4),
    ("--served-model-name a b", "served-model-name", ["a", "b"]),
    ("--gpu-memory-utilization .9", "gpu-memory-utilization", 0.9),
]

REFUSED = [
    ("--foo", "vllm: error: unrecognized arguments: --foo"),
    ("--foo 3", "vllm: error: unrecognized arguments: --foo 3"),
    ("other-model", "vllm: error: unrecognized arguments: other-model"),
    ("--no-max-model-len", "unrecognized arguments: --no-max-model-len"),
    ("--no-such-thing", "unrecognized arguments: --no-such-thing"),
    ("--port.a 3", "unrecognized arguments"),
    ("--port abc", "argument --port: invalid int value: 'abc'"),
    ("--port", "argument --port: expected one argument"),
    ("--max-model-len --port 3", "argument --max-model-len: expected one argument"),
    ("--gpu-memory-utilization lots", "invalid float value: 'lots'"),
    ("--dtype int9", "argument --dtype: invalid choice: 'int9' (choose from 'auto', 'bfloat16'"),
    ("--kv-cache-dtype fp7", "argument --kv-cache-dtype: invalid choice: 'fp7'"),
    ("--quantization magic", "argument --quantization: invalid choice: 'magic'"),
    (
        "--limit-mm-per-prompt {video:0}",
        "argument --limit-mm-per-prompt: Value {video:0} cannot be converted",
    ),
    ("--enforce-eager=yes", "ignored explicit argument 'yes'"),
    ("--url http://x", "unrecognized arguments"),  # an option of `vllm chat`, not of `vllm serve`
]


class OptionsTest(unittest.TestCase):
    def test_takes(self) -> None:
        for line, name, value in TAKEN:
            with self.subTest(line):
                options = parse_command_line([MODEL, *line.split()])
                self.assertEqual(options.model, MODEL)
                self.assertEqual(options.values[name], value)

    def test_refuses(self) -> None:
        for line, words in REFUSED:
            with self.subTest(line):
                with self.assertRaises(OptionError) as caught:
                    parse_command_line([MODEL, *line.split()])
                self.assertIn(words, str(caught.exception))
                self.assertTrue(str(caught.exception).startswith("usage: vllm"))

    def test_wants_a_model(self) -> None:
        with self.assertRaises(OptionError):
            parse_command_line(["--port", "8000"])

    def test_exit_code_and_words_on_the_command_line(self) -> None:
        server = support.RunningServer(MODEL, "--not-an-option")
        self.addCleanup(server.stop)
        self.assertEqual(server.wait_exit(), 2)
        self.assertIn("vllm: error: unrecognized arguments: --not-an-option", server.log())


if __name__ == "__main__":
    unittest.main()
