"""Primitives that packages bring are wholly part of formulas: text, keys, rules, values, draws, exports."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from lpzero.engines import open_engine
from lpzero.errors import InputError
from lpzero.evolution.variation import mutate_point
from lpzero.formula import apply, canonical_key, operand, parse
from lpzero.formula.brought import brought_primitives, primitive_names, row_at, rows_named
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.export import export_formula, to_latex, to_sympy
from lpzero.formula.grammar import Grammar, accepts, draw, get_grammar
from lpzero.formula.rules import pruned_by, sign
from lpzero.formula.terms import draw_term
from lpzero.formula.values import ExactSource
from lpzero.testing import check_primitive
from lpzero.testing.example import example_operands
from tests.conftest import Install

CODE = r"""
import torch
from torch import Tensor
from lpzero.formula.functions import mean
from lpzero.formula.primitive import Primitive
from lpzero.formula.signs import kept

SHARPNESS = 3

def sharpened(x: Tensor) -> Tensor:
    return _powered(x, SHARPNESS)

def _powered(x: Tensor, power: int) -> Tensor:
    return x.sign() * x.abs() ** power

def midway(x: Tensor, y: Tensor) -> Tensor:
    return (x + y) / 2

def centred(x: Tensor, w: Tensor | None) -> Tensor:
    return x - mean(x, w).unsqueeze(-1)

def mean_square(x: Tensor, w: Tensor | None) -> Tensor:
    return mean(x * x, w)

ALL = ("tensor", "layers", "scalar")
SHARPENED = Primitive(
    "sharpened", "elementwise", 1, ALL, sharpened, lambda s, x: s.sign(x) * s.Abs(x) ** 3,
    r"\operatorname{{sharp}}\left({x}\right)", highest=1e6, lowest=-1e6, sign=kept, monotone="any",
)
MIDWAY = Primitive(
    "midway", "elementwise", 2, ALL, midway, lambda s, x, y: (x + y) / 2, r"\frac{{{x}+{y}}}{{2}}",
    symmetry="symmetric",
)
CENTRED = Primitive(
    "centred", "normalise", 1, ("tensor", "layers"), centred, "centred", r"\hat{{{x}}}", adds_up_to=0.0
)
MEAN_SQUARE = Primitive(
    "mean_square", "reduction", 1, ("tensor",), mean_square, "mean_square", r"\overline{{{x}^2}}",
    sign="nonnegative", blind=("neg", "abs"),
)
HIDDEN = Primitive(
    "unsearched", "reduction", 1, ("tensor",), mean_square, "unsearched", r"u\left({x}\right)", search=False
)
"""
NAMES = {
    "sharpened": "SHARPENED",
    "midway": "MIDWAY",
    "centred": "CENTRED",
    "mean_square": "MEAN_SQUARE",
    "unsearched": "HIDDEN",
}


@pytest.fixture
def _installed(install: Install) -> None:
    install("lpzero_rows", CODE, {"primitives": NAMES})


pytestmark = pytest.mark.usefixtures("_installed")


@pytest.mark.parametrize("name", NAMES)
def test_they_keep_the_laws(name: str) -> None:
    check_primitive(name)


def test_they_are_read_printed_and_pickled() -> None:
    formula = parse("sum(mean_square(midway(grad, centred(weight)))) + sharpened(depth)")
    assert parse(str(formula)) == formula
    assert pickle.loads(pickle.dumps(formula)) == formula  # noqa: S301  (our own bytes)
    with pytest.raises(InputError, match=r"unknown primitive 'no_such': expected one of identity, .*sharpened"):
        parse("no_such(depth)")
    with pytest.raises(InputError, match="midway takes 2 argument"):
        parse("midway(depth)")
    with pytest.raises(InputError, match="mean_square takes tensor, found scalar"):
        apply("mean_square", operand("depth"))


def test_workers_see_them_as_well() -> None:
    formula = parse("sum(mean_square(abs(neg(weight))))")
    with open_engine("process", 2) as engine:
        assert list(engine.map(canonical_key, [formula, formula])) == ["sum(mean_square(weight))"] * 2


def test_keys_signs_and_rules_read_their_rows() -> None:
    assert canonical_key(parse("sum(l1(midway(weight, grad)))")) == canonical_key(
        parse("sum(l1(midway(grad, weight)))")
    )
    blind = "sum(mean_square(abs(neg(weight))))"
    assert canonical_key(parse(blind)) == "sum(mean_square(weight))"
    assert sign(parse("sum(mean_square(weight))")) == "nonnegative"
    assert pruned_by(parse("sharpened(sum(l1(weight)))")) == "monotone_root"
    assert pruned_by(parse("sum(sum(centred(weight)))")) == "constant"
    assert row_at("sharpened", "scalar").cost == 1.0
    with pytest.raises(KeyError):
        row_at("mean_square", "scalar")


def test_values_are_those_of_their_functions() -> None:
    evaluator = Evaluator(ExactSource(example_operands()))
    found = evaluator.scores(parse("sum(mean_square(weight))"))
    assert found == pytest.approx(evaluator.scores(parse("sum(mean(square(weight)))")), rel=1e-6)


def test_grammars_draw_those_that_they_name() -> None:
    rng = np.random.default_rng(0)
    plain = get_grammar("typed")
    named = replace(plain, primitives=brought_primitives())
    assert set(named.primitives) == set(NAMES) - {"unsearched"}
    drawn = [node.name for _ in range(300) for node in draw(named, rng).walk()]
    assert set(named.primitives) <= set(drawn)
    assert "unsearched" not in drawn
    formula = parse("sum(mean_square(weight))")
    assert accepts(named, formula)
    assert not accepts(plain, formula)
    mutants = {mutate_point(parse("sum(l1(weight))"), named, rng).name for _ in range(200)} | {
        node.name for _ in range(200) for node in mutate_point(parse("sum(l1(weight))"), named, rng).walk()
    }
    assert "mean_square" in mutants
    weighted = replace(get_grammar("weighted"), primitives=("mean_square",))
    assert any("mean_square" in str(draw_term(weighted, rng)) for _ in range(300))


def test_what_is_installed_changes_nothing_that_does_not_name_it() -> None:
    drawn = [str(draw(get_grammar("typed"), np.random.default_rng(5))) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert not set(NAMES) & {node.name for text in drawn for node in parse(text).walk()}


def test_a_grammar_refuses_what_it_cannot_draw() -> None:
    typed = get_grammar("typed")
    for name in ("no_such", "l1", "unsearched"):
        with pytest.raises(InputError, match=f"expected one that an installed package brings, found '{name}'"):
            replace(typed, primitives=(name,))
    with pytest.raises(InputError, match="the lpzero grammar has the primitives of the paper alone"):
        replace(get_grammar("lpzero"), primitives=("sharpened",))


def test_exports_have_their_functions_and_name_their_package() -> None:
    formula = parse("sum(mean_square(sharpened(weight)))")
    text = export_formula(formula, "python", name="p", higher_is_better=True)
    assert "SHARPNESS = 3" in text
    assert text.index("def _powered") < text.index("def sharpened")
    assert '"package": "lpzero_rows"' in export_formula(formula, "json", name="p", higher_is_better=True)
    assert r"\operatorname{sharp}" in to_latex(formula)
    assert str(to_sympy(formula)).startswith("sum_layers(mean_square(")


BAD = {
    "misnamed": ("SHARPENED", "expected a primitive of that name, found one called 'sharpened'"),
    "text": ("'text'", r"expected a lpzero.formula.primitive.Primitive, found str"),
    "weight": ("replace(SHARPENED, name='weight')", "expected a word that is no keyword of Python and no operand"),
    "lambda": ("replace(SHARPENED, name='lambda')", "expected a word that is no keyword of Python and no operand"),
    "levels": ("replace(SHARPENED, name='levels', levels=('tensor',))", "expected a kind with its levels"),
    "many": ("replace(SHARPENED, name='many', arity=3)", "expected another arity of the kind elementwise, found 3"),
    "dots": ("replace(SHARPENED, name='dots', symbol='@')", "expected no symbol, prefix, root, paper or synonym"),
    "undoing": ("replace(SHARPENED, name='undoing', undoes=('x',))", "undoes: expected primitives of the package"),
    "becoming": ("replace(SHARPENED, name='becoming', of_nonnegative='l1')", "of_nonnegative: expected a primitive of"),
    "unshown": ("replace(SHARPENED, name='unshown', latex='{z}')", "latex: expected a template with"),
    "formless": ("replace(SHARPENED, name='formless', sympy='a b')", "sympy: expected an expression or the name"),
    "nameless": ("replace(SHARPENED, name='nameless', function=lambda x: x)", "function: expected a function that is"),
    "twice": ("replace(SHARPENED, name='twice', function=log)", "function: expected another name than log"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_row_that_cannot_be_used_is_refused(install: Install, name: str) -> None:
    value, said = BAD[name]
    code = f"{CODE}\nfrom dataclasses import replace\ndef log(x: Tensor) -> Tensor:\n    return x\nBAD = {value}\n"
    install("lpzero_bad_rows", code, {"primitives": {name: "BAD"}})
    with pytest.raises(InputError, match=said):
        rows_named(name)
    assert name not in brought_primitives()
    assert name in primitive_names()


def test_grammars_are_values() -> None:
    one, other = (Grammar("typed", 8, 24, ("weight",), primitives=("sharpened",)) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
