"""The conformance suite of architectures: what every space keeps under every protocol."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from lpzero.errors import InputError
from lpzero.spaces import SPACES, Architecture, SearchSpace, SitedModel, get_space


def draws(space: SearchSpace, number: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(number)]


def choices(architecture: Architecture) -> list[object]:
    """Everything that was chosen, the operation with its parameter."""
    layers: list[object] = []
    for index in range(architecture.depth):
        layer = architecture.layer(index)
        # set together where a layer has both
        pairs = [pair for pair in (("operation", "parameter"), ("heads", "kv_heads")) if layer.keys() >= set(pair)]
        layers += [(index, pair, tuple(layer.pop(name) for name in pair)) for pair in pairs]
        layers += [(index, name, value) for name, value in layer.items()]
    return [("depth", architecture.depth), *architecture.whole, *layers]


def test_every_draw_is_valid_and_survives_json(space: SearchSpace) -> None:
    for architecture in draws(space, 50):
        space.validate(architecture)
        text = json.dumps(architecture.to_json(), allow_nan=False)
        again = Architecture.from_json(json.loads(text))
        assert again == architecture
        assert space.key(again) == space.key(architecture)
        assert space.model_key(again) == space.model_key(architecture)
        assert len(space.key(again)) == len(space.model_key(again)) == 64


def test_equal_generators_draw_equal_architectures(space: SearchSpace) -> None:
    assert draws(space, 5) == draws(space, 5)
    assert len(set(draws(space, 50))) > 45


def test_a_mutation_changes_one_choice(space: SearchSpace) -> None:
    rng = np.random.default_rng(1)
    depth_changes = 0
    for architecture in draws(space, 200):
        before = architecture.to_json()
        mutant = space.mutate(architecture, rng)
        space.validate(mutant)
        assert architecture.to_json() == before
        if mutant.depth == architecture.depth:
            assert len(set(choices(architecture)) - set(choices(mutant))) == 1
        else:
            depth_changes += 1
            common = min(mutant.depth, architecture.depth)
            assert mutant.whole == architecture.whole
            assert mutant.layers[:common] == architecture.layers[:common]
    assert depth_changes > 0


def test_a_child_has_every_choice_from_a_parent(space: SearchSpace) -> None:
    rng = np.random.default_rng(2)
    mixed = 0
    parents = draws(space, 200)
    for first, second in zip(parents[::2], parents[1::2], strict=True):
        child = space.crossover(first, second, rng)
        space.validate(child)
        assert set(choices(child)) <= set(choices(first)) | set(choices(second))
        mixed += child not in (first, second)
    # of two architectures with a single layer each, a child is more often one of them
    assert mixed > (80 if space.name == "rnn" else 90)


def test_the_weights_follow_from_the_seed_alone(space: SearchSpace) -> None:
    architecture = min(draws(space, 20), key=lambda a: (a.depth, a.digest))
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = space.build(architecture, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(1)
    again, other = space.build(architecture, seed=1).state_dict(), space.build(architecture, seed=2)
    assert all(torch.equal(value, again[name]) for name, value in first.state_dict().items())
    assert space.pretrained or not any(
        torch.equal(one, two) for one, two in zip(first.parameters(), other.parameters(), strict=True) if one.ndim >= 2
    )
    assert not first.training
    assert all(parameter.requires_grad for parameter in first.parameters())


def test_the_counts_are_those_of_the_built_model(space: SearchSpace) -> None:
    for architecture in draws(space, 3):
        model = space.build(architecture, seed=0)
        sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
        counts = space.parameter_counts(architecture)
        assert isinstance(model, SitedModel)
        assert counts["total"] == sum(sizes.values())
        blocks = {name: size for name, size in sizes.items() if name.startswith(("blocks", "final_norm"))}
        assert counts["nonembedding"] == sum(blocks.values())
        assert counts["embedding"] == sum(s for name, s in sizes.items() if name.startswith("embedding"))
        for part, group in (("attention", "operation"), ("feed_forward", "feed_forward")):
            owners = {s.parameter.rpartition(".")[0] for s in model.site_map().parameters if s.group == group}
            assert counts[part] == sum(s for name, s in blocks.items() if name.rpartition(".")[0] in owners)


def test_the_counts_are_a_fresh_dictionary(space: SearchSpace) -> None:
    architecture = draws(space, 1)[0]
    counts = space.parameter_counts(architecture)
    counts["total"] = 0
    assert space.parameter_counts(architecture)["total"] > 0


def test_an_architecture_of_another_space_is_refused(space: SearchSpace) -> None:
    stranger = Architecture.of("elsewhere", {}, [])
    with pytest.raises(InputError, match="space is 'elsewhere': expected"):
        space.validate(stranger)
    with pytest.raises(InputError, match="space is 'elsewhere': expected"):
        space.build(stranger, seed=0)


def test_unknown_names_are_told_with_the_valid_ones() -> None:
    with pytest.raises(InputError, match="unknown space 'flexbert': expected one of flexibert, gpt2"):
        get_space("flexbert")
    for name in SPACES:
        with pytest.raises(InputError, match="unknown protocol 'best': expected one of"):
            get_space(name, "best")


def test_the_default_protocol_is_the_first() -> None:
    for name in SPACES:
        space = get_space(name)
        assert space.name == name
        assert space.protocol == space.protocols[0]
        assert space == get_space(name, space.protocols[0])


def test_using_a_space_without_a_model_loads_no_torch() -> None:
    program = (
        "import sys, numpy as np\n"
        "from lpzero.spaces import SPACES, get_space\n"
        "for name in SPACES:\n"
        "    space = get_space(name)\n"
        "    rng = np.random.default_rng(0)\n"
        "    space.model_key(space.mutate(space.sample(rng), rng))\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
