"""Changes a Kokoro model's graph: durations as an output, and int8 weights written out as floats.

Needs the package `onnx`, at installation only; nothing here speaks. The changes touch what is computed in one way
alone: after `floats`, the layers' inputs are no longer rounded to int8 on the way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from voices.errors import InstallFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import ModelProto, NodeProto

#: What the model's own duration predictor gives, in frames per token, before the decoder stretches the tokens by it.
_FRAMES = "/encoder/Clip_output_0"

#: The name under which kokoro-onnx, and we, look for it.
DURATION = "duration"


def with_durations(model: ModelProto) -> None:
    """Add the output `duration`, int64 of shape [1, tokens], unless the model has it. Raises InstallFailed."""
    graph = model.graph
    if any(output.name == DURATION for output in graph.output):
        return
    if not any(_FRAMES in node.output for node in graph.node):
        message = f"the model has no {_FRAMES}: its durations cannot be found"
        raise InstallFailed(message, hint="Use the v1.0 model of kokoro-onnx.")
    graph.node.append(helper.make_node("Cast", [_FRAMES], [DURATION], name=DURATION, to=TensorProto.INT64))
    graph.output.append(helper.make_tensor_value_info(DURATION, TensorProto.INT64, [1, "tokens"]))


def with_floats(model: ModelProto) -> int:
    """Rewrite the layers that compute in int8 to compute in float32, and return how many there were.

    Follows what onnxruntime's dynamic quantisation writes: DynamicQuantizeLinear, MatMulInteger or ConvInteger (with
    its bias rounded to int32 at run time), Cast, and Mul by both scales; and DynamicQuantizeLSTM. A weight is
    (w - zero point) * scale, by output channel where the scale is. Raises InstallFailed for any other shape.
    """
    rewriting = _Rewriting(model)
    count = 0
    for node in list(model.graph.node):
        if node.op_type in {"MatMulInteger", "ConvInteger"}:
            rewriting.product(node)
        elif node.op_type == "DynamicQuantizeLSTM":
            rewriting.recurrence(node)
        else:
            continue
        count += 1
    rewriting.finish()
    return count


@dataclass
class _Product:
    """An integer product and what is done to its result."""

    scaled: NodeProto
    """The Mul that brings it back to floats."""
    weight_scale: str
    bias: str
    """Name of the float bias; empty where there is none."""


class _Rewriting:
    """One model's nodes by what they give and take, and those that replace others."""

    def __init__(self, model: ModelProto) -> None:
        self._graph = model.graph
        self._constants = {tensor.name: tensor for tensor in self._graph.initializer}
        self._made_by = {name: node for node in self._graph.node for name in node.output}
        self._taken_by: dict[str, list[NodeProto]] = defaultdict(list)
        for node in self._graph.node:
            for name in node.input:
                self._taken_by[name].append(node)
        self._instead: dict[str, NodeProto] = {}

    def product(self, node: NodeProto) -> None:
        """Replace MatMulInteger or ConvInteger."""
        found = self._followed(node)
        source = self._made_by[node.input[0]].input[0]
        axis = 0 if node.op_type == "ConvInteger" else -1
        weight = self._weight(node.input[1], found.weight_scale, node.input[3], axis)
        inputs = [source, weight, found.bias] if found.bias else [source, weight]
        new = helper.make_node(node.op_type.removesuffix("Integer"), inputs, list(found.scaled.output), name=node.name)
        new.attribute.extend(node.attribute)
        self._instead[found.scaled.output[0]] = new

    def recurrence(self, node: NodeProto) -> None:
        """Replace DynamicQuantizeLSTM, whose weights stand transposed, one scale for each direction."""
        inputs = list(node.input)
        weights = []
        for at, scale in ((1, 8), (2, 10)):
            name = self._weight(inputs[at], inputs[scale], inputs[scale + 1], 0)
            turned = np.ascontiguousarray(numpy_helper.to_array(self._constants[name]).transpose(0, 2, 1))
            weights.append(self._constant(f"{name}_turned", turned))
        new = helper.make_node("LSTM", [inputs[0], *weights, *inputs[3:8]], list(node.output), name=node.name)
        new.attribute.extend(node.attribute)
        self._instead[node.output[0]] = new

    def finish(self) -> None:
        """Write the graph anew: replaced nodes where they stood, without what nobody takes any more."""
        nodes = [self._instead.get(node.output[0], node) for node in self._graph.node]
        wanted = {output.name for output in self._graph.output}
        kept = []
        for node in reversed(nodes):
            if wanted.intersection(node.output):
                kept.append(node)
                wanted.update(node.input)
        del self._graph.node[:]
        self._graph.node.extend(reversed(kept))
        constants = [tensor for name, tensor in self._constants.items() if name in wanted]
        del self._graph.initializer[:]
        self._graph.initializer.extend(constants)
        del self._graph.value_info[:]

    def _followed(self, node: NodeProto) -> _Product:
        after, bias = self._only(node), ""
        if after.op_type == "Add":
            bias, after = self._bias(node, after), self._only(after)
        scaled = self._only(after)
        scales = self._made_by.get(next(name for name in scaled.input if name != after.output[0]))
        if (after.op_type, scaled.op_type) != ("Cast", "Mul") or scales is None or scales.op_type != "Mul":
            raise _strange(node)
        weight_scale = next((name for name in scales.input if name in self._constants), None)
        if weight_scale is None or self._made_by[node.input[0]].op_type != "DynamicQuantizeLinear":
            raise _strange(node)
        return _Product(scaled, weight_scale, bias)

    def _bias(self, node: NodeProto, added: NodeProto) -> str:
        """Return the name of the float bias behind what is added: Reshape(Cast(Floor(Div(bias, scales))))."""
        name = next(name for name in added.input if name != node.output[0])
        for kind in ("Reshape", "Cast", "Floor", "Div"):
            maker = self._made_by.get(name)
            if maker is None or maker.op_type != kind:
                raise _strange(node)
            name = maker.input[0]
        if name not in self._constants:
            raise _strange(node)
        return str(name)

    def _only(self, node: NodeProto) -> NodeProto:
        """Return the one node that takes this one's result."""
        takers = self._taken_by[node.output[0]]
        if len(takers) != 1:
            raise _strange(node)
        return takers[0]

    def _weight(self, name: str, scale: str, zero: str, axis: int) -> str:
        weight, zero_point, scales = (numpy_helper.to_array(self._constants[each]) for each in (name, zero, scale))
        shape = [1] * weight.ndim
        shape[axis] = -1
        centred = weight.astype(np.float32) - zero_point.astype(np.float32).reshape(shape)
        return self._constant(f"{name}_float", centred * scales.astype(np.float32).reshape(shape))

    def _constant(self, name: str, value: NDArray[np.float32]) -> str:
        self._constants[name] = numpy_helper.from_array(value.astype(np.float32), name)
        return name


def _strange(node: NodeProto) -> InstallFailed:
    message = f"the model computes {node.name} in a way that is not known here"
    return InstallFailed(message, hint="Install it as it is: --precision int8.")


def read(path: str) -> ModelProto:
    """Return the model of a file. Raises InstallFailed."""
    try:
        return onnx.load(path)
    except Exception as error:  # onnx raises what protobuf does, which has no common base
        message = f"{path} is no ONNX model: {error}"
        raise InstallFailed(message) from error
