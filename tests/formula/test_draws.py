"""What the typed grammar draws: deep trees, several operands, and work on every type."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lpzero.formula import Formula
from lpzero.formula.grammar import draw, get_grammar

DRAWN = 3000


@pytest.fixture(scope="module", params=[(8, 24), (12, 40)], ids=["default limits", "larger limits"])
def drawn(request: pytest.FixtureRequest) -> tuple[int, list[Formula]]:
    """Formulas drawn under a limit of the depth, with it."""
    depth, size = request.param
    rules, rng = get_grammar("typed", max_depth=depth, max_size=size), np.random.default_rng(0)
    return depth, [draw(rules, rng) for _ in range(DRAWN)]


def test_every_depth_is_drawn(drawn: tuple[int, list[Formula]]) -> None:
    deepest, formulas = drawn
    share = {depth: count / DRAWN for depth, count in Counter(formula.depth for formula in formulas).items()}
    assert set(share) == set(range(3, deepest + 1))
    # half of the range of depths has at least a seventh of the formulas, the deepest at least a hundredth
    assert sum(share[depth] for depth in share if depth > (3 + deepest) / 2) > 1 / 7
    assert share[deepest] > 0.01


def test_several_operands_are_drawn(drawn: tuple[int, list[Formula]]) -> None:
    leaves = [sum(not node.arguments for node in formula.walk()) for formula in drawn[1]]
    for least, share in ((2, 0.5), (3, 0.25), (4, 0.15), (6, 0.03)):
        assert np.mean([count >= least for count in leaves]) > share, least


@pytest.mark.parametrize(
    ("level", "kind", "arity", "share"),
    [
        *(("tensor", "elementwise", 1, 0.15), ("tensor", "elementwise", 2, 0.15), ("tensor", "normalise", 1, 0.08)),
        *(("layers", "elementwise", 1, 0.15), ("layers", "elementwise", 2, 0.2), ("layers", "normalise", 1, 0.06)),
        *(("scalar", "elementwise", 1, 0.2), ("scalar", "elementwise", 2, 0.2)),
    ],
)
def test_every_type_is_worked_on(
    drawn: tuple[int, list[Formula]], level: str, kind: str, arity: int, share: float
) -> None:
    def has(formula: Formula) -> bool:
        return any(
            node.primitive is not None
            and node.arguments[0].type.level == level
            and (node.primitive.kind, node.primitive.arity) == (kind, arity)
            for node in formula.walk()
        )

    assert np.mean([has(formula) for formula in drawn[1]]) > share
