"""The conformance suite: spaces that keep the laws pass, and each law is seen to fail."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from lpzero.spaces import Architecture, FlexiBert, Gpt2, SiteMap, get_space
from lpzero.spaces.choice_space import ChoiceSpace
from lpzero.spaces.choices import Cell, Choice, Choices
from lpzero.spaces.models.output import ModelOutput
from lpzero.spaces.models.sites import OutputSite, ParameterSite
from lpzero.spaces.models.weights import build_blank, build_seeded, normal
from lpzero.testing import check_space

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "spaces"


class ToyModel(nn.Module):
    """An embedding, one matrix a layer, and a projection to the vocabulary."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(depth))
        self.output = nn.Linear(width, 11, bias=False)

    def logits(self, input_ids: torch.Tensor) -> torch.Tensor:
        """(batch, tokens) to (batch, tokens, 11)."""
        x = self.embedding(input_ids)
        for block in self.blocks:
            x = x + block(x)
        return self.output(x)

    def forward(self, input_ids: torch.Tensor, labels: torch.Tensor, **asked: bool) -> ModelOutput:
        """Causal loss."""
        logits = self.logits(input_ids)[:, :-1]
        return ModelOutput(nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten()), None, None)

    def site_map(self) -> SiteMap:
        """Every weight."""
        depth = len(self.blocks)
        blocks = [ParameterSite(i + 1, "mix", "operation", f"blocks.{i}.weight") for i in range(depth)]
        ends = [ParameterSite(0, "words", "embedding", "embedding.weight")]
        ends += [ParameterSite(depth + 1, "out", "output", "output.weight")]
        return SiteMap(depth, (*blocks, *ends), (OutputSite("head", 1, "mix", "blocks.0"),), "embedding")


@dataclass(frozen=True)
class Toy(ChoiceSpace):
    """A space that keeps every law; tests break one each."""

    protocol: str = "plain"
    name: ClassVar[str] = "toy"
    protocols: ClassVar[tuple[str, ...]] = ("plain",)
    objective: ClassVar[str] = "causal"
    vocabulary: ClassVar[int] = 11
    max_tokens: ClassVar[int] = 32

    @property
    def choices(self) -> Choices:
        """Three widths, two depths, and a text that no model shows."""
        kinds = Choice.of("kind", "a", "b", "c")
        return Choices("toy", (1, 2), (Choice.of("width", 4, 6, 8), kinds), (Choice.of("note", 1, 2, 3),))

    def _model(self, architecture: Architecture) -> ToyModel:
        self.validate(architecture)
        return ToyModel(int(architecture["width"]), architecture.depth)

    def build(self, architecture: Architecture, seed: int) -> nn.Module:
        """Normal weights."""
        return build_seeded(lambda: self._model(architecture), seed, normal(lambda name: 0.02))

    def blank(self, architecture: Architecture) -> nn.Module:
        """On the meta device."""
        return build_blank(lambda: self._model(architecture))

    def model_key(self, architecture: Architecture) -> str:
        """As listed."""
        return architecture.digest

    def width(self, architecture: Architecture) -> int:
        """The width."""
        return int(architecture["width"])

    def parameter_counts(self, architecture: Architecture) -> dict[str, int]:
        """By hand."""
        w, depth = int(architecture["width"]), architecture.depth
        mix = depth * w * w
        return {
            "total": 2 * 11 * w + mix,
            "embedding": 11 * w,
            "attention": mix,
            "feed_forward": 0,
            "nonembedding": mix,
        }


def changed(**members: Any) -> Toy:
    """The toy space with some of its members replaced."""
    return type("Broken", (Toy,), members)(members.get("protocol", Toy.protocol))


def test_the_toy_keeps_every_law() -> None:
    check_space(Toy())


@pytest.mark.parametrize("space", [FlexiBert("own"), Gpt2("own")], ids=lambda space: space.name)
def test_the_built_in_spaces_keep_them(space: FlexiBert | Gpt2) -> None:
    check_space(space, draws=5)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_keep_them(path: Path) -> None:
    check_space(get_space(str(path)), draws=5)


def test_models_that_come_with_their_weights_need_not_follow_the_seed() -> None:
    def build(self: Toy, architecture: Architecture, seed: int) -> nn.Module:
        return Toy.build(self, architecture, 0)

    check_space(changed(build=build, pretrained=True), draws=5)
    with pytest.raises(AssertionError, match="different seeds build different weights"):
        check_space(changed(build=build))


def _invalid(self: Toy, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
    return Architecture.of("toy", {"width": 5, "kind": "a"}, [{"note": 1}])


def _from_numpy(self: Toy, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
    np.random.rand()  # noqa: NPY002  (the fault that is to be found)
    return Toy.sample(self, rng, cell)


def _unseeded(self: Toy, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
    return Toy.sample(self, np.random.default_rng(), cell)


def _one(self: Toy, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
    return Architecture.of("toy", {"width": 4, "kind": "a"}, [{"note": 1}])


def _deaf(self: Toy, rng: np.random.Generator, cell: Cell | None = None) -> Architecture:
    return Toy.sample(self, rng)


def _unchanged(self: Toy, architecture: Architecture, rng: np.random.Generator) -> Architecture:
    return architecture


def _wrong(self: Toy, architecture: Architecture, rng: np.random.Generator) -> Architecture:
    return replace(architecture, whole=(("kind", "z"), ("width", 4)))


def _drifting(self: Toy, architecture: Architecture, rng: np.random.Generator) -> Architecture:
    return Toy.mutate(self, architecture, np.random.default_rng())


def _shaken(self: Toy, architecture: Architecture, rng: np.random.Generator) -> Architecture:
    random.random()
    return Toy.mutate(self, architecture, rng)


def _stranger(self: Toy, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
    return self.sample(rng)


def _mixed_up(self: Toy, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
    return _invalid(self, rng)


def _forgiving(self: Toy, architecture: Architecture) -> None:
    return None


def _credulous(self: Toy, architecture: Architecture) -> None:
    if architecture.space == "toy":
        self.choices.validate(Architecture.of("toy", {"width": 4, "kind": "a"}, [{"note": 1}]))
    else:
        self.choices.validate(architecture)


def _from_torch(self: Toy, architecture: Architecture, seed: int) -> nn.Module:
    torch.rand(1)
    return Toy.build(self, architecture, seed)


def _seedless(self: Toy, architecture: Architecture, seed: int) -> nn.Module:
    return Toy.build(self, architecture, int(np.random.default_rng().integers(2**31)))


def _training(self: Toy, architecture: Architecture, seed: int) -> nn.Module:
    return Toy.build(self, architecture, seed).train()


def _double(self: Toy, architecture: Architecture, seed: int) -> nn.Module:
    return Toy.build(self, architecture, seed).double()


def _infinite(self: Toy, architecture: Architecture, seed: int) -> nn.Module:
    model = Toy.build(self, architecture, seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1e38)
    return model


def _siteless(self: Toy, architecture: Architecture, seed: int) -> nn.Module:
    model = Toy.build(self, architecture, seed)
    return nn.ModuleDict({"embedding": model.embedding, "blocks": model.blocks, "output": model.output}).eval()  # type: ignore[dict-item]


def _renamed(change: Callable[[SiteMap], SiteMap]) -> Callable[[Toy, Architecture, int], nn.Module]:
    """A build whose models name other sites."""

    def build(self: Toy, architecture: Architecture, seed: int) -> nn.Module:
        model = Toy.build(self, architecture, seed)
        assert isinstance(model, ToyModel)
        sites = change(model.site_map())
        model.site_map = lambda: sites  # type: ignore[method-assign]
        return model

    return build


def _counted(**numbers: int) -> Callable[[Toy, Architecture], dict[str, int]]:
    return lambda self, architecture: {**Toy.parameter_counts(self, architecture), **numbers}


def _built_blank(self: Toy, architecture: Architecture) -> nn.Module:
    return self.build(architecture, 0)


def _wider_blank(self: Toy, architecture: Architecture) -> nn.Module:
    return build_blank(lambda: ToyModel(16, architecture.depth))


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"sample": _invalid}, "what sample draws is valid"),
    ({"sample": _from_numpy}, "sample leaves the global random state of NumPy as it was"),
    ({"sample": _unseeded}, "equal generators draw equal architectures"),
    ({"sample": _one}, "the space holds different architectures"),
    ({"sample": _deaf}, "a draw from .* has its depth"),
    ({"name": "other"}, "an architecture has the name of its space"),
    ({"key": lambda self, a: "k" + a.digest}, "key is 64 hexadecimal digits"),
    ({"key": lambda self, a: f"{id(a):064x}"}, "key is the same for equal architectures"),
    ({"key": lambda self, a: "0" * 64}, "key tells different architectures apart"),
    ({"model_key": lambda self, a: a.digest[:8]}, "model_key is 64 hexadecimal digits"),
    ({"model_key": lambda self, a: f"{id(a):064x}"}, "model_key is the same for equal architectures"),
    ({"width": lambda self, a: 0}, "width is positive"),
    ({"size": 1}, "size is at least"),
    ({"cells": ()}, "cells lists"),
    ({"mutate": _unchanged}, "a mutation differs"),
    ({"mutate": _wrong}, "what mutate makes of .* is valid"),
    ({"mutate": _drifting}, "equal generators mutate alike"),
    ({"mutate": _shaken}, "mutate leaves the global random state of Python as it was"),
    ({"crossover": _stranger}, "a child has its values from its parents"),
    ({"crossover": _mixed_up}, "what crossover makes of .* is valid"),
    ({"validate": _forgiving}, "validate refuses an architecture of another space"),
    ({"validate": _credulous}, "validate refuses an architecture with a name that there is not"),
    ({"reference": "gpt2"}, r"get_space\('gpt2', 'plain'\) finds an equal space: unknown protocol 'plain'"),
    (
        {"reference": "flexibert", "protocol": "own", "protocols": ("own",)},
        r"get_space\('flexibert', 'own'\) finds an equal space",
    ),
    ({"build": _from_torch}, "build leaves the global random state of torch as it was"),
    ({"build": _seedless}, "equal seeds build equal weights"),
    ({"build": _training}, "a model is built in evaluation mode, not the model, embedding, blocks"),
    ({"build": _double}, "weights are float32, found torch.float64"),
    ({"build": _infinite}, "the loss of an untrained model is finite"),
    ({"build": _siteless}, "a model has a site_map method, not ModuleDict"),
    (
        {"build": _renamed(lambda s: replace(s, parameters=(ParameterSite(1, "a", "operation", "lost.weight"),)))},
        "the parameters of a site map are the model's, not lost.weight",
    ),
    (
        {"build": _renamed(lambda s: replace(s, outputs=(OutputSite("head", 1, "a", "lost"),)))},
        "the modules of a site map are the model's, not lost",
    ),
    (
        {"build": _renamed(lambda s: replace(s, embedding="lost"))},
        "the modules of a site map are the model's, not lost",
    ),
    ({"build": _renamed(lambda s: replace(s, depth=0))}, "a site map has layers"),
    (
        {"build": _renamed(lambda s: replace(s, lacks=(("attention", "it only mixes"),)))},
        "a space lacks what the site maps of its models lack, not {} beside {'attention': 'it only mixes'}",
    ),
    (
        {"build": _renamed(lambda s: replace(s, outputs=(OutputSite("head", 1, "a", "blocks"),)))},
        "a model shows what its site map names: the forward pass did not reach the module blocks",
    ),
    ({"parameter_counts": _counted(total=3, attention=0, nonembedding=0, embedding=0)}, "counts the .* of the built"),
    ({"parameter_counts": _counted(attention=10**6)}, "no part of a model has more parameters than the whole"),
    ({"parameter_counts": _counted(heads=2)}, "parameter_counts has the keys attention, embedding"),
    ({"blank": _built_blank}, "a blank model is on the meta device, found cpu"),
    ({"blank": _wider_blank}, "a blank model has the names and shapes of the built one"),
    ({"flops": lambda self, a, tokens: 12}, "flops grow with the tokens"),
]


@pytest.mark.parametrize(("members", "law"), BROKEN, ids=[law for _, law in BROKEN])
def test_a_space_that_breaks_a_law_is_told_which(members: dict[str, Any], law: str) -> None:
    with pytest.raises(AssertionError, match=law):
        check_space(changed(**members))
