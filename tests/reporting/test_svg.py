"""Drawings as SVG of a page and as files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lpzero.reporting.svg import DARK, LIGHT, Look, to_file, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _line(axes: Axes, look: Look) -> None:
    axes.plot([0, 1], [0, 1], color=look.series[0])
    axes.set_xlabel("x")


def test_an_element_has_the_colours_of_the_page_and_no_address() -> None:
    svg = to_svg(_line, "one")
    assert svg.startswith('<svg class="picture" viewBox="0 0 ')
    assert svg.endswith("</svg>")
    assert "var(--series-1)" in svg
    assert "var(--ink)" in svg
    assert not re.search(r"https?:|xmlns|<metadata|<script|#0102", svg)
    assert ">x</text>" in svg


def test_ids_are_the_pictures_own_and_every_reference_finds_its_element() -> None:
    one, other = to_svg(_line, "one"), to_svg(_line, "other")
    ids = set(re.findall(r'id="([^"]+)"', one))
    assert ids
    assert not ids & set(re.findall(r'id="([^"]+)"', other))
    references = re.findall(r'href="#([^"]+)"', one) + re.findall(r"url\(#([^)]+)\)", one)
    assert references
    assert set(references) <= ids


def test_equal_drawings_are_equal() -> None:
    assert to_svg(_line, "one") == to_svg(_line, "one")
    assert to_file(_line, ".svg") == to_file(_line, ".svg")
    assert to_file(_line, ".png") == to_file(_line, ".png")


def test_files_are_what_their_suffix_says() -> None:
    svg = to_file(_line, ".svg")
    assert svg.startswith(b"<?xml")
    assert LIGHT["--series-1"].encode() in svg
    assert to_file(_line, ".png").startswith(b"\x89PNG")


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_colours_can_be_told_from_the_paper(colours: dict[str, str]) -> None:
    paper = _luminance(colours["--paper"])
    for name, colour in colours.items():
        if name not in ("--paper", "--faint"):
            light, dark = sorted((paper, _luminance(colour)), reverse=True)
            # WCAG 2.2, criterion 1.4.3
            assert (light + 0.05) / (dark + 0.05) >= 4.5, name
