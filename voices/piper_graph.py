"""A Piper voice's graph, opened up in memory: noise comes in from outside, and how long each phoneme is comes out.

As shipped, the graph draws its noise from a generator that onnxruntime seeds once per session, so that each call is
another reading; and it keeps the lengths of phonemes to itself. Loads and runs nothing; the file stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from onnx import TensorProto, helper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Names of the inputs that take noise: standard normal numbers, float32, of any length; used over and over if short.
NOISE_PREFIX = "briefcast_noise_"


def opened(path: Path) -> bytes:
    """Return the model at `path`, its noise replaced by inputs, its phoneme lengths its second output if it has any.

    Raises what reading a file that is no model raises: OSError, or an error of protobuf's.
    """
    model = onnx.load(str(path))
    _take_noise_from_outside(model.graph)
    _give_lengths(model.graph)
    return bytes(model.SerializeToString())


def _give_lengths(graph: onnx.GraphProto) -> None:
    """Make the rounded lengths an output; a graph rounds up nothing else, or we do not know which is which."""
    rounded = [output for node in graph.node if node.op_type == "Ceil" for output in node.output]
    if len(rounded) == 1 and all(output.name != rounded[0] for output in graph.output):
        graph.output.append(onnx.ValueInfoProto(name=rounded[0]))


def _take_noise_from_outside(graph: onnx.GraphProto) -> None:
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "RandomNormalLike" and not any(mark.name in {"mean", "scale"} for mark in node.attribute):
            noise = f"{NOISE_PREFIX}{len(graph.input)}"
            graph.input.append(helper.make_tensor_value_info(noise, TensorProto.FLOAT, ["numbers"]))
            nodes.extend(_shaped_like(node.input[0], noise, node.output[0]))
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(
        helper.make_tensor(NOISE_PREFIX + name, TensorProto.INT64, [], [value])
        for name, value in (("zero", 0), ("one", 1))
    )


def _shaped_like(like: str, noise: str, output: str) -> Iterator[onnx.NodeProto]:
    """Give nodes that lay the numbers of `noise` into the shape of `like`."""

    def node(kind: str, inputs: list[str], made: str) -> onnx.NodeProto:
        return helper.make_node(kind, inputs, [made], name=made)

    shape, count, place = f"{noise}_shape", f"{noise}_count", f"{noise}_place"
    yield node("Shape", [like], shape)
    yield helper.make_node("ReduceProd", [shape], [count], name=count, keepdims=0)
    yield node("Range", [NOISE_PREFIX + "zero", count, NOISE_PREFIX + "one"], f"{noise}_range")
    yield node("Size", [noise], f"{noise}_size")
    yield node("Mod", [f"{noise}_range", f"{noise}_size"], place)
    yield node("Gather", [noise, place], f"{noise}_flat")
    yield node("Reshape", [f"{noise}_flat", shape], output)
