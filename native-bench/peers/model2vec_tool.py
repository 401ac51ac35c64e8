"""model2vec with a static model on disk: texts in, vectors in memory, nothing written."""

from importlib.metadata import version

from text_tool import read_job, serve_texts

job, given = read_job()

from model2vec import StaticModel  # noqa: E402  (environment is read when it loads)

model = StaticModel.from_pretrained(job.package)


def encode(texts, batch):
    model.encode(texts, batch_size=batch, show_progress_bar=False)


serve_texts(job, encode, [256, 1024, 4096], f"model2vec {version('model2vec')}")
