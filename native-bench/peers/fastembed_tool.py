"""fastembed with a package on disk. Its batches are of texts in the order in which they come."""

from importlib.metadata import version

from stage_package import stage_package
from text_tool import read_job, serve_texts

job, given = read_job()

import onnxruntime  # noqa: E402  (environment is read when it loads)
from fastembed import TextEmbedding  # noqa: E402
from fastembed.common.model_description import ModelSource, PoolingType  # noqa: E402

if job.wide_sums:
    # fastembed has no option for it; every other tool is told the same through its own.
    class WideSums(onnxruntime.SessionOptions):
        def __init__(self):
            super().__init__()
            self.add_session_config_entry("session.x64quantprecision", "1")

    onnxruntime.SessionOptions = WideSums

NAME = "bench/measured"
TextEmbedding.add_custom_model(
    model=NAME,
    pooling=PoolingType.MEAN,
    normalization=True,
    sources=ModelSource(hf=NAME),
    dim=384,
    model_file=job.weights,
)
folder = stage_package(job.package, job.max_tokens)
model = TextEmbedding(
    NAME, specific_model_path=folder, threads=job.cores, providers=["CPUExecutionProvider"]
)


def encode(texts, batch):
    for _ in model.embed(texts, batch_size=batch):
        pass


about = f"fastembed {version('fastembed')}, onnxruntime {version('onnxruntime')}"
serve_texts(job, encode, [1, 2, 4, 8, 16], f"{about}{', wide sums' if job.wide_sums else ''}")
