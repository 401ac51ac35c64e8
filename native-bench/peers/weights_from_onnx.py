"""The weights of an ONNX file as the safetensors file that torch reads: the same numbers, not another download."""

import os

import onnx
import torch
from onnx import numpy_helper
from transformers import AutoConfig, AutoModel


def write_torch_weights(folder: str, weights: str) -> None:
    """Writes `model.safetensors` beside the package's configuration.

    An export keeps the names of embeddings, biases and norms with underscores for dots. It transposes what
    it multiplies by and numbers it: such a matrix belongs to the bias that is added to its product.
    """
    graph = onnx.load(os.path.join(folder, weights)).graph
    tensors = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found = {name.removesuffix(".weight").replace(".", "_"): tensor for name, tensor in tensors.items()}
    products = {
        node.output[0]: tensors[node.input[1]]
        for node in graph.node
        if node.op_type == "MatMul" and node.input[1] in tensors
    }
    for node in graph.node:
        if node.op_type == "Add":
            names = [name for name in node.input if name in tensors]
            factors = [products[name] for name in node.input if name in products]
            if names and factors:
                found[names[0].replace(".", "_").removesuffix("_bias") + "_weight"] = factors[0].T

    model = AutoModel.from_config(AutoConfig.from_pretrained(folder), add_pooling_layer=False)
    state = model.state_dict()
    missing = [name for name in state if name.replace(".", "_") not in found and "_ids" not in name]
    if missing:
        raise ValueError(f"{weights} has no weights for {', '.join(missing)}")
    for name, tensor in state.items():
        key = name.replace(".", "_")
        if key in found:
            state[name] = torch.from_numpy(found[key].copy()).reshape(tensor.shape)
    model.load_state_dict(state)
    model.save_pretrained(folder)
