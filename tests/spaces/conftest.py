"""Every space with a model of it, and the published architectures (not read by ``lpzero.tables``)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor, nn

from lpzero.spaces import SPACES, Architecture, ModelOutput, SearchSpace, SitedModel, get_space

# a model of these takes gigabytes
TOO_LARGE = {("llama", "1b"), ("llama", "7b"), ("hwgpt", "m"), ("hwgpt", "l")}
# these differ from the first task in the number of ids alone
TOO_LARGE |= {("hat-mt", "wmt14enfr"), ("hat-mt", "wmt19ende")}
EACH = [(name, protocol) for name in SPACES for protocol in get_space(name).protocols]
EACH = [pair for pair in EACH if pair not in TOO_LARGE]


@pytest.fixture(scope="session", params=EACH, ids="-".join)
def space(request: pytest.FixtureRequest) -> SearchSpace:
    """Each space under each of its protocols."""
    return get_space(*request.param)


@pytest.fixture(scope="session")
def run(space: SearchSpace) -> tuple[nn.Module, ModelOutput, Tensor]:
    """A model with every kind of layer, run once forwards and backwards: model, output, labels."""
    rng = np.random.default_rng(3)

    def order(architecture: Architecture) -> tuple[int, int, str]:
        kinds = {architecture.layer(i).get("operation") for i in range(architecture.depth)}
        return -len(kinds), architecture.depth, architecture.digest

    model = space.build(min((space.sample(rng) for _ in range(20)), key=order), seed=0)
    ids = torch.randint(space.vocabulary, (2, 16), generator=torch.Generator().manual_seed(0))
    labels = ids.clone()
    labels[:, 1::3] = -100
    output = model(input_ids=ids, labels=labels, output_attentions=True, output_hidden_states=True)
    output.loss.backward()
    assert isinstance(model, SitedModel)
    return model, output, labels


@pytest.fixture(scope="session")
def glue(data: Path) -> list[tuple[Architecture, float]]:
    """The 500 FlexiBERT architectures with their mean GLUE score."""
    published = []
    for record in json.loads((data / "flexibert" / "BERT_benchmark.json").read_text()):
        overrides = record["hparams"]["model_hparam_overrides"]
        layers = [
            {
                "operation": layer["operation_type"],
                "parameter": layer["operation_parameter"],
                "heads": layer["num_operation_heads"],
                "feed_forward": layer["feed_forward_dimension"],
                "feed_forward_layers": layer["num_feed_forward"],
            }
            for layer in overrides["nas_config"]["encoder_layers"]
        ]
        whole = {"hidden_size": overrides["hidden_size"]}
        published.append((Architecture.of("flexibert", whole, layers), record["scores"]["glue"]))
    return published


def decoders(folder: Path, space: str) -> list[tuple[Architecture, dict[str, float]]]:
    """The architectures of a table of LiteTransformerSearch with their published parameter counts."""
    published = []
    for name, counts in yaml.safe_load((folder / "params_summary.yaml").read_text()).items():
        path = folder.joinpath(*name.rsplit("_", 1), "model_config.yaml")
        config = yaml.safe_load(path.read_text())
        layers = [
            {"d_inner": inner, "heads": heads} for inner, heads in zip(config["d_inner"], config["n_head"], strict=True)
        ]
        whole = {key: config[key] for key in ("d_model", "d_embed", "div_val")}
        published.append((Architecture.of(space, whole, layers), counts))
    return published


@pytest.fixture(scope="session")
def wikitext(data: Path) -> list[tuple[Architecture, dict[str, float]]]:
    """The 200 GPT-2 architectures with their published parameter counts."""
    return decoders(data / "lts" / "random_GPT2_wt103", "gpt2")


@pytest.fixture(scope="session")
def transxl(data: Path) -> list[tuple[Architecture, dict[str, float]]]:
    """The 200 Transformer-XL architectures with their published parameter counts."""
    return decoders(data / "lts" / "random_TransXL_wt103", "transfo-xl")
