"""A model package as tools expect to find it: the same files, less what the tokenizer's file gets wrong."""

import json
import os
import tempfile


def stage_package(package: str, max_tokens: int) -> str:
    """Links a package's files into a scratch folder and answers with its path.

    The tokenizer's file may have a fixed padding and a truncation baked in, which some tools obey and the
    model's own configuration contradicts: both are left out, and `max_tokens` is put where tools look.
    """
    folder = tempfile.mkdtemp(prefix="peer-package-")
    for root, _, files in os.walk(package):
        place = os.path.join(folder, os.path.relpath(root, package))
        os.makedirs(place, exist_ok=True)
        for name in files:
            os.symlink(os.path.join(root, name), os.path.join(place, name))
    rewrite(folder, "tokenizer.json", {"padding": None, "truncation": None})
    rewrite(folder, "tokenizer_config.json", {"model_max_length": max_tokens})
    return folder


def rewrite(folder: str, name: str, fields: dict) -> None:
    path = os.path.join(folder, name)
    with open(path, encoding="utf8") as file:
        content = json.load(file)
    os.unlink(path)
    with open(path, "w", encoding="utf8") as file:
        json.dump({**content, **fields}, file)
