"""sentence-transformers on torch, ONNX Runtime or OpenVINO. It sorts texts by length by itself."""

from importlib.metadata import version

from stage_package import stage_package
from text_tool import read_job, serve_texts

SIZES = [1, 4, 8, 16, 32, 64]

job, given = read_job(backend=["torch", "onnx", "openvino"])
folder = stage_package(job.package, job.max_tokens)

if given.backend == "torch":
    import torch

    from weights_from_onnx import write_torch_weights

    torch.set_num_threads(job.cores)
    write_torch_weights(folder, job.weights)
    settings = {}
    runtime = f"torch {version('torch')}"
elif given.backend == "onnx":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job.cores
    if job.wide_sums:
        options.add_session_config_entry("session.x64quantprecision", "1")
    settings = {
        "file_name": job.weights,
        "provider": "CPUExecutionProvider",
        "session_options": options,
    }
    runtime = f"onnxruntime {version('onnxruntime')}{', wide sums' if job.wide_sums else ''}"
else:
    from openvino_model import write_openvino_model

    step = max(1, len(job.texts) // 300)
    settings = {
        "file_name": write_openvino_model(folder, job.weights, job.texts[::step][:300], job.max_tokens),
        "ov_config": {"INFERENCE_NUM_THREADS": job.cores, "PERFORMANCE_HINT": "LATENCY"},
    }
    runtime = f"openvino {version('openvino')}, calibrated on 300 of the texts"

from sentence_transformers import SentenceTransformer  # noqa: E402  (threads are set before)

model = SentenceTransformer(folder, device="cpu", backend=given.backend, model_kwargs=settings)
model.max_seq_length = job.max_tokens


def encode(texts, batch):
    model.encode(texts, batch_size=batch, normalize_embeddings=True, show_progress_bar=False)


serve_texts(job, encode, SIZES, f"sentence-transformers {version('sentence-transformers')}, {runtime}")
