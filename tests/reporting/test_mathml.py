"""Formulas as MathML."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from lpzero.proxy import load_proxy, proxy_names
from lpzero.reporting.mathml import LONGEST, to_mathml

CORE = {"math", "mrow", "mi", "mo", "mn", "msup", "msub", "mfrac", "msqrt", "mroot"}
"""Elements that browsers show (MathML Core)."""


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", proxy_names())
def test_every_shipped_formula_is_written_in_elements_that_browsers_show(name: str) -> None:
    formula = load_proxy(name).formula
    elements = _Elements(to_mathml(str(formula)))
    assert elements.open == []
    assert set(elements.names) <= CORE
    assert elements.names[0] == "math"


@pytest.mark.parametrize(
    "text", ["<script>", "", "nothing", "sum(", "a" * (LONGEST + 1), "sum(l1(grad))" + " " * LONGEST]
)
def test_what_is_no_formula_or_too_long_is_left_to_its_text(text: str) -> None:
    assert to_mathml(text) == ""


def test_a_product_has_a_sign_between_its_names() -> None:
    assert "<mi>grad</mi><mo>&#xB7;</mo><mi>weight</mi>" in to_mathml("sum(l1(grad * weight))")
