"""Reductions of the tensors at one site, all of them together, a piece at a time.

The elements are gone through as often as values that look at all of them stand within each other, once where there is
none: a sum of softmax(x) takes a sweep for the statistics of x, and one for the sum. In a sweep every distinct part is
computed once for a piece, and is forgotten behind its last use, so that the next one finds its memory in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lpzero.engines.fault import MODEL_ERRORS
from lpzero.formula.formula import Formula
from lpzero.formula.streamed import Statistics, Streamed
from lpzero.operands.brought import computed, known_operand
from lpzero.operands.operand import DerivedOperand

PIECE = 2**16
"""Elements of a piece on a CPU: a few of them in float32 lie in a cache of a MiB."""
PIECE_ON_DEVICE = 2**25
"""Elsewhere, where each call of an operation costs more than its memory."""


def reduced(reductions: Sequence[Formula], tensors: Mapping[str, Tensor]) -> dict[str, Tensor | BaseException]:
    """The values of reductions of the tensors at a site.

    Args:
        reductions: Parts of formulas that are reductions, over operands of whole models.
        tensors: By family of operands, alike in shape.

    Returns:
        By the text of each reduction its value, () float32, or what was raised when it was computed.
    """
    try:
        return dict(_swept(reductions, tensors))
    except MODEL_ERRORS as err:
        if len(reductions) == 1:
            return {reductions[0].text: err}
        # one of them is no reason for the others to have no value
        return {text: value for one in reductions for text, value in reduced([one], tensors).items()}


def _swept(reductions: Sequence[Formula], tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    whole = _Whole(tensors)
    values: dict[str, Tensor] = {}
    sets: dict[str, list[Formula]] = {}
    for one in reductions:
        if _streamed(one) is None:
            values[one.text] = whole.value(one)
        else:
            sets.setdefault(one.arguments[0].type.sites, []).append(one)
    for alike in sets.values():
        values |= _of_one_shape(alike, whole)
    return values


def _of_one_shape(reductions: list[Formula], whole: _Whole) -> dict[str, Tensor]:
    """Reductions of parts that correspond element by element."""
    known: dict[str, Statistics] = {}
    normalised = dict.fromkeys(
        node for one in reductions for node in _streamed_nodes(one.arguments[0]) if _is_normalised(node)
    )
    jobs = [*normalised, *reductions]
    sweeps = {_sweep_of(one.arguments[0]) for one in jobs}
    for number in sorted(sweeps):
        at_once = [one for one in jobs if _sweep_of(one.arguments[0]) == number]
        known |= _one_sweep(at_once, whole, known)
    return {one.text: known[one.text][0] for one in reductions}


def _one_sweep(jobs: list[Formula], whole: _Whole, known: Mapping[str, Statistics]) -> dict[str, Statistics]:
    """The statistics of some parts of formulas by their texts."""
    programs = [(one, streamed) for one in jobs if (streamed := _streamed(one)) is not None]
    looking = [(one, s.partial) for one, s in programs if s.partial is not None]
    program = _compiled([(one.arguments[0], partial) for one, partial in looking], known)
    leaves = {leaf.text: whole.value(leaf).reshape(-1) for leaf in _leaves(one.arguments[0] for one in jobs)}
    first = next(iter(leaves.values()))
    length = PIECE if first.device.type == "cpu" else PIECE_ON_DEVICE
    bounds = range(0, max(1, len(first)), length)
    found: list[list[Statistics]] = [[] for _ in looking]
    for start in bounds:
        if looking:
            program.run({text: leaf[start : start + length].float() for text, leaf in leaves.items()}, found)
    sizes = torch.tensor(
        [min(length, len(first) - start) for start in bounds], dtype=torch.float64, device=first.device
    )
    partials = {one.text: [torch.stack(column).double() for column in zip(*each, strict=True)]
                for (one, _), each in zip(looking, found, strict=True)}  # fmt: skip
    return {one.text: streamed.joined(sizes, *partials.get(one.text, [])) for one, streamed in programs}


@dataclass(frozen=True)
class _Step:
    """One operation on a piece: from places of a table of values to a place.

    Attributes:
        function: The operation.
        inputs: Texts of its arguments.
        output: The text of its result; None where it gives statistics.
        job: Whose statistics.
        last: Texts of values that nothing needs behind it.
    """

    function: Callable[..., Any]
    inputs: tuple[str, ...]
    output: str | None
    job: int
    last: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Program:
    steps: tuple[_Step, ...]

    def run(self, values: dict[str, Tensor], found: list[list[Statistics]]) -> None:
        """Add the statistics of a piece, whose leaves are given, to those that were found."""
        for step in self.steps:
            result = step.function(*(values[text] for text in step.inputs))
            if step.output is None:
                found[step.job].append(result)
            else:
                values[step.output] = result
            for text in step.last:
                del values[text]


def _compiled(jobs: list[tuple[Formula, Callable[..., Any]]], known: Mapping[str, Statistics]) -> _Program:
    steps: list[_Step] = []
    made: set[str] = set()

    def make(node: Formula) -> None:
        if node.text in made:
            return
        made.add(node.text)
        if _is_leaf(node):
            return
        for argument in node.arguments:
            make(argument)
        steps.append(_Step(_piecewise(node, known), tuple(a.text for a in node.arguments), node.text, -1))

    for number, (argument, partial) in enumerate(jobs):
        make(argument)
        steps.append(_Step(partial, (argument.text,), None, number))
    used: set[str] = set()
    ended: list[_Step] = []
    for step in reversed(steps):
        last = tuple(text for text in dict.fromkeys(step.inputs) if text not in used)
        used.update(last)
        ended.append(_Step(step.function, step.inputs, step.output, step.job, last))
    return _Program(tuple(reversed(ended)))


def _piecewise(node: Formula, known: Mapping[str, Statistics]) -> Callable[..., Tensor]:
    assert node.primitive is not None
    streamed = node.primitive.streamed
    if streamed is None or streamed.applied is None:
        return node.primitive.function
    applied, statistics = streamed.applied, known[node.text]
    return lambda x: applied(x, *statistics)


class _Whole:
    """Parts of formulas that need a tensor's axes, or all of its elements at once: computed whole, each once."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._values = dict(tensors)

    def value(self, node: Formula) -> Tensor:
        if node.text not in self._values:
            row = node.primitive
            if row is None:
                operand = known_operand(node.name)
                assert isinstance(operand, DerivedOperand), "all others are there"
                self._values[node.text] = computed(operand, self._values)
                return self._values[node.text]
            parts = [self.value(argument) for argument in node.arguments]
            # as exact scores of whole tensors have it: numbers in single precision
            parts = [part.float() for part in parts]
            if row.kind in ("normalise", "reduction"):
                done = row.function(parts[0].reshape(-1), None)
                self._values[node.text] = done.reshape(parts[0].shape) if row.kind == "normalise" else done
            else:
                self._values[node.text] = row.function(*parts)
        return self._values[node.text]


def _streamed(node: Formula) -> Streamed | None:
    return None if node.primitive is None else node.primitive.streamed


def _is_normalised(node: Formula) -> bool:
    return node.primitive is not None and node.primitive.kind == "normalise"


def _is_leaf(node: Formula) -> bool:
    """Whether a part is there as a whole tensor."""
    row = node.primitive
    return row is None or row.kind == "axes" or (row.kind == "normalise" and row.streamed is None)


def _streamed_nodes(node: Formula) -> list[Formula]:
    """A part and what it is made of, down to what is there as a whole tensor; arguments first."""
    if _is_leaf(node):
        return [node]
    return [*(inner for argument in node.arguments for inner in _streamed_nodes(argument)), node]


def _leaves(parts: Iterable[Formula]) -> list[Formula]:
    return list(dict.fromkeys(node for part in parts for node in _streamed_nodes(part) if _is_leaf(node)))


def _sweep_of(node: Formula) -> int:
    """The number of the first sweep in which every element of a part is known, from 0."""
    if _is_leaf(node):
        return 0
    return max(map(_sweep_of, node.arguments)) + _is_normalised(node)
