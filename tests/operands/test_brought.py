"""Operands that packages bring: computed of what a pass shows, exactly and in sketches, and kept apart in the bank."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lpzero.engines import Engine, Serial
from lpzero.errors import InputError, LpzeroError
from lpzero.formula import canonical_key, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.export import to_latex, to_python
from lpzero.formula.grammar import accepts, draw, get_grammar
from lpzero.formula.rules import sign
from lpzero.formula.values import ExactSource, SketchSource
from lpzero.operands.available import operands_shown
from lpzero.operands.bank import bank_path, fill_bank, read_sketch
from lpzero.operands.brought import brought_operands, derived_named, known_operand, operand_named
from lpzero.operands.packed import Packed, pack
from lpzero.operands.probe import Probe
from lpzero.operands.sketch import sketch
from lpzero.proxy import load_proxy
from lpzero.proxy.interventions import families_of
from lpzero.spaces import Architecture, get_space
from lpzero.testing import check_operand
from lpzero.testing.example import example_operands
from tests.conftest import Install

CODE = r"""
from lpzero.operands.operand import DerivedOperand

def steepest(weight, grad):
    return grad / (1 + weight.abs())

def flattened(hidden):
    return hidden.reshape(-1)

STEEPEST = DerivedOperand("steepest", "parameter", ("weight", "grad"), steepest, r"\tilde{G}", "gradients by size")
FLAT = DerivedOperand("flat", "hidden", ("hidden",), flattened, "F", "of another shape")
CENTRED = DerivedOperand(
    "centred", "hidden", ("hidden",), lambda hidden: (hidden - hidden.mean(-1, keepdim=True)).abs(), "C",
    "distances from the mean of a token", sign="nonnegative",
)
"""
NAMES = {"steepest": "STEEPEST", "centred": "CENTRED"}
SMALL = Probe(batch=2, tokens=8, elements=32)
FORMULA = "sum(mean(weight * steepest))"


@pytest.fixture(autouse=True)
def _installed(install: Install) -> None:
    install("lpzero_operands", CODE, {"operands": {**NAMES, "flat": "FLAT"}}, "1.5")


def _architectures() -> tuple[Architecture, ...]:
    space = get_space("gpt2", "own")
    return tuple(space.sample(np.random.default_rng(seed)) for seed in range(3))


def test_formulas_read_them() -> None:
    formula = parse(FORMULA)
    assert parse(str(formula)) == formula
    assert formula.operands == {"weight", "steepest"}
    assert formula.cost > parse("sum(mean(weight * weight))").cost, "a backward pass, since it reads gradients"
    assert canonical_key(parse("sum(l1(centred))")) == "sum(sum(centred))"
    assert sign(parse("sum(mean(centred))")) == "nonnegative"
    assert r"\tilde{G}" in to_latex(formula)
    assert "operands['steepest']: gradients by size" in to_python(formula)
    assert families_of(load_proxy(FORMULA)) == {"weight", "grad"}
    with pytest.raises(InputError, match="takes two values of one type"):
        parse("sum(mean(centred * weight))")
    with pytest.raises(InputError, match=r"unknown name 'no_such': expected one of weight, .*centred"):
        parse("sum(mean(no_such))")


def test_exact_values_are_those_of_the_function() -> None:
    operands = example_operands()
    _, weights = operands.select(known_operand("weight"))
    _, grads = operands.select(known_operand("grad"))
    expected = sum(float((w * g / (1 + w.abs())).mean()) for w, g in zip(weights, grads, strict=True))
    assert Evaluator(ExactSource(operands)).scores(parse(FORMULA))[0] == pytest.approx(expected, rel=1e-4)
    with pytest.raises(LpzeroError, match="operand flat: expected a tensor of the shape"):
        Evaluator(ExactSource(operands)).scores(parse("sum(mean(flat))"))


def test_a_sketch_keeps_them_at_the_positions_of_the_others() -> None:
    operands = example_operands()
    plain, more = (sketch(operands, elements=64, seed=3, derived=rows) for rows in ((), derived_named(NAMES)))
    for family, part in plain.sites.items():
        assert all(torch.equal(value, more.sites[family].values[name]) for name, value in part.values.items())
    kept = more.sites["parameter"].values
    assert torch.equal(kept["steepest"], kept["grad"] / (1 + kept["weight"].abs()))
    assert set(kept) - set(plain.sites["parameter"].values) == {"steepest"}


@pytest.fixture
def filled(tmp_path: Path) -> Callable[[Probe], list[Path]]:
    """Fills a bank with three architectures."""

    def fill(probe: Probe) -> list[Path]:
        engine: Engine
        space = get_space("gpt2", "own")
        with Serial() as engine:
            found = fill_bank(
                space, _architectures(), probe, home=tmp_path, engine=engine, progress=lambda _done, _total: None
            )
        assert not found.faults
        packed = pack(found.paths, found.outlines, tmp_path / f"{len(probe.derived)}.packed")
        return [*found.paths, packed]

    return fill


def test_a_bank_keeps_them_apart_and_packs_them(filled: Callable[[Probe], list[Path]]) -> None:
    plain, named = filled(SMALL), filled(Probe(batch=2, tokens=8, elements=32, derived=("centred", "steepest")))
    assert not set(plain) & set(named)
    assert "steepest" in read_sketch(named[0]).sites["parameter"].values
    formula = parse(FORMULA)
    scores = Evaluator(SketchSource(Packed.open(named[-1]))).scores(formula)
    alone = Evaluator(SketchSource([read_sketch(path) for path in named[:-1]])).scores(formula)
    assert np.isfinite(scores).all()
    assert (scores == alone).all()
    others = parse("sum(l1(weight * grad))")
    same = [Evaluator(SketchSource(Packed.open(bank[-1]))).scores(others) for bank in (plain, named)]
    assert (same[0] == same[1]).all(), "what is kept beside them changes no other score"
    with pytest.raises(InputError, match="expected sketches with the operand steepest, found none"):
        Evaluator(SketchSource(Packed.open(plain[-1]))).scores(formula)


def test_another_version_is_another_file(install: Install, tmp_path: Path) -> None:
    space, architecture = get_space("gpt2", "own"), _architectures()[0]
    probe = Probe(derived=("other",))
    code = CODE.replace('"steepest", "parameter"', '"other", "parameter"')
    install("lpzero_others", code, {"operands": {"other": "STEEPEST"}}, "1")
    first = bank_path(tmp_path, space, architecture, probe)
    assert first != bank_path(tmp_path, space, architecture, Probe())
    install("lpzero_others", code, {}, "2")
    assert bank_path(tmp_path, space, architecture, probe) == first


def test_grammars_draw_those_that_they_name() -> None:
    from dataclasses import replace

    usual = get_grammar("typed")
    assert not set(NAMES) & set(usual.operands)
    named = replace(usual, operands=(*usual.operands, *operands_shown(NAMES, ["gpt2"])))
    rng = np.random.default_rng(0)
    drawn = {name for _ in range(200) for name in draw(named, rng).operands}
    assert set(NAMES) <= drawn
    assert not accepts(usual, parse(FORMULA))
    assert operands_shown(("centred", "steepest"), ["rnn"]) == ("centred", "steepest")


@pytest.mark.parametrize("name", NAMES)
def test_they_keep_the_laws(name: str) -> None:
    check_operand(name)


BAD = {
    "text": ("'text'", "expected a lpzero.operands.operand.DerivedOperand, found str"),
    "misnamed": ("STEEPEST", "expected an operand of that name, found one called 'steepest'"),
    "grad": ("replace(STEEPEST, name='grad')", ""),
    "parameter": ("replace(STEEPEST, name='parameter')", "expected a word that is no keyword of Python and no family"),
    "placeless": ("replace(STEEPEST, name='placeless', site_family='x')", "site_family: expected one of parameter"),
    "astray": ("replace(STEEPEST, name='astray', reads=('hidden',))", "reads: expected some of weight, grad, which"),
    "signed": ("replace(STEEPEST, name='signed', sign='+')", "expected a function, a symbol and a sign"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_refused(install: Install, name: str) -> None:
    value, said = BAD[name]
    install(
        "lpzero_bad_operand", f"{CODE}\nfrom dataclasses import replace\nBAD = {value}\n", {"operands": {name: "BAD"}}
    )
    if not said:
        assert operand_named(name) is not None
    else:
        with pytest.raises(InputError, match=said):
            operand_named(name)
    assert name not in brought_operands()
