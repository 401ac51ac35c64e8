"""Vectors for every row of a Lance table, as Python writes them: a new column, or a merge by key.

    python lance_tool.py --way add_columns|merge_insert --rows N --dimensions D

The vectors are made before the clock starts; each round fills a new table of keys and texts. A hash and a
time are written for each row too, as a version of a table has them.
"""

import argparse
import shutil
import tempfile
import time
from datetime import timedelta
from importlib.metadata import version

import numpy
import pyarrow

from serve_rounds import serve

# Rows of a fragment, as the table is imported in the other cases.
FRAGMENT_ROWS = 32_768

parser = argparse.ArgumentParser()
parser.add_argument("--way", choices=["add_columns", "merge_insert"], required=True)
parser.add_argument("--rows", type=int, required=True)
parser.add_argument("--dimensions", type=int, required=True)
given = parser.parse_args()

texts = [f"the definition of word number {row}, about sixty bytes" for row in range(given.rows)]
keys = pyarrow.array(numpy.arange(given.rows), pyarrow.int64())
source = pyarrow.table({"id": keys, "text": pyarrow.array(texts)})
noise = numpy.random.default_rng(7).standard_normal(given.rows * given.dimensions, dtype=numpy.float32)
made = pyarrow.table(
    {
        "vector": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(noise), given.dimensions),
        "vector_hash": keys,
        "vector_at": pyarrow.array(numpy.zeros(given.rows), pyarrow.int64()),
    }
)


def add_columns(folder: str) -> float:
    import lance

    dataset = lance.write_dataset(source, folder, max_rows_per_file=FRAGMENT_ROWS)
    started = time.perf_counter()
    dataset.add_columns(made.to_reader(max_chunksize=8192))
    return time.perf_counter() - started


def merge_insert(folder: str) -> float:
    import lancedb

    database = lancedb.connect(folder)
    table = database.create_table("t", source)
    table.add_columns(made.schema)
    table.create_scalar_index("id", index_type="BTREE")
    table.wait_for_index(["id_idx"], timeout=timedelta(minutes=5))
    started = time.perf_counter()
    table.merge_insert("id").when_matched_update_all().execute(made.append_column("id", keys))
    return time.perf_counter() - started


WAYS = {"add_columns": add_columns, "merge_insert": merge_insert}


def run() -> float:
    folder = tempfile.mkdtemp(prefix="peer-lance-")
    try:
        return given.rows / WAYS[given.way](f"{folder}/t.lance")
    finally:
        shutil.rmtree(folder)


package = "pylance" if given.way == "add_columns" else "lancedb"
serve(run, f"{package} {version(package)}, pyarrow {version('pyarrow')}")
