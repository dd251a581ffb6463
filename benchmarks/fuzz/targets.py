"""The readers that are fuzzed, each with the documents to begin with."""

from __future__ import annotations

import contextlib
import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzz import compression, llm, predictors, principles, reports, schedules, seeds, tables
from benchmarks.fuzz.inputs import text_of, written

Read = Callable[[bytes, Path], object]


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        name: What it reads.
        read: Takes the input and a folder of its own; raises what the reader raises.
        seeds: Valid documents.
        share: How many inputs it gets, as a multiple of others'.
        limit: Processor seconds that an input may take.
    """

    name: str
    read: Read
    seeds: Callable[[], tuple[str, ...]]
    share: float = 1.0
    limit: float = 1.0


def _formula(data: bytes, folder: Path) -> None:
    from lpzero.formula import canonical, parse

    del folder
    formula = parse(text_of(data))
    assert parse(str(formula)) == formula
    canonical(formula)


def _constraint(data: bytes, folder: Path) -> None:
    from lpzero.errors import InputError
    from lpzero.spaces.toml.constraint_text import parse_constraint

    del folder
    values = {"width": 64, "heads": 4, "inner": 256, "activation": "relu", "flag": True, "ratio": 0.5}

    def resolve(name: str) -> str:
        if name not in values:
            raise InputError("no such field")
        return name

    parse_constraint(text_of(data), resolve).holds(values)


def _space(data: bytes, folder: Path) -> None:
    """A space, and what commands ask of one that is not refused when it is tried; no model is built."""
    from lpzero.spaces.toml import file as space_file

    path = written(data, folder, "space.toml")
    fields, document = space_file._Fields, space_file.parse_document(path, space_file.read_text(path))
    family = space_file._at(f"{path}: model_type", partial(space_file.family_of, document.model_type))
    space = fields(path, document, family).space(path)
    assert len(str(space.cells)) > 0
    if space.size < 2:
        return
    rng = np.random.default_rng(0)
    first, second = space.sample(rng), space.sample(rng)
    space.validate(space.mutate(first, rng))
    space.crossover(first, second, rng)


def _space_trial(data: bytes, folder: Path) -> None:
    """A space, every value of it tried in a model without weights."""
    from lpzero.spaces.toml.file import read_space

    read_space(written(data, folder, "space.toml"))


def _architecture(data: bytes, folder: Path, name: str = "architecture.json") -> None:
    from lpzero.pretrained.architecture_file import read_architecture, space_of

    given = read_architecture(str(written(data, folder, name)))
    space = space_of(given, None, None)
    space.model_key(given.architecture)
    space.parameter_counts(given.architecture)


def _proxy(data: bytes, folder: Path) -> None:
    from lpzero.proxy import load_proxy
    from lpzero.proxy.exclusion import chosen_on
    from lpzero.tables import load_table

    proxy = load_proxy(str(written(data, folder, "proxy.json")))
    if proxy.found_on == "llama-own":
        chosen_on(proxy, load_table("llama-own"))


def _discovered(data: bytes, folder: Path) -> None:
    from lpzero.proxy.provenance import proxy_document

    written(seeds.evolve_config().encode(), folder, "config.json")
    written(b'{"python": "3.11"}', folder, "env.json")
    written(data, folder, "best.json")
    json.dumps(proxy_document(folder, "x"))


def _evolve_config(data: bytes, folder: Path) -> None:
    from lpzero.evolution.config import EvolveConfig
    from lpzero.evolution.folder import EvolutionRunFolder

    written(data, folder, "config.json")
    EvolutionRunFolder.open(folder, EvolveConfig)


def _evolve_state(data: bytes, folder: Path) -> None:
    from lpzero.evolution.checkpoint import from_document
    from lpzero.evolution.folder import EvolutionRunFolder

    (folder / "state").mkdir(exist_ok=True)
    written(data, folder, "state/checkpoint.json")
    document = EvolutionRunFolder(folder).read_checkpoint()
    assert document is not None
    from_document(document, seeds.CONFIG)


def _evolve_files(data: bytes, folder: Path) -> None:
    """The start, the settings and the result of a run from one input; all of them are read."""
    from lpzero.cli.evolve import _print
    from lpzero.errors import InputError
    from lpzero.evolution.folder import EvolutionRunFolder
    from lpzero.proxy import load_proxy

    run = EvolutionRunFolder(folder)
    for name in ("start.json", "config.json", "env.json", "best.json"):
        written(data, folder, name)
    for read in (run.read_start, lambda: load_proxy(str(folder))):
        with contextlib.suppress(InputError):
            read()
    result = run.read_result()
    assert result is not None
    with contextlib.redirect_stdout(io.StringIO()):
        _print(result)


def _search_config(data: bytes, folder: Path) -> None:
    from lpzero.nas.config import SearchConfig
    from lpzero.nas.folder import SearchRunFolder

    written(data, folder, "config.json")
    SearchRunFolder.open(folder, SearchConfig)


def _search_lines(data: bytes, folder: Path) -> None:
    """Scores, costs and the end of a search from one input."""
    from lpzero.errors import InputError
    from lpzero.nas.folder import SearchRunFolder

    run = SearchRunFolder(folder)
    for name in ("scored.jsonl", "costs.jsonl", "searched.json"):
        written(data, folder, name)
    with contextlib.suppress(InputError):
        run.kept(1)
    with contextlib.suppress(InputError):
        run.kept_costs()
    run.kept_end()


def _search_result(data: bytes, folder: Path) -> None:
    from lpzero.cli.search import _print
    from lpzero.nas.folder import SearchRunFolder

    written(data, folder, "result.json")
    result = SearchRunFolder(folder).read_result()
    assert result is not None
    with contextlib.redirect_stdout(io.StringIO()):
        _print(result)


@cache
def _llama_bytes() -> int:
    """Bytes of the weights of the tiny LLaMA."""
    return max(part["data_offsets"][1] for part in json.loads(seeds.llama_header()).values() if "shape" in part)


def _llama(data: bytes, folder: Path, name: str) -> None:
    """A checkpoint of which one part is the input."""
    from lpzero.spaces.llama.checkpoint import weights
    from lpzero.spaces.llama.space import open_subnetworks

    config = data if name == "config" else seeds.llama_config().encode()
    header = data if name == "header" else seeds.llama_header().encode()
    written(config, folder, "config.json")
    whole = data if name == "file" else struct.pack("<Q", len(header)) + header + bytes(_llama_bytes())
    if name == "index":
        written(data, folder, "model.safetensors.index.json")
        written(whole, folder, "x.safetensors")
    else:
        written(whole, folder, "model.safetensors")
    space = open_subnetworks(folder)
    assert space.checkpoint is not None
    with weights(space.checkpoint) as read:
        read("embedding.weight")
    space.parameter_counts(space.sample(np.random.default_rng(0)))


def _corpus(data: bytes, folder: Path) -> None:
    from lpzero.training.corpus import read_corpus

    _ = read_corpus(written(data, folder, "corpus.txt")).unigram_entropy


def _llama_files() -> tuple[str, ...]:
    header = seeds.llama_header()
    return (struct.pack("<Q", len(header)).decode("latin-1") + header + "\0" * _llama_bytes(),)


def _seed(*texts: str) -> Callable[[], tuple[str, ...]]:
    return lambda: texts


def _one(make: Callable[..., str], *arguments: Any) -> Callable[[], tuple[str, ...]]:
    return lambda: (make(*arguments),)


def _run_files() -> tuple[str, ...]:
    start = json.dumps({"enumerated": 5, "formulas": list(seeds.FORMULAS)})
    split = json.dumps({"search": ["0000"], "validation": ["0001"], "test": [], "table_sha256": "0" * 64})
    return seeds.result(), start, split


_ROWS = (
    Target("formula", _formula, _seed(*seeds.FORMULAS), 7),
    Target("constraint", _constraint, _seed(*seeds.CONSTRAINTS), 10),
    Target("space.toml", _space, seeds.spaces, 1),
    # a valid space makes models, which takes a second or two
    Target("space.toml with models", _space_trial, lambda: seeds.spaces()[:1], 0.003, 30.0),
    Target("architecture.json", _architecture, seeds.architectures),
    Target("architecture.toml", partial(_architecture, name="a.toml"), seeds.architectures_toml),
    Target("card.json, imported", partial(tables.card, name="llama-own"), _one(seeds.card, "llama-own"), 0.5),
    Target("card.json, trained", partial(tables.card, name="gpt2-own"), _one(seeds.card, "gpt2-own"), 0.5),
    Target("records, imported", partial(tables.records, name="llama-own"), _one(seeds.records, "llama-own"), 0.5),
    Target("records, trained", partial(tables.records, name="gpt2-own"), _one(seeds.records, "gpt2-own"), 0.5),
    Target("records.jsonl.gz", tables.packed_records, _seed("", "x", "xy" * 20), 0.5),
    Target("table.csv", partial(tables.imported, name="table.csv"), _one(seeds.table_csv)),
    Target("table.jsonl", partial(tables.imported, name="table.jsonl"), _one(seeds.table_jsonl)),
    Target("flexibert-glue", tables.glue, _one(seeds.glue)),
    Target("lts, YAML", tables.lts, _seed(f"{seeds.LTS_SUMMARY}\n---\n{seeds.LTS_CONFIG}")),
    Target("hwgpt, pickle", tables.hwgpt_pickle, _one(seeds.hwgpt_pickle)),
    Target("hwgpt, values", tables.hwgpt_values, _one(seeds.hwgpt)),
    Target("hat-mt, rows", tables.hat_mt, _one(seeds.hat_mt), 0.5),
    Target("hat-mt, unlabelled", tables.hat_mt_unlabelled, lambda: (seeds.hat_mt(measured=False),), 0.5),
    Target("proxy.json", _proxy, seeds.proxies),
    Target("best.json to export", _discovered, _one(seeds.result)),
    Target("evolve config.json", _evolve_config, _one(seeds.evolve_config)),
    Target("evolve checkpoint.json", _evolve_state, _one(seeds.checkpoint)),
    Target("evolve start, split, best", _evolve_files, _run_files, 0.5),
    Target("search config.json", _search_config, _one(seeds.search_config)),
    Target("search scores, costs, end", _search_lines, lambda: (seeds.scored(), seeds.costs(), '{"scored": 5}')),
    Target("search result.json", _search_result, _one(seeds.search_result), 0.5),
    Target("llama config.json", partial(_llama, name="config"), _one(seeds.llama_config)),
    Target("safetensors header", partial(_llama, name="header"), _one(seeds.llama_header)),
    Target("safetensors index", partial(_llama, name="index"), _one(seeds.llama_index)),
    Target("safetensors file", partial(_llama, name="file"), _llama_files),
    Target("principles.json", principles.read, _one(principles.document), 0.5),
    Target("principles.toml", partial(principles.read, name="principles.toml"), _one(principles.document_toml), 0.5),
    Target("corpus", _corpus, _seed("some text\n" * 5, "é漢"), 0.5),
    Target("labels.csv", partial(predictors.labels, name="labels.csv"), _one(seeds.table_csv), 0.5),
    Target("labels.jsonl", partial(predictors.labels, name="labels.jsonl"), _one(seeds.table_jsonl), 0.5),
    # a document that is good is fitted again
    Target("predictor document", predictors.kept, _one(predictors.document), 0.1, 10.0),
    Target("predictor arrays", predictors.arrays, _seed("", "x", "xy" * 20), 0.1, 10.0),
    Target("student document", partial(predictors.kept, which="student"), _one(predictors.document, "student"), 0.1),
    Target("student arrays", partial(predictors.arrays, which="student"), _seed("", "x", "xy" * 20), 0.1),
    Target("prompt document", partial(predictors.kept, which="shown"), _one(predictors.document, "shown"), 0.2),
    Target("next.csv", predictors.suggestions, _one(predictors.suggested), 0.5),
    Target("next.jsonl", partial(predictors.suggestions, name="next.jsonl"), _one(seeds.table_jsonl), 0.5),
    *(Target(name, read, _seed(*documents), 0.2) for name, read, documents in llm.READERS),
    *(Target(name, read, documents, 0.5) for name, read, documents in schedules.READERS),
    *(Target(name, read, documents, 0.3, 10.0) for name, read, documents in compression.READERS),
    *(Target(name, read, _seed(*documents), 0.2) for name, read, documents in reports.READERS),
)
TARGETS = {target.name: target for target in _ROWS}
