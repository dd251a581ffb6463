"""The laws of a search space."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from lpzero.errors import InputError, LpzeroError
from lpzero.spaces import Architecture, SearchSpace, SitedModel, get_space, space_names
from lpzero.testing.laws import law, random_states_kept

TOKENS = 8
_KEY = re.compile(r"[0-9a-f]{64}")
_PARTS = {"total", "embedding", "attention", "feed_forward", "nonembedding"}


def check_space(space: SearchSpace, *, draws: int = 20, seed: int = 0) -> None:
    """Hold a space to the laws of :class:`lpzero.spaces.SearchSpace`.

    Builds five models of the smallest architecture that it draws; on a space of small models that takes a second.

    Args:
        space: The space.
        draws: How many architectures to draw, at least 2.
        seed: Seed of the draws.

    Raises:
        AssertionError: A law does not hold; the message is a sentence that says which, and on what.

    >>> from lpzero.spaces import FlexiBert
    >>> check_space(FlexiBert("own"), draws=5)
    """
    drawn = _draws(space, draws, seed)
    for architecture in drawn:
        _check_value(space, architecture)
    _check_draws(space, drawn, seed)
    _check_strangers(space, drawn[0])
    _check_mutation(space, drawn, seed)
    _check_crossover(space, drawn, seed)
    _check_reference(space)
    smallest = min(drawn, key=lambda a: (space.parameter_counts(a)["total"], a.digest))
    _check_weights(space, smallest)
    _check_counts(space, smallest)
    _check_pass(space, smallest)


def _valid(space: SearchSpace, architecture: Architecture, what: str) -> None:
    try:
        space.validate(architecture)
    except InputError as err:
        raise AssertionError(f"{what} is valid, found {architecture}: {err}") from err


def _draws(space: SearchSpace, number: int, seed: int) -> list[Architecture]:
    rng = np.random.default_rng(seed)
    with random_states_kept("sample"):
        return [space.sample(rng) for _ in range(number)]


def _check_value(space: SearchSpace, architecture: Architecture) -> None:
    _valid(space, architecture, "what sample draws")
    law(architecture.space == space.name, f"an architecture has the name of its space, found {architecture.space!r}")
    again = Architecture.from_json(json.loads(json.dumps(architecture.to_json(), allow_nan=False)))
    law(again == architecture, f"an architecture survives JSON, found {again} of {architecture}")
    for what, key in (("key", space.key), ("model_key", space.model_key)):
        law(_KEY.fullmatch(key(architecture)), f"{what} is 64 hexadecimal digits, found {key(architecture)!r}")
        law(key(again) == key(architecture), f"{what} is the same for equal architectures, not for {architecture}")
    law(space.width(architecture) > 0, f"width is positive, found {space.width(architecture)}")


def _check_draws(space: SearchSpace, drawn: Sequence[Architecture], seed: int) -> None:
    law(_draws(space, len(drawn), seed) == list(drawn), "equal generators draw equal architectures")
    different = set(drawn)
    law(len({space.key(a) for a in different}) == len(different), "key tells different architectures apart")
    law(len(different) > 1, f"the space holds different architectures, found one alone in {len(drawn)} draws")
    law(space.size >= len(different), f"size is at least the {len(different)} that were drawn, found {space.size}")
    rng = np.random.default_rng(seed)
    law(space.cells, "cells lists each depth and width that there is, found none")
    for cell in space.cells[:: math.ceil(len(space.cells) / 10)]:
        architecture = space.sample(rng, cell)
        _valid(space, architecture, f"what sample draws from {cell}")
        law(architecture.depth == cell.depth, f"a draw from {cell} has its depth, found {architecture.depth}")


def _check_strangers(space: SearchSpace, architecture: Architecture) -> None:
    stranger = Architecture(f"not-{space.name}", architecture.whole, architecture.layers)
    other = Architecture(space.name, (*architecture.whole, ("no_such_name", 1)), architecture.layers)
    calls: tuple[tuple[str, Callable[[Architecture], object]], ...] = (
        ("validate", space.validate),
        ("build", lambda refused: space.build(refused, 0)),
    )
    for name, call in calls:
        for what, refused in (("of another space", stranger), ("with a name that there is not", other)):
            try:
                call(refused)
            except InputError:
                continue
            raise AssertionError(f"{name} refuses an architecture {what} with InputError")


def _check_mutation(space: SearchSpace, drawn: Sequence[Architecture], seed: int) -> None:
    mutants = []
    for _ in range(2):
        rng = np.random.default_rng(seed + 1)
        with random_states_kept("mutate"):
            mutants.append([space.mutate(architecture, rng) for architecture in drawn])
    for architecture, mutant in zip(drawn, mutants[0], strict=True):
        _valid(space, mutant, f"what mutate makes of {architecture}")
        law(mutant != architecture, f"a mutation differs, not that of {architecture}")
    law(mutants[0] == mutants[1], "equal generators mutate alike")


def _check_crossover(space: SearchSpace, drawn: Sequence[Architecture], seed: int) -> None:
    rng = np.random.default_rng(seed + 2)
    for first, second in zip(drawn, [*drawn[1:], drawn[0]], strict=True):
        with random_states_kept("crossover"):
            child = space.crossover(first, second, rng)
        _valid(space, child, f"what crossover makes of {first} and {second}")
        inherited = _values(child) <= _values(first) | _values(second)
        law(inherited, f"a child has its values from its parents, not {child} of {first} and {second}")


def _values(architecture: Architecture) -> set[tuple[object, ...]]:
    """The depth, and every value at its place, with its type."""
    values: set[tuple[object, ...]] = {("depth", architecture.depth)}
    values |= {(name, type(value), value) for name, value in architecture.whole}
    for index, layer in enumerate(architecture.layers):
        values |= {(index, name, type(value), value) for name, value in layer}
    return values


def _check_reference(space: SearchSpace) -> None:
    """A space that can be found, is found; one that is still being written cannot."""
    if space.reference in space_names() or Path(space.reference).exists():
        sentence = f"get_space({space.reference!r}, {space.protocol!r}) finds an equal space"
        try:
            found = get_space(space.reference, space.protocol)
        except LpzeroError as err:
            raise AssertionError(f"{sentence}: {err}") from err
        law(type(found) is type(space) and found == space, f"{sentence}, found {found}")


def _check_weights(space: SearchSpace, architecture: Architecture) -> None:
    import torch

    with random_states_kept("build"):
        model = space.build(architecture, 1)
    torch.rand(1)
    again, other = space.build(architecture, 1).state_dict(), space.build(architecture, 2).state_dict()
    weights = model.state_dict()
    same = weights.keys() == again.keys() and all(torch.equal(weights[name], again[name]) for name in weights)
    law(same, f"equal seeds build equal weights, bit for bit, not for {architecture}")
    # a space whose models come with their weights says so
    if not space.pretrained:
        differ = any(not torch.equal(weights[name], other[name]) for name in weights)
        law(differ, f"different seeds build different weights, not for {architecture}")
    training = [name or "the model" for name, module in model.named_modules() if module.training]
    law(not training, f"a model is built in evaluation mode, not {', '.join(training[:3])}")
    kinds = {str(parameter.dtype) for parameter in model.parameters()}
    law(kinds == {"torch.float32"}, f"weights are float32, found {', '.join(sorted(kinds))}")


def _check_counts(space: SearchSpace, architecture: Architecture) -> None:
    counts = space.parameter_counts(architecture)
    expected = ", ".join(sorted(_PARTS))
    law(counts.keys() == _PARTS, f"parameter_counts has the keys {expected}, found {', '.join(sorted(counts))}")
    parts = [counts[part] for part in ("attention", "feed_forward")]
    within = min(counts.values()) >= 0 and sum(parts) <= counts["nonembedding"] <= counts["total"] - counts["embedding"]
    law(within, f"no part of a model has more parameters than the whole, found {counts}")
    with random_states_kept("blank"):
        blank = space.blank(architecture)
    shapes = {name: parameter.shape for name, parameter in blank.named_parameters()}
    built = {name: parameter.shape for name, parameter in space.build(architecture, 0).named_parameters()}
    devices = {parameter.device.type for parameter in blank.parameters()}
    law(devices == {"meta"}, f"a blank model is on the meta device, found {', '.join(sorted(devices))}")
    law(shapes == built, "a blank model has the names and shapes of the built one")
    total = sum(math.prod(shape) for shape in built.values())
    law(counts["total"] == total, f"parameter_counts counts the {total} of the built model, found {counts['total']}")
    tokens = min(TOKENS, space.max_tokens)
    few, many = space.flops(architecture, tokens - 1), space.flops(architecture, tokens)
    law(0 < few < many, f"flops grow with the tokens, found {few} of {tokens - 1} and {many} of {tokens}")


def _check_pass(space: SearchSpace, architecture: Architecture) -> None:
    from lpzero.operands.batch import random_batch
    from lpzero.operands.extract import extract

    model = space.build(architecture, 3)
    law(isinstance(model, SitedModel), f"a model has a site_map method, not {type(model).__name__}")
    site_map = cast(SitedModel, model).site_map()
    parameters, modules = dict(model.named_parameters()), dict(model.named_modules())
    lost = [site.parameter for site in site_map.parameters if site.parameter not in parameters]
    law(not lost, f"the parameters of a site map are the model's, not {', '.join(lost)}")
    lost = [name for name in (*(s.module for s in site_map.outputs), site_map.embedding) if name not in modules]
    law(not lost, f"the modules of a site map are the model's, not {', '.join(lost)}")
    law(site_map.depth > 0, f"a site map has layers, found a depth of {site_map.depth}")
    stated, lacked = (dict(getattr(owner, "lacks", ())) for owner in (space, site_map))
    law(stated == lacked, f"a space lacks what the site maps of its models lack, not {stated} beside {lacked}")
    tokens = min(TOKENS, space.max_tokens)
    batch = random_batch(space.vocabulary, space.objective, np.random.default_rng(0), batch=2, tokens=tokens)
    try:
        operands = extract(model, site_map, batch)
    except LpzeroError as err:
        raise AssertionError(f"a model shows what its site map names: {err}") from err
    law(math.isfinite(operands.loss), f"the loss of an untrained model is finite, found {operands.loss}")
