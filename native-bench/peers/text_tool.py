"""What the tools that embed texts have in common: arguments, texts, the best batch size, rounds."""

import argparse
import json
import os
import time
from dataclasses import dataclass

from serve_rounds import serve

# Texts that a batch size is tried on.
PROBE_TEXTS = 256


@dataclass
class Job:
    package: str
    weights: str
    texts: list[str]
    cores: int
    max_tokens: int
    wide_sums: bool
    batch: int | None


def read_job(**more) -> tuple[Job, argparse.Namespace]:
    """Reads the arguments that every tool is given; `more` are options of one tool and their choices."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--package", required=True)
    parser.add_argument("--weights", required=True, help="within the package")
    parser.add_argument("--texts", required=True, help="JSON lines with a field text")
    parser.add_argument("--cores", type=int, required=True)
    parser.add_argument("--max-tokens", type=int, required=True)
    parser.add_argument("--wide-sums", action="store_true", help="int8 products that do not saturate")
    parser.add_argument("--batch", type=int, help="texts a call; default: the fastest of some")
    for name, choices in more.items():
        parser.add_argument(f"--{name}", choices=choices, required=True)
    given = parser.parse_args()
    with open(given.texts, encoding="utf8") as file:
        texts = [json.loads(line)["text"] for line in file if line.strip()]
    # Read by OpenMP and by the tokenizers when they start.
    os.environ["OMP_NUM_THREADS"] = str(given.cores)
    os.environ["RAYON_NUM_THREADS"] = str(given.cores)
    os.environ["HF_HUB_OFFLINE"] = "1"
    job = Job(
        os.path.abspath(given.package),
        given.weights,
        texts,
        given.cores,
        given.max_tokens,
        given.wide_sums,
        given.batch,
    )
    return job, given


def serve_texts(job: Job, encode, sizes, about) -> None:
    """Chooses the batch size that is the fastest on a part of the texts, then serves rounds over all.

    encode: takes texts and a batch size and embeds them.
    """
    step = max(1, len(job.texts) // PROBE_TEXTS)
    probe = job.texts[::step][:PROBE_TEXTS]
    encode(probe, job.batch or sizes[0])
    batch = job.batch or max(sizes, key=lambda size: rate(encode, probe, size))
    serve(lambda: rate(encode, job.texts, batch), f"{about}, batches of {batch}")


def rate(encode, texts, batch) -> float:
    started = time.perf_counter()
    encode(texts, batch)
    return len(texts) / (time.perf_counter() - started)
