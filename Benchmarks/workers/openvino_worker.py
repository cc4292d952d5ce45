"""OpenVINO GenAI. usage: openvino_worker.py THREADS GGUF f32|bf16|f16

prompt LENGTH      up to the first token
"""

import sys

import numpy as np
import openvino
import openvino_genai
from protocol import serve

threads, path, precision = int(sys.argv[1]), sys.argv[2], sys.argv[3]
pipeline = openvino_genai.LLMPipeline(
    path, "CPU", INFERENCE_NUM_THREADS=threads, INFERENCE_PRECISION_HINT=precision, PERFORMANCE_HINT="LATENCY"
)
random = np.random.default_rng(0)


def prompt(length):
    configuration = openvino_genai.GenerationConfig()
    configuration.max_new_tokens = configuration.min_new_tokens = 1
    configuration.ignore_eos, configuration.do_sample = True, False
    mask = openvino.Tensor(np.ones((1, length), np.int64))

    def run():
        # Fresh every time: the pipeline remembers prefixes.
        ids = openvino.Tensor(random.integers(100, 40000, (1, length), dtype=np.int64))
        pipeline.generate(openvino_genai.TokenizedInputs(ids, mask), configuration)

    return run


serve(lambda words: prompt(int(words[1])))
