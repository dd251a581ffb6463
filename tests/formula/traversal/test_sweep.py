"""Reductions of the tensors at one site, together and in pieces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from lpzero.formula import Formula, parse
from lpzero.formula.traversal import sweep
from lpzero.formula.traversal.sweep import reduced

TEXTS = (
    "l1(weight * grad)",
    "frobenius(softmax(grad))",
    "mean(zscore(log_softmax(square(grad))) * grad)",
    "max(min_max(weight) / weight)",
    "numel(grad)",
    "frobenius(matmul(weight, zscore(grad)))",
    "std(matmul(square(weight), grad))",
)


def _parts(*texts: str) -> list[Formula]:
    return [parse(f"sum({text})").arguments[0] for text in texts]


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(40, 30, generator=generator) for name in ("weight", "grad")}


def _directly(formula: Formula, tensors: dict[str, Tensor]) -> Tensor:
    if formula.primitive is None:
        return tensors[formula.name].double()
    parts = [_directly(argument, tensors) for argument in formula.arguments]
    row = formula.primitive
    if row.kind in ("elementwise", "axes"):
        return row.function(*parts)
    done = row.function(parts[0].reshape(-1), None)
    return done.reshape(parts[0].shape) if row.kind == "normalise" else done


@pytest.mark.parametrize("piece", [97, 2**16])
def test_they_are_those_of_the_whole_tensors(
    tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(sweep, "PIECE", piece)
    parts = _parts(*TEXTS)
    found = reduced(parts, tensors)
    assert found.keys() == {str(part) for part in parts}
    for part in parts:
        value = found[part.text]
        assert isinstance(value, Tensor)
        torch.testing.assert_close(value.double(), _directly(part, tensors), rtol=1e-5, atol=1e-7)


def test_a_value_does_not_depend_on_what_is_computed_beside_it(
    tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PIECE", 97)
    parts = _parts(*TEXTS)
    together = reduced(parts, tensors)
    for part in parts:
        assert torch.equal(reduced([part], tensors)[part.text], together[part.text])  # type: ignore[arg-type]


def test_parts_that_are_shared_are_computed_once_a_piece(
    tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PIECE", 400)
    calls: list[str] = []
    inner = sweep._piecewise

    def counting(node: Formula, known: Any) -> Any:
        function = inner(node, known)

        def counted(*pieces: Tensor) -> Tensor:
            calls.append(node.text)
            return function(*pieces)

        return counted

    monkeypatch.setattr(sweep, "_piecewise", counting)
    reduced(_parts("l1(grad * weight)", "std(grad * weight)", "max(square(grad * weight))"), tensors)
    assert sorted(calls) == sorted(["grad * weight", "square(grad * weight)"] * 3)


def _unstreamed(node: Formula, kinds: tuple[str, ...]) -> Formula:
    """The same with primitives, of some kinds, that cannot be computed a piece at a time."""
    if node.primitive is None:
        return node
    row = replace(node.primitive, streamed=None) if node.primitive.kind in kinds else node.primitive
    return replace(node, arguments=tuple(_unstreamed(a, kinds) for a in node.arguments), primitive=row)


@pytest.mark.parametrize("kinds", [("normalise",), ("reduction",), ("normalise", "reduction")])
def test_what_cannot_be_streamed_is_computed_whole(
    tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sweep, "PIECE", 97)
    (part,) = _parts("l1(zscore(square(weight)) * grad)")
    found = reduced([_unstreamed(part, kinds)], tensors)[part.text]
    assert isinstance(found, Tensor)
    torch.testing.assert_close(found.double(), _directly(part, tensors), rtol=1e-5, atol=0.0)


def test_one_that_fails_leaves_the_others_their_values(tensors: dict[str, Tensor]) -> None:
    cubes = {name: tensor.reshape(4, 10, 30)[:, :, :] for name, tensor in tensors.items()}
    cubes["grad"] = cubes["grad"].reshape(4, 30, 10)
    found = reduced(_parts("l1(weight)", "sum(matmul(weight, grad))"), cubes)
    assert isinstance(found["sum(matmul(weight, grad))"], RuntimeError)
    torch.testing.assert_close(found["l1(weight)"], tensors["weight"].abs().sum())


def test_numbers_of_half_precision_and_empty_tensors(tensors: dict[str, Tensor]) -> None:
    half = {name: tensor.bfloat16() for name, tensor in tensors.items()}
    (part,) = _parts("l1(weight * grad)")
    wanted = (half["weight"].float() * half["grad"].float()).abs().sum()
    torch.testing.assert_close(reduced([part], half)[part.text], wanted)
    empty = {name: tensor[:0] for name, tensor in tensors.items()}
    assert float(reduced([part], empty)[part.text]) == 0.0  # type: ignore[arg-type]
