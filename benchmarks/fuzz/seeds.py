"""Valid documents, one of every kind that lpzero reads: what a fuzzer begins with."""

from __future__ import annotations

import gzip
import json
import pickle
from functools import cache
from pathlib import Path
from typing import Any

from lpzero.evolution.config import EvolveConfig
from lpzero.tables.locate import bundled_folder

CHECKOUT = Path(__file__).resolve().parents[2]

FORMULAS = (
    "sum(l1(weight * grad))",
    "mean(mean(softmax(grad))) / sum(square(numel(hidden)))",
    "sum(l1(weight * grad)) + mean(log(std(attention)))",
    "-first(frobenius(matmul(head, head))) - last(max(zscore(jacobian) / jacobian))",
    "sum(mean(max_tokens(activation)))",
)
CONSTRAINTS = (
    "width % heads == 0",
    "width // heads in (16, 32, 64) and not heads > 8",
    "4 * width <= inner < 8 * width or activation == 'relu'",
    "(width - 1) * -2 != 3.5 and flag",
)


def spaces() -> tuple[str, ...]:
    """The example spaces, and one with a choice in every layer."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((CHECKOUT / "examples" / "spaces").glob("*.toml"))]
    return tuple(texts)


def proxies() -> tuple[str, ...]:
    """The shipped proxy files, and the result of a run."""
    return (*(path.read_text(encoding="utf-8") for path in sorted((CHECKOUT / "proxies").rglob("*.json"))), result())


@cache
def card(name: str) -> str:
    """The card of a bundled table."""
    return (bundled_folder(name) / "card.json").read_text(encoding="utf-8")


@cache
def records(name: str, number: int = 4) -> str:
    """The first records of a bundled table."""
    with gzip.open(bundled_folder(name) / "records.jsonl.gz", "rt", encoding="utf-8") as file:
        return "".join(line for line, _ in zip(file, range(number), strict=False))


def architectures() -> tuple[str, ...]:
    """Architectures of three spaces, with a protocol and without the one that they need."""
    names = ("gpt2-own", "flexibert-own", "llama-own")
    alone = [json.loads(records(name).splitlines()[0])["architecture"] for name in names]
    beside: list[Any] = [{"architecture": one, "protocol": "own"} for one in alone]
    return tuple(json.dumps(document) for document in (*alone, *beside))


def architectures_toml() -> tuple[str, ...]:
    """The same as TOML."""
    texts = []
    for document in (json.loads(text) for text in architectures()[:3]):
        lines = ['protocol = "own"', f"space = {json.dumps(document['space'])}", "[whole]", *_pairs(document["whole"])]
        for layer in document["layers"]:
            lines += ["[[layers]]", *_pairs(layer)]
        texts.append("\n".join(lines) + "\n")
    return tuple(texts)


def _pairs(values: dict[str, Any]) -> list[str]:
    return [f"{name} = {json.dumps(value)}" for name, value in values.items()]


CONFIG = EvolveConfig(space="gpt2", protocol="own", table="gpt2-own", islands=1, population=4)


def evolve_config() -> str:
    """The settings of an evolution."""
    return json.dumps(CONFIG.model_dump())


def search_config() -> str:
    """The settings of a search."""
    from lpzero.nas.config import SearchConfig

    proxies = {
        "proxies": ["sum(l1(weight * grad))", "depth"],
        "names": ["snip", "depth"],
        "higher_is_better": [True, False],
    }
    more: dict[str, Any] = {"limits": {"params": 1e6}, "table": "gpt2-own", "left_out": ["0001"]}
    return json.dumps(SearchConfig(space="gpt2", protocol="own", **proxies, **more).model_dump())


@cache
def checkpoint() -> str:
    """The state of an evolution of one island with two formulas."""
    import numpy as np

    from lpzero.evolution.archive import Numbers
    from lpzero.evolution.checkpoint import to_document
    from lpzero.evolution.discovery.candidate import Candidate
    from lpzero.evolution.evolution import State
    from lpzero.evolution.individual import Individual
    from lpzero.evolution.island import Island
    from lpzero.fitness import Correlation, Status

    part = Correlation(0.5, 0.5, 0.6, 1.0)
    known = [
        Candidate(
            key=text,
            size=5,
            status=Status.OK,
            higher_is_better=True,
            objective=0.5,
            signature=number,
            search=part,
            validation=part,
            both=part,
        )
        for number, text in enumerate(FORMULAS[:2])
    ]
    population = [Individual(one, CONFIG.parsimony, many=False) for one in known]
    numbers = Numbers(np.array([-3, 5, 2**40], dtype=np.int64))
    island = Island(np.random.default_rng(0), population, 0.5, 1, 0)
    state = State([island], 3, True, known, numbers, numbers, 7, 1, {"constant": 2}, 0.5, 0.5, 1, 2.5)
    return json.dumps(to_document(state))


def result() -> str:
    """The result of an evolution."""
    figures = {"n": 28, "tau_a": 0.5, "interval": [0.3, 0.7], "tau_b": 0.5, "rho": 0.6, "distinct": 1.0}
    best = {"formula": FORMULAS[0], "direction": "higher", "size": 5, "test": figures, "search": figures}
    best |= {"validation": figures, "sketch": {"search": 0.5, "validation": None}}
    versus = {"difference": 0.1, "interval": [0.0, 0.2], "p": 0.1, "p_swap": 0.1, "p_holm": 0.2}
    more = {
        "front": [],
        "baselines": [{"proxy": "params", "direction": "higher", "test": figures, "versus": versus}],
        "pruned": {"x": 1},
    }
    facts = {"schema": 1, "run": "runs/x", "table": "gpt2-own", "table_sha256": "0" * 64, "protocol": "own", "seed": 0}
    return json.dumps({**facts, "evaluated": 9, "seconds": 1.5, "stopped_by": "generations", "best": best, **more})


def search_result() -> str:
    """The result of a search."""
    row = {
        "key": "0" * 64,
        "score": 1.0,
        "scores": [1.0],
        "costs": {"params": 100},
        "intervals": {},
        "config": "architectures/0000000000000000/config.json",
    }
    truth = {name: {"regret": 0.1, "percentile": 90.0} for name in ("found", "random", "largest", "params")}
    found = {"best": [row], "front": [row], "controls": {"random": row, "largest": row, "params": None}, "truth": truth}
    groups = ("found", "random", "largest")
    proof: dict[str, Any] = {"table": "gpt2-own", "losses": {name: [{"loss": 2.0}] for name in groups}}
    proof |= {"means": dict.fromkeys(groups, 2.0)}
    proof |= {"difference": {name: {"mean": -0.1, "interval": [-0.2, 0.0]} for name in groups[1:]}}
    facts = {"schema": 1, "run": "runs/x", "space": "gpt2", "protocol": "own", "table": "gpt2-own", "left_out": 0}
    facts |= {"proxies": [{"proxy": "depth", "direction": "higher"}], "algorithm": "guided", "scored": 20, "failed": 0}
    facts |= {"seed": 0, "limits": {}, "against": "params", "measurement": {"batch": 1}, "proof": proof, "seconds": 3.5}
    return json.dumps({**facts, **found})


def scored() -> str:
    """Lines of scored architectures."""
    lines = [{"architecture": json.loads(text), "scores": [1.5, None]} for text in architectures()[:3]]
    return "".join(json.dumps(line) + "\n" for line in lines)


def costs() -> str:
    """Lines of measured costs."""
    lines = [{"model": "0" * 64, "cost": "latency", "value": 1.5, "interval": bounds} for bounds in ([1.0, 2.0], None)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def table_csv() -> str:
    """A table of GPT-2s as CSV."""
    rows = ["id,d_model,d_inner,heads,quality"]
    for number, line in enumerate(records("gpt2-own", 5).splitlines()):
        document = json.loads(line)
        layers = document["architecture"]["layers"]
        lists = [" ".join(str(layer[name]) for layer in layers) for name in ("d_inner", "heads")]
        rows.append(f"{number},{document['architecture']['whole']['d_model']},{','.join(lists)},{document['loss']}")
    return "\n".join(rows) + "\n"


def table_jsonl() -> str:
    """The same as JSON lines."""
    documents = [json.loads(line) for line in records("gpt2-own", 5).splitlines()]
    lines = [{"id": d["id"], "architecture": d["architecture"], "quality": d["loss"]} for d in documents]
    return "".join(json.dumps(line) + "\n" for line in lines)


def glue() -> str:
    """Two records of FlexiBERT on GLUE, as they were published."""
    documents = []
    for number, line in enumerate(records("flexibert-own", 2).splitlines()):
        architecture = json.loads(line)["architecture"]
        layers = [
            {
                "operation_type": layer["operation"],
                "operation_parameter": layer["parameter"],
                "num_operation_heads": layer["heads"],
                "feed_forward_dimension": layer["feed_forward"],
                "num_feed_forward": layer["feed_forward_layers"],
            }
            for layer in architecture["layers"]
        ]
        overrides = {**architecture["whole"], "nas_config": {"encoder_layers": layers}}
        hparams = {"model_hparam_overrides": overrides}
        scores = {"glue": 70.5 + number}
        documents.append({"id": number, "completed": True, "is_running": False, "scores": scores, "hparams": hparams})
    return json.dumps(documents)


def hwgpt() -> str:
    """Three records of HW-GPT-Bench at the scale s, as JSON; the first and the last are of one architecture."""
    documents = []
    for number in (0, 1, 0):
        choices = {"sample_n_head": [4, 8, 12] * 4, "sample_mlp_ratio": [2 + number, 3, 4] * 4}
        whole = {"sample_embed_dim": 192, "sample_n_layer": 10, "sample_layer_indices": list(range(10))}
        arch = {**whole, **choices, "sample_bias": True}
        documents.append({"accuracy": 0.375, "perplexity": 33.5 + number, "arch": arch})
    return json.dumps(documents)


def hwgpt_pickle() -> str:
    """The same as a pickle, a letter for each byte."""
    return pickle.dumps(json.loads(hwgpt()), 4).decode("latin-1")


def hat_mt(*, measured: bool = True) -> str:
    """Two rows of LLM-PP, with what was measured or without."""
    info = [
        *("encoder-embed-dim-subtransformer: 512", "encoder-layer-num-subtransformer: 6"),
        "encoder-ffn-embed-dim-all-subtransformer: [1024, 1024, 2048, 2048, 2048, 1024]",
        "encoder-self-attention-heads-all-subtransformer: [4, 4, 4, 8, 4, 4]",
        *("decoder-embed-dim-subtransformer: 640", "decoder-layer-num-subtransformer: 1"),
        "decoder-ffn-embed-dim-all-subtransformer: [3072]",
        "decoder-self-attention-heads-all-subtransformer: [8]",
        "decoder-ende-attention-heads-all-subtransformer: [4]",
    ]
    bleu = {"test_BLEU": 25.6, "valid_BLEU": 24.3}
    counts = {"num_parameters_without_embedding_weights": 22199936, "num_embedding_parameters": 20971520}
    parts = {"last_layer_flops": 1258291200, "total_flops_without_last_layer": 1411215528}
    more = {**bleu, "sockeye_dir": "/somewhere", **counts, "overall_latency": 41.8, **parts} if measured else {}
    supernets = ("HAT", "Supernet (Sandwich)", "Layer-wise MoS", "Neuron-wise MoS") if measured else ()
    rows = []
    for span in (2, -1):
        lines = [*info, f"decoder-arbitrary-ende-attn-all-subtransformer: [{span}]"]
        scratch = {"arch_info": lines, **more, "total_flops": 2669506728}
        rows.append(json.dumps({"scratch": scratch, **dict.fromkeys(supernets, bleu)}) + "\n")
    return "".join(rows)


LTS_SUMMARY = "config_0_j0:\n  valid_ppl: 45.02\n  train_elapsed: 3073.7\nconfig_0_j1:\n  valid_ppl: 27.0\n"
LTS_CONFIG = """adaptive: true
attn_type: 0
cutoffs: [19997, 39997, 199997, 50264]
d_embed: 256
d_head: -1
d_inner:
- 1071
- 640
- 1286
d_model: 128
div_val: 4
n_head: [2, 4, 4]
n_layer: 3
n_token: 50264
pre_lnorm: false
primer_conv: false
primer_square: false
tie_weight: true
"""


def llama_config() -> str:
    """The configuration of a tiny LLaMA."""
    from lpzero.spaces.llama.config import config_document

    return json.dumps(config_document(llama_base()))


def llama_base() -> Any:
    """Its numbers."""
    from lpzero.spaces.llama.plan import Base

    numbers = {"vocabulary": 5, "max_tokens": 8, "width": 4, "depth": 1, "heads": 2, "kv_heads": 2, "head_width": 2}
    return Base(**numbers, inner_width=3, epsilon=1e-6, theta=1e4, tied=True)


def llama_header() -> str:
    """The header of its safetensors, in float16."""
    from math import prod

    from lpzero.spaces.llama.checkpoint import tensor_shapes

    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in tensor_shapes(llama_base()).items():
        start, end = end, end + 2 * prod(shape)
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    return json.dumps(header)


def llama_index() -> str:
    """An index of one shard."""
    from lpzero.spaces.llama.checkpoint import tensor_shapes

    return json.dumps({"metadata": {}, "weight_map": dict.fromkeys(tensor_shapes(llama_base()), "x.safetensors")})
