from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from voices.piper_graph import NOISE_PREFIX, opened


def voice(folder, *nodes, outputs=("sound",)):
    """A model of a few nodes, stored; its input is `x`, a matrix."""
    graph = helper.make_graph(
        list(nodes),
        "voice",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", "columns"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.save(model, folder / "voice.onnx")
    return folder / "voice.onnx"


def session(path):
    return onnxruntime.InferenceSession(opened(path), providers=["CPUExecutionProvider"])


def test_noise_is_what_it_is_given_and_begins_anew_where_it_is_short(tmp_path):
    noise = helper.make_node("RandomNormalLike", ["x"], ["noise"])
    path = voice(tmp_path, noise, helper.make_node("Add", ["x", "noise"], ["sound"]))
    model = session(path)
    (name,) = (wanted.name for wanted in model.get_inputs() if wanted.name.startswith(NOISE_PREFIX))
    x = np.full((2, 2), 10, dtype=np.float32)
    for given, made in (([1, 2, 3], [[11, 12], [13, 11]]), ([1, 2, 3, 4, 5], [[11, 12], [13, 14]])):
        (sound,) = model.run(None, {"x": x, name: np.array(given, dtype=np.float32)})
        assert sound.tolist() == made


def test_lengths_come_out_behind_the_sound_and_the_file_stays_as_it_is(tmp_path):
    path = voice(
        tmp_path, helper.make_node("Ceil", ["x"], ["lengths"]), helper.make_node("Add", ["x", "lengths"], ["sound"])
    )
    before = path.read_bytes()
    sound, lengths = session(path).run(None, {"x": np.array([[0.5]], dtype=np.float32)})
    assert (sound.tolist(), lengths.tolist()) == ([[1.5]], [[1.0]])
    assert path.read_bytes() == before


@pytest.mark.parametrize("outputs", [("sound", "one"), ("sound",)])
def test_a_graph_that_gives_them_or_rounds_more_than_one_thing_is_left_as_it_is(tmp_path, outputs):
    nodes = [helper.make_node("Ceil", ["x"], ["one"]), helper.make_node("Add", ["x", "one"], ["sound"])]
    if len(outputs) == 1:
        nodes.append(helper.make_node("Ceil", ["sound"], ["two"]))
    path = voice(tmp_path, *nodes, outputs=outputs)
    assert [output.name for output in session(path).get_outputs()] == list(outputs)


def test_noise_of_another_kind_stays_inside(tmp_path):
    noise = helper.make_node("RandomNormalLike", ["x"], ["sound"], scale=2.0)
    assert [wanted.name for wanted in session(voice(tmp_path, noise)).get_inputs()] == ["x"]
