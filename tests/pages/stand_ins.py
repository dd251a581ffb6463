"""The files and folders that a page takes for given, small, made when a command names one that is not there yet."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import lpzero
from lpzero.cli.main import run
from lpzero.tables import load
from tests.compression.tiny import checkpoint_folder, written_text
from tests.pages.thinned import thinned

Maker = Callable[[Path], None]

MODEL = """\
from transformers import AutoConfig, AutoModelForCausalLM


def build_model():
    config = AutoConfig.for_model("gpt2", n_layer=2, n_embd=32, n_head=4, vocab_size=257)
    return AutoModelForCausalLM.from_config(config, attn_implementation="eager")
"""
SPACE = """\
name = "small"
model_type = "gpt2"
constraints = ["n_embd % n_head == 0"]

[fixed]
vocab_size = 257
n_positions = 64
bos_token_id = 0
eos_token_id = 0

[choices]
n_layer = [1, 2, 3]
n_embd = [8, 16, 32]
n_head = [1, 2, 4]
"""
PRINCIPLES = {
    "schema": "lpzero.principles/1",
    "space": {"name": "gpt2"},
    "principles": [
        {"id": "deep", "statement": "deep is good", "rule": {"op": "ge", "feature": "depth", "value": 5}},
    ],
}


def _text(content: str) -> Maker:
    return lambda path: _written(path, content)


def _written(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")


def _labels(protocol: str, number: int, *, quality: bool) -> Maker:
    """Architectures of gpt2 as a CSV file, with a loss that falls with their size."""

    def make(path: Path) -> None:
        space, rng = lpzero.get_space("gpt2", protocol), np.random.default_rng(number)
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["architecture", "quality"][: 1 + quality])
            for _ in range(number):
                one = space.sample(rng)
                size = space.parameter_counts(one)["total"]
                loss = round(4 - 0.1 * float(np.log(size)) + float(rng.normal(0, 0.01)), 4)
                writer.writerow([json.dumps(one.to_json()), loss][: 1 + quality])

    return make


def _architecture(seed: int) -> Maker:
    def make(path: Path) -> None:
        one = lpzero.get_space("gpt2", "own").sample(np.random.default_rng(seed))
        path.write_text(json.dumps(one.to_json()))

    return make


def _command(*words: str) -> Maker:
    """What a command of the package writes, on a table of 32 records."""

    def make(path: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(load, "load_trained", thinned(load.load_trained))
            assert run([*words, "--output", str(path)]) == 0

    return make


def _ridge(path: Path) -> None:
    labels = path.with_name("labels-of-ridge.csv")
    _labels("own", 16, quality=True)(labels)
    space = ["--space", "gpt2", "--protocol", "own", "--direction", "lower", "--features", "spec"]
    _command("predictor", "fit", "--labels", str(labels), *space)(path)


def _of_data(*parts: str) -> Maker:
    """A file of the published data; the page is skipped where it is not here."""

    def make(path: Path) -> None:
        source = Path(os.environ.get("LPZERO_DATA", "../shared/data"), *parts)
        if not source.is_file():
            pytest.skip(f"no {'/'.join(parts)} in LPZERO_DATA")
        shutil.copy(source, path)

    return make


def _checkpoint(path: Path) -> None:
    checkpoint_folder(path, attention_bias=False, mlp_bias=False)


STAND_INS: dict[str, Maker] = {
    "model.py": _text(MODEL),
    "space.toml": _text(SPACE),
    "principles.json": _text(json.dumps(PRINCIPLES)),
    "config.json": _text('{"model_type": "gpt2", "n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 257}'),
    "path/to/model/folder": _checkpoint,
    "path/to/llama": _checkpoint,
    "text.txt": lambda path: _written(path, written_text(4000)),
    "other.txt": lambda path: _written(path, written_text(2000, seed=3)),
    "train.txt": lambda path: _written(path, written_text(4000)),
    "valid.txt": lambda path: _written(path, written_text(1000, seed=3)),
    "wikitext2-test.txt": _of_data("text", "wikitext2-test.txt"),
    "wikitext2-valid.txt": _of_data("text", "wikitext2-valid.txt"),
    "llmpp/unlabelled/111.jsonl.gz": _of_data("llmpp", "unlabelled", "111.jsonl.gz"),
    "ridge.json": _ridge,
    "labels.csv": _labels("own", 16, quality=True),
    "next.csv": _labels("own", 3, quality=False),
    "base.json": _architecture(0),
    "candidate.json": _architecture(1),
    "runs/mine": _command("evolve", "--table", "gpt2-own"),
    "runs/other": _command("evolve", "--table", "gpt2-own", "--seed", "1"),
    "runs/picked": _command("search", "--space", "gpt2", "--protocol", "own", "--proxy", "gpt2/own"),
}
"""Name on the pages -> what makes it."""

OF_PROTOCOL: dict[str, dict[str, Maker]] = {"--protocol lts": {"labels.csv": _labels("lts", 16, quality=True)}}
"""What a command says -> what is made otherwise then."""


def named(text: str) -> list[str]:
    """The stand-ins that a command or a script reads, by their names.

    >>> named("lpzero report runs/mine --open"), named("lpzero evolve --output runs/mine")
    (['runs/mine'], [])
    """
    written = r"(?<!--out )(?<!--output )(?<!> )"
    return [name for name in STAND_INS if re.search(rf"{written}(?<![\w./-]){re.escape(name)}(?![\w-])", text)]


@dataclass
class Store:
    """Stand-ins that were made, each once.

    Attributes:
        folder: Where they are kept.
    """

    folder: Path
    _made: set[str] = field(default_factory=set)

    def provide(self, text: str, folder: Path) -> None:
        """Lay what a command names into the folder that it runs in, unless it is there."""
        otherwise = {name: maker for said, row in OF_PROTOCOL.items() if said in text for name, maker in row.items()}
        for name in named(text):
            if name in otherwise and not (folder / name).exists():
                otherwise[name](folder / name)
            target, kept = folder / name, self.folder / name
            if target.exists():
                continue
            kept.parent.mkdir(parents=True, exist_ok=True)
            if name not in self._made:
                STAND_INS[name](kept)
                self._made.add(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if kept.is_dir() else shutil.copy)(kept, target)
            if kept.with_suffix(".npz").is_file():
                shutil.copy(kept.with_suffix(".npz"), target.with_suffix(".npz"))
