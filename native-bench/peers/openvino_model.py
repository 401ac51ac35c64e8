"""An int8 model of OpenVINO: its own weights and activations of fixed scales, calibrated on texts."""

import os

import nncf
import numpy
import openvino
from transformers import AutoTokenizer

FILE = os.path.join("openvino", "openvino_model_qint8.xml")


def write_openvino_model(folder: str, weights: str, texts: list[str], max_tokens: int) -> str:
    """Quantises a float ONNX file of the package; answers with the file's path within it."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = openvino.convert_model(os.path.join(folder, weights))
    inputs = [each.get_any_name() for each in model.inputs]

    def feeds(text):
        tokens = tokenizer(text, truncation=True, max_length=max_tokens, return_tensors="np")
        zeros = numpy.zeros_like(tokens["input_ids"])
        return {name: tokens[name] if name in tokens else zeros for name in inputs}

    quantised = nncf.quantize(
        model,
        nncf.Dataset(texts, feeds),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(texts),
    )
    os.makedirs(os.path.join(folder, "openvino"), exist_ok=True)
    openvino.save_model(quantised, os.path.join(folder, FILE))
    return FILE
