"""What axe-core finds on a page for people who do not see it, or do not use a mouse: nothing serious.

``AXE`` names the file ``axe.min.js`` of the npm package ``axe-core`` (``npm pack axe-core``, unpacked); without it,
without a Chromium, or where the documentation is not built (``nox -s docs``), these tests skip.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lpzero.reporting.html import to_html
from lpzero.reporting.report import page_of
from tests.reporting.conftest import RUNS

SITE = Path(__file__).resolve().parents[1] / "build" / "docs"
PAGES = ("idea/index.html", "howto/search/index.html", "reference/json/index.html")
MODES = [("light", 1200), ("dark", 380)]
"""Colours that are asked for, and the width in pixels."""
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def axe() -> str:
    """The text of axe-core."""
    path = os.environ.get("AXE")
    if not path:
        pytest.skip("no axe-core: npm pack axe-core, unpack it, and name its axe.min.js in AXE")
    return Path(path).read_text(encoding="utf-8")


def found(browser: Any, axe: str, path: Path, scheme: str, width: int) -> list[str]:
    """The serious violations on a page, with the elements that they are of."""
    with browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize(("scheme", "width"), MODES)
@pytest.mark.parametrize("run", ["evolve"])
def test_nothing_serious_on_a_report(browser: Any, axe: str, tmp_path: Path, run: str, scheme: str, width: int) -> None:
    path = tmp_path / "report.html"
    path.write_text(to_html(page_of([RUNS / run])), encoding="utf-8")
    assert found(browser, axe, path, scheme, width) == []


@pytest.mark.parametrize(("scheme", "width"), MODES)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_on_a_page_of_the_documentation(
    browser: Any, axe: str, name: str, scheme: str, width: int
) -> None:
    if not (SITE / name).is_file():
        pytest.skip("no built documentation: nox -s docs")
    assert found(browser, axe, SITE / name, scheme, width) == []


def test_a_page_with_a_fault_is_found(browser: Any, axe: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><html lang=en><title>t</title><main><h1>t</h1><img src=x.png></main></html>")
    assert [one.split(":")[0] for one in found(browser, axe, path, "light", 800)] == ["image-alt"]
