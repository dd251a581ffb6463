"""Exports: each gives back the value, or the expression, that the formula has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
import torch

from lpzero.errors import InputError
from lpzero.formula import functions, parse
from lpzero.formula.evaluate import Evaluator
from lpzero.formula.export import export_formula, to_latex, to_python, to_sympy
from lpzero.formula.grammar import draw, get_grammar
from lpzero.formula.primitive import Primitive
from lpzero.formula.primitives import PRIMITIVES
from lpzero.formula.values import ExactSource
from lpzero.operands.batch import Batch
from lpzero.operands.extract import extract
from lpzero.operands.operand import OPERANDS

WITH_SYMPY = [pytest.param(row, id=row.name) for row in PRIMITIVES if not isinstance(row.sympy, str)]


@pytest.mark.parametrize("row", WITH_SYMPY)
def test_the_sympy_form_is_the_torch_function(row: Primitive) -> None:
    symbols = sympy.symbols("x y", real=True)[: row.arity]
    assert not isinstance(row.sympy, str)
    expression = row.sympy(sympy, *symbols)
    values = [-3.0, -1e-13, 0.0, 1e-13, 0.5, 4.0]
    for x in values:
        for y in values if row.arity == 2 else [0.0]:
            arguments = (x, y)[: row.arity]
            wanted = float(row.function(*(torch.tensor(a, dtype=torch.float64) for a in arguments)))
            found = float(expression.subs(dict(zip(symbols, map(sympy.Float, arguments), strict=True))))
            assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_srepr_rebuilds_the_expression() -> None:
    namespace: dict[str, Any] = {}
    exec("from sympy import *", namespace)  # noqa: S102  (what a reader of srepr does)
    rules, rng = get_grammar("typed"), np.random.default_rng(0)
    for _ in range(40):
        formula = draw(rules, rng)
        text = export_formula(formula, "sympy", name="x", higher_is_better=True)
        assert eval(text, namespace) == to_sympy(formula)  # noqa: S307  (our own text)


def test_protection_is_kept() -> None:
    assert "Max" in str(to_sympy(parse("sum(mean(log(weight)))")))
    assert to_sympy(parse("sum(mean(log(exp(weight))))")) != to_sympy(parse("sum(mean(weight))"))


def test_python_gives_the_same_score_without_lpzero(tiny: Any, tokens: Batch, tmp_path: Path) -> None:
    operands = extract(tiny, tiny.site_map(), tokens)
    layers: dict[str, list[list[torch.Tensor]]] = {}
    for name, row in OPERANDS.items():
        layers[name] = [[] for _ in range(4)]
        for site, tensor in zip(*operands.select(row), strict=True):
            layers[name][site.layer].append(tensor)
    shape: dict[str, Any] = dict(operands.shape.counts)
    for name, fans in operands.shape.fans.items():
        shape[name] = [[] for _ in range(4)]
        for site, fan in zip(operands.sites["parameter"], fans, strict=True):
            shape[name][site.layer].append(fan)
    torch.save({**layers, **shape}, tmp_path / "operands.pt")
    rules, rng = get_grammar("typed"), np.random.default_rng(3)
    formulas = [draw(rules, rng) for _ in range(25)] + [parse("sum(frobenius(matmul(weight, grad)))")]
    formulas += [parse("sum(mean(max_tokens(head))) + mean(mean(max_heads(attention)))")]
    formulas += [parse("0.73 * log(sum(l1(grad * weight))) - 1.2 * log(decoder_params) + 0.5 * heads / depth")]
    formulas += [parse("sum(0.5 * l1(weight) / fan_in - fan_out) + 2 * mean(log(std(head)) * 3)")]
    for i, formula in enumerate(formulas):
        (tmp_path / f"proxy_{i}.py").write_text(to_python(formula))
    check = "import sys, torch; sys.modules['lpzero'] = None\no = torch.load('operands.pt', weights_only=True)\n"
    check += f"import importlib\nfor i in range({len(formulas)}):\n"
    check += "    print(importlib.import_module(f'proxy_{i}').score(o))\n"
    (tmp_path / "check.py").write_text(check)
    done = subprocess.run([sys.executable, "check.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    evaluator = Evaluator(ExactSource(operands))
    for formula, line in zip(formulas, done.stdout.split(), strict=True):
        expected = evaluator.scores(formula)[0]
        np.testing.assert_allclose(float(line), expected, rtol=1e-4, err_msg=str(formula))


def test_latex_has_balanced_braces_for_every_primitive() -> None:
    rules, rng = get_grammar("typed"), np.random.default_rng(4)
    for _ in range(200):
        text = to_latex(draw(rules, rng))
        depth = 0
        for character in text.replace("\\{", "").replace("\\}", ""):
            depth += (character == "{") - (character == "}")
            assert depth >= 0
        assert depth == 0
        assert text.count("\\left") == text.count("\\right")


def test_latex_of_snip() -> None:
    assert to_latex(parse("sum(l1(weight * grad))")) == (
        r"\sum_{\ell}\left[\left\lVert{W \odot G}\right\rVert_{1}\right]"
    )


def test_constants_and_shape_in_latex_and_sympy() -> None:
    formula = parse("-0.73 * log(decoder_params) + 1e-05 * sum(log(fan_in))")
    assert to_latex(formula).replace(" ", "") == (
        r"\left(\left(-0.73\right)\odot\log_{+}\left(N^{\mathrm{dec}}\right)\right)"
        r"+\left(1\cdot10^{-5}\odot\sum_{\ell}\left[\log_{+}\left(n^{\mathrm{in}}\right)\right]\right)"
    )
    expression = to_sympy(parse("0.5 * depth - 2 * width / heads"))
    named = {str(symbol): symbol for symbol in expression.free_symbols}
    value = expression.subs({named["depth"]: 4, named["width"]: 6, named["heads"]: 3})
    assert float(value) == pytest.approx(0.5 * 4 - 2 * 6 / 3)


def test_json_is_a_proxy_file(tmp_path: Path) -> None:
    from lpzero.proxy import load_proxy

    formula = parse("sum(l1(weight * grad))")
    path = tmp_path / "mine.json"
    path.write_text(export_formula(formula, "json", name="mine", higher_is_better=False, paper="a paper"))
    proxy = load_proxy(str(path))
    assert (proxy.name, proxy.formula, proxy.direction, proxy.paper) == ("mine", formula, "lower", "a paper")
    assert json.loads(path.read_text())["schema"] == 1


def test_an_unknown_format_lists_the_valid_ones() -> None:
    with pytest.raises(InputError, match="expected one of text, sympy, latex, python, json"):
        export_formula(parse("sum(l1(weight))"), "word", name="x", higher_is_better=True)


def test_every_function_of_the_table_can_be_exported() -> None:
    for row in PRIMITIVES:
        assert getattr(functions, row.function.__name__) is row.function
