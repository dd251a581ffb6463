"""Shards of models: the bits of one evaluation of all, memory that does not grow, operands that stay as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import lpzero.formula.sharded as sharded_module
from lpzero.errors import InputError
from lpzero.formula import Formula, apply, canonical, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.formula import operand
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.primitives import PRIMITIVES
from lpzero.formula.sharded import ShardedEvaluator
from lpzero.formula.values import SketchSource
from lpzero.operands import packed as packed_module
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.matrices import outline_of
from lpzero.operands.operand import OPERANDS, SiteFamily
from lpzero.operands.packed import Packed, pack
from lpzero.operands.shape import SHAPE_OPERANDS, ModelShape
from lpzero.operands.sketch import Sketch, SketchedSites, sketch

MODELS = 70
SHARDS = (1, 7, 64, MODELS)


@pytest.fixture(params=[20, 64])
def sketches(request: pytest.FixtureRequest, tiny: Any, tokens: Batch) -> list[Sketch]:
    """Models of different numbers and depths; an odd number of elements fits no vector of a processor."""
    drawn = sketch(extract(tiny, tiny.site_map(), tokens), elements=request.param, seed=0)
    rng = np.random.default_rng(0)
    return [_changed(drawn, float(rng.uniform(0.2, 3)), depth=2 if number % 3 else 1) for number in range(MODELS)]


def _changed(drawn: Sketch, scale: float, depth: int) -> Sketch:
    changed: dict[SiteFamily, SketchedSites] = {}
    for family, part in drawn.sites.items():
        rows = [i for i, site in enumerate(part.sites) if site.layer <= depth or site.layer == 3]
        values = {name: value[rows] * scale for name, value in part.values.items()}
        changed[family] = SketchedSites(tuple(part.sites[i] for i in rows), part.weights[rows], values)
        if family == "parameter":
            fans = {name: tuple(fan[i] for i in rows) for name, fan in drawn.shape.fans.items()}
    counts = {name: count * scale for name, count in drawn.shape.counts.items()}
    return Sketch(changed, ModelShape({**counts, "depth": depth}, fans))


def _formulas() -> list[Formula]:
    """Every primitive at every level on sketches, and random formulas."""
    found = []
    for row in PRIMITIVES:
        for level in row.levels:
            if row.kind in ("axes", "over") or level == "units":
                continue
            parts = [operand("weight"), operand("grad")][: row.arity]
            for above in {"tensor": (), "layers": ("mean",), "scalar": ("std", "sum")}[level]:
                parts = [apply(above, part) for part in parts]
            found.append(_scalar(apply(row.name, *parts)))
    found += [_scalar(apply("sigmoid", apply("log_softmax", operand(name)))) for name in OPERANDS]
    found += [_scalar(operand(name)) for name in SHAPE_OPERANDS]
    found += [parse("0.5 * log(params) - 1.5 * sum(log(2 * fan_in / fan_out - 0.1)) / depth + 3")]
    rng = np.random.default_rng(3)
    return found + [draw(get_grammar(name), rng) for name in ("typed", "lpzero") for _ in range(40)]


def _scalar(formula: Formula) -> Formula:
    for level, above in (("tensor", "mean"), ("layers", "sum")):
        if formula.type.level == level:
            formula = apply(above, formula)
    return formula


def test_every_primitive_is_tried() -> None:
    tried = {(node.name, node.type.level) for formula in _formulas() for node in formula.walk() if node.arguments}
    for row in PRIMITIVES:
        if row.kind in ("elementwise", "normalise"):
            assert {(row.name, level) for level in row.levels if level != "units"} <= tried, row.name
        elif row.kind not in ("axes", "over"):
            assert (row.name, "layers" if row.kind == "reduction" else "scalar") in tried, row.name


def test_scores_are_those_of_all_models_at_once_bit_for_bit(sketches: list[Sketch]) -> None:
    formulas, packed = _formulas(), Packed.of_sketches(sketches)
    whole = Evaluator(SketchSource(sketches))
    wanted = np.array([whole.scores(formula) for formula in formulas])
    assert np.isfinite(wanted).mean() > 0.8
    for shard in SHARDS:
        evaluator = ShardedEvaluator(packed, shard=shard)
        found = evaluator.score_all(formulas)
        assert not found.exhausted.any()
        for formula, one, other in zip(formulas, wanted, found.values.numpy(), strict=True):
            np.testing.assert_array_equal(other, one, err_msg=f"{formula} in shards of {shard}")
        # and again, from what it remembers, one formula after another
        for i in range(0, len(formulas), 17):
            np.testing.assert_array_equal(evaluator.scores(formulas[i]), wanted[i])


def test_some_models_in_a_row_have_the_scores_that_they_have_among_all(sketches: list[Sketch]) -> None:
    formulas, packed = _formulas()[::5], Packed.of_sketches(sketches)
    whole = Evaluator(SketchSource(packed))
    for part in (range(1), range(5, 38), range(41, MODELS)):
        some = Evaluator(SketchSource(packed, part=part))
        for formula in formulas:
            np.testing.assert_array_equal(some.scores(formula), whole.scores(formula)[part.start : part.stop])


def test_a_file_that_is_mapped_read_only_gives_the_scores_of_the_sketches(
    sketches: list[Sketch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [Path(str(number)) for number in range(MODELS)]
    monkeypatch.setattr(packed_module, "read_sketch", lambda path, verify: sketches[int(path.name)])
    packed = Packed.open(pack(paths, {path: outline_of(sketches[int(path.name)]) for path in paths}, tmp_path / "p"))
    before = (tmp_path / "p").read_bytes()
    evaluator, whole = ShardedEvaluator(packed, shard=32), Evaluator(SketchSource(sketches))
    # a primitive that wrote to its input would end this process here
    formulas = _formulas()
    found = evaluator.score_all(formulas).values.numpy()
    np.testing.assert_array_equal(found, [whole.scores(formula) for formula in formulas])
    assert (tmp_path / "p").read_bytes() == before
    source = SketchSource(packed, part=range(32, 64))
    for name in OPERANDS:
        value = source.tensor(name).values
        array = packed.arrays[f"{name}.values"]
        assert array.ctypes.data <= value.data_ptr() < array.ctypes.data + array.nbytes, "a copy"


def test_what_is_remembered_of_all_shards_keeps_one_limit(
    sketches: list[Sketch], monkeypatch: pytest.MonkeyPatch
) -> None:
    formulas, packed, limit = _formulas(), Packed.of_sketches(sketches), 200_000
    for shard, remembered in ((7, 64), (7, 3), (MODELS, 64)):
        monkeypatch.setattr(sharded_module, "REMEMBERED", remembered)
        evaluator = ShardedEvaluator(packed, shard=shard, memory_limit=limit)
        roomy = ShardedEvaluator(packed, shard=shard)
        most = 0
        for begin in range(0, len(formulas), 40):
            some = formulas[begin : begin + 40]
            np.testing.assert_array_equal(evaluator.score_all(some).values, roomy.score_all(some).values)
            held = [memory.held for memory in evaluator._memories.values()]
            most = max(most, sum(held))
            assert sum(held) <= limit
            assert len(held) == min(-(-MODELS // shard), remembered)
        assert most > limit / 4


# torch says it in another way on the CPU
@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")]
)
def test_a_formula_for_which_memory_runs_out_takes_no_other_with_it(
    sketches: list[Sketch], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    formulas = [parse("sum(l1(weight))"), parse("sum(std(grad))"), parse("mean(max(head))")]
    evaluator = ShardedEvaluator(Packed.of_sketches(sketches), shard=32)
    score, calls = Evaluator.score_tensor, []

    def failing(self: Evaluator, formula: Formula) -> torch.Tensor:
        calls.append(formula)
        # on the second shard
        if formula == formulas[1] and calls.count(formula) == 2:
            raise error
        return score(self, formula)

    monkeypatch.setattr(Evaluator, "score_tensor", failing)
    found = evaluator.score_all(formulas)
    assert found.exhausted.tolist() == [False, True, False]
    assert torch.isnan(found.values).all(1).tolist() == [False, True, False]
    assert calls.count(formulas[1]) == 2


def test_shared_parts_are_computed_once_a_shard(sketches: list[Sketch], monkeypatch: pytest.MonkeyPatch) -> None:
    reduced = []
    gather = sharded_module.Evaluator._compute

    def counting(self: Evaluator, formula: Formula) -> Any:
        reduced.append(formula.text)
        return gather(self, formula)

    monkeypatch.setattr(Evaluator, "_compute", counting)
    evaluator = ShardedEvaluator(Packed.of_sketches(sketches), shard=32)
    first, second = (canonical(parse(text)) for text in ("sum(l1(weight * grad))", "mean(l1(weight * grad))"))
    evaluator.score_all([first, second])
    product = first.arguments[0].arguments[0].text
    assert [reduced.count(text) for text in (product, first.arguments[0].text, first.text)] == [3, 3, 3]
    # values of layers are there for the next formulas, those of tensors are not
    evaluator.score_all([canonical(parse("last(l1(weight * grad))"))])
    assert (reduced.count(product), reduced.count(first.arguments[0].text)) == (3, 3)
    evaluator.score_all([canonical(parse("sum(std(weight * grad))"))])
    assert reduced.count(product) == 6


def test_what_a_sketch_cannot_say_is_refused(sketches: list[Sketch]) -> None:
    evaluator = ShardedEvaluator(Packed.of_sketches(sketches), shard=32)
    with pytest.raises(InputError, match="evaluate it exactly"):
        evaluator.score_all([parse("sum(mean(max_tokens(head)))")])
    assert evaluator.score_all([]).values.shape == (0, MODELS)
